use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::EvidenceFile;
use crate::app::App;
use crate::audit::{self, Which};
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Ask, AuditRead};

/// Which event, and against what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProofParams {
    /// The `position` of the event in the feed; or name it by `eventId` and `subject`.
    #[param(minimum = 1)]
    position: Option<i64>,
    /// The `id` of the event; goes with `subject`.
    event_id: Option<Uuid>,
    /// The `subject` of the event: the id of its aggregate.
    subject: Option<Uuid>,
    /// The size of the checkpoint to prove it against; the latest where absent.
    #[param(minimum = 1)]
    size: Option<i64>,
}

impl ProofParams {
    fn which(&self) -> Result<Which, Problem> {
        match (self.position, self.event_id, self.subject) {
            (Some(position), None, None) => Ok(Which::At(position)),
            (None, Some(event), Some(subject)) => Ok(Which::Of { subject, event }),
            (None, Some(_), None) => Err(unnamed("?subject")),
            (None, None, Some(_)) => Err(unnamed("?eventId")),
            _ => Err(unnamed("?position")),
        }
    }
}

fn unnamed(pointer: &str) -> Problem {
    let detail = "name the event by its position, or by eventId and subject, and not by both";
    Problem::malformed(pointer, "event_not_named", detail)
}

/// Prove an event
///
/// Evidence that an event is in the log, as it is stored, which verifies without this server (docs/AUDIT.md).
#[utoipa::path(get, path = "/audit/proofs", tag = "audit", params(ProofParams),
    responses((status = 200, description = "Evidence", body = EvidenceFile)))]
pub async fn get_proof(
    State(app): State<App>,
    ask: Ask<AuditRead, ProofParams>,
) -> Result<Response, Problem> {
    let (tenant, which) = (ask.tenant(), ask.filter.which()?);
    let mut read = app.pools.read_as(tenant).await?;
    let evidence = audit::inclusion(&mut read, tenant, which, ask.filter.size).await?;
    Ok(json(StatusCode::OK, &evidence))
}
