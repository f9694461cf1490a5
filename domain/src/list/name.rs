use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::permission::places::State;
use crate::values::{ValueError, string_value};

/// Which data set: `us-national`, `us-tx` and so on for states, `reassigned`, `lines`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListName {
    /// The do-not-call list of the United States.
    National,
    /// That of a state.
    State(State),
    /// Answers of the Reassigned Numbers Database.
    Reassigned,
    /// What kind of line a number is.
    Lines,
}

impl ListName {
    /// # Errors
    /// Any other name.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let unknown = || {
            let detail = "must be us-national, us- and the two letters of a state, reassigned or lines";
            ValueError::new("list_unknown", detail)
        };
        match raw {
            "us-national" => Ok(Self::National),
            "reassigned" => Ok(Self::Reassigned),
            "lines" => Ok(Self::Lines),
            _ => {
                let code =
                    raw.strip_prefix("us-").filter(|code| code.bytes().all(|b| b.is_ascii_lowercase()));
                let state = code.and_then(|code| State::try_new(&code.to_ascii_uppercase()).ok());
                state.map(Self::State).ok_or_else(unknown)
            }
        }
    }

    /// Whether it is a list of numbers nobody may call, taken over whole as extracts.
    #[must_use]
    pub fn has_extracts(self) -> bool {
        matches!(self, Self::National | Self::State(_))
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::National => f.write_str("us-national"),
            Self::State(state) => write!(f, "us-{}", state.code().to_ascii_lowercase()),
            Self::Reassigned => f.write_str("reassigned"),
            Self::Lines => f.write_str("lines"),
        }
    }
}

impl FromStr for ListName {
    type Err = ValueError;

    fn from_str(raw: &str) -> Result<Self, ValueError> {
        Self::try_new(raw)
    }
}

impl Serialize for ListName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ListName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::try_new(&raw).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for ListName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new().schema_type(Type::String).examples(["us-national", "us-tx"]).into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for ListName {}

/// The number of a seller's subscription to a registry (SAN), as the registry writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "10000001-12345-12", max_length = 40))]
pub struct San(String);

impl San {
    /// # Errors
    /// Anything but 1 to 40 letters, digits and dashes.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let raw = raw.trim();
        let fine =
            (1..=40).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let detail = "must be the number of a subscription: 1 to 40 letters, digits and dashes";
        if fine { Ok(Self(raw.to_owned())) } else { Err(ValueError::new("san_invalid", detail)) }
    }
}

string_value!(San);
