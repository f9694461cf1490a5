use serde::{Deserialize, Serialize};

/// The rules, in the order in which a failing one becomes the primary reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Rule {
    /// The number must be one somebody can have.
    NumberInvalid,
    /// It must not be a line nobody may be called on: emergency services, patients' rooms.
    LineProhibited,
    /// Nothing may stop the organization, the seller or the campaign.
    TenantBlocked,
    /// What the decision rests on must be fresh, and the seller allowed to know it.
    DataStale,
    /// The purpose must be known, and what is said must fit it.
    UnclassifiedPurpose,
    /// A phone is called and texted, a mailbox is written to.
    ContactChannelMismatch,
    /// Some pack must hold where the person may be.
    JurisdictionUncovered,
    /// Goes past suppression, consent, lists, hours and frequency.
    Emergency,
    /// One text that confirms a withdrawal goes past it.
    OptOutConfirmation,
    /// Somebody who calls or writes to us may be answered.
    Inbound,
    /// Messages on health, free to the person, need no consent.
    HealthcareExempt,
    /// A few calls that sell nothing, to a residential line, need no consent.
    ResidentialInfoExempt,
    /// Nothing that covers the contact may stand withdrawn.
    Revoked,
    /// The seller's own list, unless written consent was given since.
    InternalDnc,
    /// Lists of people nobody calls: litigators, wrong numbers, the dead, the erased.
    Suppressed,
    /// The number must still be that of the person who agreed.
    Reassigned,
    /// Some grant must cover seller, channel, technology and purpose.
    ConsentMissing,
    /// One of these must be of the level needed.
    ConsentLevel,
    /// One of these must name the seller and be in force. Decisions of long ago name it `CONSENT_EXPIRED`.
    #[serde(alias = "CONSENT_EXPIRED")]
    ConsentScope,
    /// One of these must be provable.
    EvidenceIncomplete,
    /// European marketing needs an opt-in.
    EuOptIn,
    /// The national do-not-call list.
    NationalDnc,
    /// Those of states.
    StateDnc,
    /// Federal hours, in every zone the person may be in.
    QuietHoursFed,
    /// Those of every state the person may be in.
    StateHours,
    /// How often somebody is contacted.
    Frequency,
    /// How many calls of the campaign found nobody at our end.
    AbandonRate,
    IdentifyCaller,
    AiDisclosure,
    OptOutMechanism,
    FirstAudio,
    RecordingNotice,
    CallerId,
    StopHelpText,
    HangUpOnRequest,
    VendorGate,
}

impl Rule {
    /// All of them, in order.
    pub const ALL: [Self; 36] = [
        Self::NumberInvalid,
        Self::LineProhibited,
        Self::TenantBlocked,
        Self::DataStale,
        Self::UnclassifiedPurpose,
        Self::ContactChannelMismatch,
        Self::JurisdictionUncovered,
        Self::Emergency,
        Self::OptOutConfirmation,
        Self::Inbound,
        Self::HealthcareExempt,
        Self::ResidentialInfoExempt,
        Self::Revoked,
        Self::InternalDnc,
        Self::Suppressed,
        Self::Reassigned,
        Self::ConsentMissing,
        Self::ConsentLevel,
        Self::ConsentScope,
        Self::EvidenceIncomplete,
        Self::EuOptIn,
        Self::NationalDnc,
        Self::StateDnc,
        Self::QuietHoursFed,
        Self::StateHours,
        Self::Frequency,
        Self::AbandonRate,
        Self::IdentifyCaller,
        Self::AiDisclosure,
        Self::OptOutMechanism,
        Self::FirstAudio,
        Self::RecordingNotice,
        Self::CallerId,
        Self::StopHelpText,
        Self::HangUpOnRequest,
        Self::VendorGate,
    ];

    /// Group and number, such as `F2`.
    #[must_use]
    pub fn code(self) -> &'static str {
        const CODES: [&str; 36] = [
            "A1", "A2", "A3", "A4", "A5", "A6", "A7", "B1", "B2", "B3", "B4", "B5", "C1", "C2", "C3", "C4",
            "D1", "D2", "D3", "D4", "D5", "E1", "E2", "F1", "F2", "F3", "F4", "G1", "G2", "G3", "G4", "G5",
            "G6", "G7", "G8", "G9",
        ];
        CODES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn rules_are_listed_in_the_order_of_their_codes() {
        assert!(Rule::ALL.windows(2).all(|pair| pair[0] < pair[1] && pair[0].code() < pair[1].code()));
    }

    #[test]
    fn a_rule_is_written_by_its_name() {
        assert_eq!(serde_json::to_string(&Rule::QuietHoursFed).expect("json"), "\"QUIET_HOURS_FED\"");
    }
}
