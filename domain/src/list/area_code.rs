use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use crate::values::ValueError;

/// An area code of the North American numbering plan: 200 to 999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u16, minimum = 200, maximum = 999))]
pub struct AreaCode(u16);

impl AreaCode {
    /// # Errors
    /// No number from 200 to 999.
    pub fn try_new(raw: u16) -> Result<Self, ValueError> {
        let detail = "must be an area code, from 200 to 999";
        if (200..=999).contains(&raw) {
            Ok(Self(raw))
        } else {
            Err(ValueError::new("area_code_invalid", detail))
        }
    }

    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl<'de> Deserialize<'de> for AreaCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(u16::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The area codes something is about; none named means all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Vec<u16>))]
pub struct AreaCodes(BTreeSet<AreaCode>);

impl AreaCodes {
    /// Whether a number of this area code is in it.
    #[must_use]
    pub fn contains(&self, code: AreaCode) -> bool {
        self.0.is_empty() || self.0.contains(&code)
    }

    /// Whether everything the other one is about is in it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.is_empty() || (!other.0.is_empty() && other.0.is_subset(&self.0))
    }

    /// In ascending order; none where it is all of them.
    pub fn iter(&self) -> impl Iterator<Item = AreaCode> {
        self.0.iter().copied()
    }
}

impl FromIterator<AreaCode> for AreaCodes {
    fn from_iter<I: IntoIterator<Item = AreaCode>>(codes: I) -> Self {
        Self(codes.into_iter().collect())
    }
}
