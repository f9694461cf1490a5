//! Values that refuse bad data at construction. Whoever holds one needs no further check.
//!
//! Each deserialises through its own constructor, so a request body or a stored event with a bad value does not
//! become a value at all. The error carries a code; `ValueError::from_serde` gets it back out of serde.

mod contact;
mod json;
mod numbers;
mod terms;
mod text;
mod time;

pub use contact::{Contact, Email, Phone};
pub use json::JsonObject;
pub use numbers::{CurrencyCode, Ratio, Score};
pub use terms::{Channel, Purpose, Technology};
pub use text::{
    CapturedUrl, DisclosureText, Name, Note, Place, Reason, SegmentText, Source, Summary, Tag, Token,
    UserAgent,
};
pub use time::Timestamp;

/// Why something is not a value of the wanted kind: it parses, but is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// Stable code, snake_case.
    pub code: &'static str,
    /// A sentence for the person who sent it. Never repeats the value itself, which may be personal.
    pub detail: String,
}

impl ValueError {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Recovers code and detail from the message of a serde error, where a value refused; `None` where the input
    /// did not even have the right shape.
    #[must_use]
    pub fn from_serde(message: &str) -> Option<(String, String)> {
        let rest = message.split_once(MARK)?.1;
        let (code, rest) = rest.split_once(MARK)?;
        // serde_json appends " at line 1 column 2", which says nothing beside a pointer.
        let detail = rest.split_once(MARK).map_or(rest, |(detail, _)| detail);
        Some((code.to_owned(), detail.to_owned()))
    }
}

/// Sets off code and detail inside a serde message; cannot occur in either.
const MARK: char = '\u{1}';

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{MARK}{}{MARK}{}{MARK}", self.code, self.detail)
    }
}

impl std::error::Error for ValueError {}

/// Serde through `TryFrom<String>` and `AsRef<str>`, for values that look like strings on the wire.
macro_rules! string_value {
    ($name:ident) => {
        impl $name {
            /// The value as written on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::values::ValueError;
            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                Self::try_new(raw)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::try_new(&raw).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use string_value;

#[cfg(test)]
mod tests {
    use super::{Phone, ValueError};

    #[test]
    fn a_refused_value_keeps_its_code_through_serde() {
        let error = serde_json::from_str::<Phone>("\"+1\"").expect_err("not a phone number");
        let (code, detail) = ValueError::from_serde(&error.to_string()).expect("marked");
        assert_eq!(code, "phone_invalid");
        assert!(!detail.contains("line 1"), "{detail}");
    }

    #[test]
    fn a_wrong_shape_is_not_a_refused_value() {
        let error = serde_json::from_str::<Phone>("17").expect_err("not a string");
        assert_eq!(ValueError::from_serde(&error.to_string()), None);
    }
}
