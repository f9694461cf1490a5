use serde::{Deserialize, Serialize};

use crate::values::{Purpose, Token, ValueError, string_value};

/// How strong a consent is; each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ConsentLevel {
    /// Prior express consent: the person gave the number or address for this kind of contact.
    Pec,
    /// An affirmative opt-in to the purpose, as European rules ask for.
    OptIn,
    /// Prior express written consent: signed, after a disclosure (47 CFR 64.1200(f)(9)).
    Pewc,
}

/// How a consent was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GrantMethod {
    WebForm,
    Voice,
    Sms,
    Paper,
    /// Taken over from another system, which holds the evidence.
    Import,
}

/// How a consent was withdrawn. Any reasonable way counts (47 CFR 64.1200(a)(10)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RevocationMethod {
    /// A text of one of the known words, such as `stop`.
    SmsKeyword,
    /// A text in other words.
    SmsText,
    /// Said on a call.
    Voice,
    /// A key pressed on a call.
    Keypress,
    Voicemail,
    Web,
    Email,
    /// A letter.
    Mail,
    /// Told to a member of staff, who noted it.
    Operator,
    /// Taken over from another system.
    Import,
}

/// The message a withdrawal answered. How far such a withdrawal reaches is for the rule packs to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplyTo {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The kind of message, as people choose them: `billing`, `delivery`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Token>,
    /// It had been sent without consent, under an exemption.
    #[serde(default)]
    pub exempted: bool,
}

/// The state a call is placed from, as two upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "CA", pattern = "^[A-Z]{2}$"))]
pub struct CallerState(String);

impl CallerState {
    /// # Errors
    /// Anything but two upper-case letters.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        if raw.len() == 2 && raw.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(ValueError::new("state_invalid", "must be the two letters of a state, such as CA"))
        }
    }
}

string_value!(CallerState);

#[cfg(test)]
mod tests {
    use super::{CallerState, ConsentLevel};

    #[test]
    fn a_state_is_two_upper_case_letters() {
        assert_eq!(CallerState::try_new("CA").expect("a state").as_str(), "CA");
        for raw in ["", "C", "ca", "CAL", "C1", " CA"] {
            assert_eq!(CallerState::try_new(raw).expect_err("no state").code, "state_invalid", "{raw}");
        }
    }

    #[test]
    fn written_consent_includes_an_opt_in_and_that_includes_plain_consent() {
        assert!(ConsentLevel::Pewc > ConsentLevel::OptIn && ConsentLevel::OptIn > ConsentLevel::Pec);
    }
}
