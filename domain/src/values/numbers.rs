//! Bounded numbers.

use serde::{Deserialize, Deserializer, Serialize};

use super::{ValueError, string_value};

/// How promising a lead is: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u8, minimum = 0, maximum = 100))]
pub struct Score(u8);

impl Score {
    /// # Errors
    /// Outside 0 to 100.
    pub fn try_new(raw: i64) -> Result<Self, ValueError> {
        match u8::try_from(raw) {
            Ok(score) if score <= 100 => Ok(Self(score)),
            _ => Err(ValueError::new("score_out_of_range", "must be between 0 and 100")),
        }
    }

    /// The points, clamped into range: for scores we computed ourselves.
    #[must_use]
    pub fn clamped(points: i64) -> Self {
        Self(u8::try_from(points.clamp(0, 100)).unwrap_or(0))
    }

    #[must_use]
    pub fn points(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A share between 0 and 1, such as a recognition confidence.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = f64, minimum = 0, maximum = 1))]
pub struct Ratio(f64);

impl Ratio {
    /// # Errors
    /// Outside 0 to 1, or not a number.
    pub fn try_new(raw: f64) -> Result<Self, ValueError> {
        if (0.0..=1.0).contains(&raw) {
            Ok(Self(raw))
        } else {
            Err(ValueError::new("ratio_out_of_range", "must be between 0 and 1"))
        }
    }

    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// An ISO 4217 currency code in upper case, checked for shape only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "USD"))]
pub struct CurrencyCode(String);

impl CurrencyCode {
    /// # Errors
    /// Anything but three upper-case letters.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        if raw.len() == 3 && raw.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(ValueError::new("currency_invalid", "must be an ISO 4217 code such as USD"))
        }
    }
}

string_value!(CurrencyCode);

#[cfg(test)]
mod tests {
    use super::{Ratio, Score};

    #[test]
    fn a_score_lies_between_0_and_100() {
        assert!(Score::try_new(0).is_ok() && Score::try_new(100).is_ok());
        assert!(Score::try_new(-1).is_err() && Score::try_new(101).is_err());
        assert_eq!(Score::clamped(240).points(), 100);
    }

    #[test]
    fn a_ratio_lies_between_0_and_1() {
        assert!(Ratio::try_new(0.5).is_ok());
        assert!(Ratio::try_new(1.01).is_err() && Ratio::try_new(f64::NAN).is_err());
    }
}
