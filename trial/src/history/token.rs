use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A name that one request carries into the event it causes, and that is its idempotency key as well.
///
/// It says whose it is: the tenant's number in the 12 highest bits, a serial number in the other 52. As text it is a
/// UUID (version 8), so that it passes wherever the API takes a text or an id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(NonZeroU64);

const SERIAL_BITS: u32 = 52;
/// What every token begins with, and nothing else does.
const MARK: &str = "7e577e57-7e57-8";

impl Token {
    /// Characters of its text.
    pub const LENGTH: usize = 36;

    /// The `serial`-th token of a trial, counted from 0, for a request of this tenant.
    #[must_use]
    pub fn new(tenant: u16, serial: u64) -> Self {
        let serial = (serial + 1) & ((1 << SERIAL_BITS) - 1);
        let bits = (u64::from(tenant & 0xfff) << SERIAL_BITS) | serial;
        Self(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MIN))
    }

    /// The number of the tenant it was made for.
    #[must_use]
    pub fn tenant(self) -> u16 {
        u16::try_from(self.0.get() >> SERIAL_BITS).unwrap_or(u16::MAX)
    }

    /// All tokens in a text, in order.
    pub fn find_in(text: &str) -> impl Iterator<Item = Self> {
        text.match_indices(MARK).filter_map(|(start, _)| text.get(start..start + Self::LENGTH)?.parse().ok())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.get();
        let (tenant, high, low) = (bits >> 52, (bits >> 48) & 0xf, bits & 0xffff_ffff_ffff);
        write!(f, "{MARK}{tenant:03x}-800{high:x}-{low:012x}")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

/// The text is no token.
#[derive(Debug, thiserror::Error)]
#[error("not a token of a trial")]
pub struct NoToken;

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let rest = text.strip_prefix(MARK).ok_or(NoToken)?;
        let (tenant, rest) = rest.split_once("-800").ok_or(NoToken)?;
        let (high, low) = rest.split_once('-').ok_or(NoToken)?;
        if (tenant.len(), high.len(), low.len()) != (3, 1, 12) {
            return Err(NoToken);
        }
        let digits = |text| u64::from_str_radix(text, 16).map_err(|_| NoToken);
        let bits = (digits(tenant)? << 52) | (digits(high)? << 48) | digits(low)?;
        NonZeroU64::new(bits).map(Self).ok_or(NoToken)
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::Token;

    proptest! {
        #[test]
        fn a_token_is_found_wherever_it_was_written(tenant in 0u16..4096, serial in 0u64..(1 << 52) - 1) {
            let token = Token::new(tenant, serial);
            let text = token.to_string();
            prop_assert_eq!(token.tenant(), tenant);
            prop_assert_eq!(Uuid::parse_str(&text).expect("a UUID").get_version_num(), 8);
            let payload = format!("{{\"text\":\"note {text}\",\"source\":\"{text}\"}}");
            prop_assert_eq!(Token::find_in(&payload).collect::<Vec<_>>(), vec![token, token]);
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let text = Token::new(3, 9).to_string();
        for other in ["", "7e577e57-7e57-8", &text[..35], "7e577e57-7e57-8é"] {
            assert_eq!(Token::find_in(other).count(), 0, "{other}");
        }
    }
}
