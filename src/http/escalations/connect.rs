use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::escalation::{Escalation, EscalationCommand};
use seiketsu_domain::ids::EscalationId;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Empty, EscalationsWrite, Id, Order};

/// Connect an escalation
///
/// Note that a human is on the line.
#[utoipa::path(post, path = "/escalations/{id}/connect", tag = "escalations",
    params(("id" = EscalationId, Path)), request_body = Empty,
    responses((status = 200, description = "Done", body = Escalation)))]
pub async fn connect_escalation(
    State(app): State<App>,
    Id(id): Id<EscalationId>,
    order: Order<EscalationsWrite, Empty>,
) -> Result<Response, Problem> {
    let command = EscalationCommand::Connect { by: order.wish.actor, at: order.wish.at };
    let committed = app.commands.execute::<Escalation>(&order.wish, id.0, command).await?;
    Ok(done(&order.wish, id.0, &committed))
}
