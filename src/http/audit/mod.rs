//! The audit log for whoever examines it: signed checkpoints, and proofs that verify offline.

/// Signed sizes and roots.
mod checkpoints;
/// That the log has only grown.
mod growth;
/// That an event is in the log.
mod proofs;

use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit::NotProven;
use crate::http::problem::Problem;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(checkpoints::get_checkpoints))
        .routes(routes!(proofs::get_proof))
        .routes(routes!(growth::get_growth))
}

/// Evidence, format `seiketsu-evidence/1`: a file for `seiketsu-verify`. See docs/AUDIT.md.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used; the crate of proofs knows no API")]
pub struct EvidenceFile {
    format: String,
    /// The signed note (C2SP) everything is proven against.
    checkpoint: String,
    /// The key it is signed with; compare it with the one you have from elsewhere.
    public_key: String,
    /// Each `{event, leafIndex, proof}`: every stored column, the place in the log, the audit path.
    events: Vec<serde_json::Value>,
    /// `{checkpoint, proof}`: the earlier one, and that the log grew from it.
    grown_from: Option<serde_json::Value>,
}

impl From<NotProven> for Problem {
    fn from(error: NotProven) -> Self {
        match error {
            NotProven::NoEvent => {
                Self::not_found("event_not_found", "there is no such event in your organization")
            }
            NotProven::NoCheckpoint => {
                Self::not_found("checkpoint_not_found", "no checkpoint was signed at this size; list them")
            }
            NotProven::NotYet => Self::unavailable(
                "audit_log_lagging",
                "the event is not in the audit log yet; it takes a second, where a log is kept",
            ),
            NotProven::TooEarly => Self::unacceptable(
                "?size",
                "checkpoint_too_early",
                "the checkpoint is older than what is to be proven",
            ),
            NotProven::Damaged(error) => Self::internal(&error),
            NotProven::Database(error) => error.into(),
        }
    }
}
