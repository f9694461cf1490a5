use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::ids::EscalationId;
use seiketsu_projections::read_models::escalation_queue::{self, EscalationQueue};

use crate::app::App;
use crate::http::answer::resource;
use crate::http::problem::Problem;
use crate::http::request::{Ask, Empty, EscalationsRead, Id};

/// Get an escalation
#[utoipa::path(get, path = "/escalations/{id}", tag = "escalations", params(("id" = EscalationId, Path)),
    responses((status = 200, description = "The escalation", body = Escalation)))]
pub async fn get_escalation(
    State(app): State<App>,
    Id(id): Id<EscalationId>,
    ask: Ask<EscalationsRead, Empty>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &EscalationQueue).await?;
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let found = escalation_queue::get(&mut read, ask.tenant(), id).await?;
    read.commit().await?;
    let found = found.ok_or(Problem::not_found("escalation_not_found", "there is no such escalation"))?;
    Ok(resource(arrived, found.0.version, found))
}
