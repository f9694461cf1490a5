use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::escalation::{Escalation, EscalationCommand};
use seiketsu_domain::ids::{EscalationId, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::references::require_user;
use crate::http::request::{EscalationsAssign, Id, Order};

/// Who takes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignEscalation {
    user_id: UserId,
}

/// Assign an escalation
///
/// Gives it to a user of the organization.
#[utoipa::path(post, path = "/escalations/{id}/assign", tag = "escalations",
    params(("id" = EscalationId, Path)), request_body = AssignEscalation,
    responses((status = 200, description = "Assigned", body = Escalation)))]
pub async fn assign_escalation(
    State(app): State<App>,
    Id(id): Id<EscalationId>,
    order: Order<EscalationsAssign, AssignEscalation>,
) -> Result<Response, Problem> {
    require_user(&app, order.wish.tenant, order.body.user_id, "/userId").await?;
    let command = EscalationCommand::Assign { to: order.body.user_id, at: order.wish.at };
    let committed = app.commands.execute::<Escalation>(&order.wish, id.0, command).await?;
    Ok(done(&order.wish, id.0, &committed))
}
