use serde::{Deserialize, Serialize};

use super::rule::Rule;

/// What whoever makes an allowed contact must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Obligation {
    /// Say at the start who is calling.
    IdentifyCaller,
    /// Give a number to call back, which is answered and not a premium one.
    CallBackNumber,
    /// Say that the voice is artificial.
    AiDisclosure,
    /// Say at the start and at the end that a clinical message was made by a machine.
    ClinicalAiDisclaimer,
    /// Offer a way to opt out that works by voice or key, at once, and records it.
    OptOutMechanism,
    /// Begin to speak soon after the greeting.
    PromptFirstAudio,
    /// Let it ring for as long before giving up.
    LetItRing,
    /// Announce a recording before it begins; going on is agreeing.
    RecordingNotice,
    /// Do not record.
    DoNotRecord,
    /// Show a number that is the caller's own, attested and answered.
    AttestedCallerId,
    /// Say in the text how to stop and how to get help, and answer both.
    StopHelpText,
    /// End the call soon after being asked to.
    HangUpOnRequest,
    /// Only vendors that may see health data, or data of minors, take part.
    VendorGate,
    /// Slow the campaign down: too many calls of it find nobody at our end.
    ThrottleCampaign,
}

impl Obligation {
    /// Those that whoever makes contacts must be set up for. The rest forbid something, or slow it down.
    pub const ABILITIES: [Self; 12] = [
        Self::IdentifyCaller,
        Self::CallBackNumber,
        Self::AiDisclosure,
        Self::ClinicalAiDisclaimer,
        Self::OptOutMechanism,
        Self::PromptFirstAudio,
        Self::LetItRing,
        Self::RecordingNotice,
        Self::AttestedCallerId,
        Self::StopHelpText,
        Self::HangUpOnRequest,
        Self::VendorGate,
    ];

    /// The rule that attaches it.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::IdentifyCaller | Self::CallBackNumber => Rule::IdentifyCaller,
            Self::AiDisclosure | Self::ClinicalAiDisclaimer => Rule::AiDisclosure,
            Self::OptOutMechanism => Rule::OptOutMechanism,
            Self::PromptFirstAudio | Self::LetItRing => Rule::FirstAudio,
            Self::RecordingNotice | Self::DoNotRecord => Rule::RecordingNotice,
            Self::AttestedCallerId => Rule::CallerId,
            Self::StopHelpText => Rule::StopHelpText,
            Self::HangUpOnRequest => Rule::HangUpOnRequest,
            Self::VendorGate => Rule::VendorGate,
            Self::ThrottleCampaign => Rule::AbandonRate,
        }
    }
}

/// An obligation with its terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Due {
    pub obligation: Obligation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<u32>,
    /// Rows of the packs that ask for it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub rows: Vec<std::sync::Arc<str>>,
}
