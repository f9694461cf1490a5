use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::escalation::{Escalation, EscalationCommand};
use seiketsu_domain::ids::EscalationId;
use seiketsu_domain::values::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{EscalationsWrite, Id, Order};

/// What is to be remembered of the end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelEscalation {
    reason: Reason,
}

/// Cancel an escalation
///
/// Withdraw it.
#[utoipa::path(post, path = "/escalations/{id}/cancel", tag = "escalations",
    params(("id" = EscalationId, Path)), request_body = CancelEscalation,
    responses((status = 200, description = "Done", body = Escalation)))]
pub async fn cancel_escalation(
    State(app): State<App>,
    Id(id): Id<EscalationId>,
    order: Order<EscalationsWrite, CancelEscalation>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = EscalationCommand::Cancel { reason: body.reason, by: wish.actor, at: wish.at };
    let committed = app.commands.execute::<Escalation>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
