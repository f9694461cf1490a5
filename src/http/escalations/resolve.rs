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
pub struct ResolveEscalation {
    resolution: Reason,
}

/// Resolve an escalation
///
/// Close it with what was done.
#[utoipa::path(post, path = "/escalations/{id}/resolve", tag = "escalations",
    params(("id" = EscalationId, Path)), request_body = ResolveEscalation,
    responses((status = 200, description = "Done", body = Escalation)))]
pub async fn resolve_escalation(
    State(app): State<App>,
    Id(id): Id<EscalationId>,
    order: Order<EscalationsWrite, ResolveEscalation>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = EscalationCommand::Resolve { resolution: body.resolution, by: wish.actor, at: wish.at };
    let committed = app.commands.execute::<Escalation>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
