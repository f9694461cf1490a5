use serde::{Deserialize, Serialize};

use crate::permission::duty::Obligation;
use crate::permission::places::State;
use crate::values::{Name, Token, ValueError, string_value};

/// What an organization sets for itself, as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Terms {
    /// In whose names people are contacted; the first is meant where nobody is named. One to twenty.
    pub sellers: Vec<Seller>,
    /// There is an agreement that allows health data to be handled.
    #[serde(default)]
    pub health_agreement: bool,
    /// What its agents are set up to do. What a rule asks for and is missing here denies.
    #[serde(default)]
    pub abilities: Vec<Obligation>,
    #[serde(default)]
    pub policy: Policy,
    /// An outbound call starts only with a permit; true unless switched off.
    #[serde(default = "yes")]
    pub calls_need_permits: bool,
    /// States in which an emergency is declared. Absent: nobody watches, which denies where some state bans calls then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>, example = json!(["FL"])))]
    pub emergencies: Option<Vec<State>>,
}

fn yes() -> bool {
    true
}

/// Somebody in whose name people are contacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Seller {
    /// As disclosures name it.
    pub name: Name,
    /// Somebody made sure that it is who it says.
    #[serde(default)]
    pub verified: bool,
    /// Registrations held, or from which it is exempt, as the packs name them: `10dlc`, `texas_telephone_solicitor`.
    #[serde(default)]
    pub registrations: Vec<Token>,
}

/// Choices the packs leave to the organization.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// A withdrawal in reply to one message reaches all that need consent. Never off again once on.
    #[serde(default)]
    pub revoke_all: bool,
    /// Contacts in the window of the general rule, 1 to 100, in place of its number. Rules of states stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub attempts: Option<u32>,
    /// The exemption of messages on health is used, where the packs offer it.
    #[serde(default)]
    pub healthcare_exemption: bool,
}

/// A SHA-256 digest, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
pub struct Digest(String);

impl Digest {
    /// # Errors
    /// Anything but 64 hexadecimal digits in lower case.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if raw.len() == 64 && raw.bytes().all(is_digit) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(ValueError::new("digest_invalid", "must be 64 hexadecimal digits in lower case"))
        }
    }

    /// The digest of these 32 bytes.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

string_value!(Digest);
