use serde::{Deserialize, Serialize};

use super::{CallRefusal, IntakeRecorded};
use crate::values::JsonObject;

/// What the person told us, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Intake {
    pub data: JsonObject,
    /// Whether nothing more is to come.
    #[serde(rename = "final")]
    pub is_final: bool,
}

impl Intake {
    /// Whether the patch would change nothing.
    pub(super) fn holds(&self, patch: &JsonObject, is_final: bool) -> bool {
        (self.is_final || !is_final) && self.data.contains(patch)
    }

    /// Whether the patch may be merged in.
    pub(super) fn check(&self, patch: &JsonObject) -> Result<(), CallRefusal> {
        if self.is_final {
            return Err(CallRefusal::IntakeFinal);
        }
        match self.data.merged(patch) {
            Ok(_) => Ok(()),
            Err(_) => Err(CallRefusal::IntakeTooLarge),
        }
    }

    pub(super) fn apply(&mut self, recorded: &IntakeRecorded) {
        self.data.merge(&recorded.data);
        self.is_final |= recorded.is_final;
    }
}
