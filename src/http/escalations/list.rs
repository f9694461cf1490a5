use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::escalation::{Escalation, EscalationStatus, Priority};
use seiketsu_domain::ids::UserId;
use seiketsu_projections::read_models::escalation_queue::{self, EscalationFilter, EscalationQueue};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{Limit, cursor};
use crate::http::problem::Problem;
use crate::http::request::{Ask, EscalationsRead};

/// Which escalations to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscalationParams {
    #[param(inline)]
    status: Option<EscalationStatus>,
    #[param(inline)]
    priority: Option<Priority>,
    assigned_to: Option<UserId>,
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List escalations
///
/// The queue: open ones first, the most urgent and oldest on top.
#[utoipa::path(get, path = "/escalations", tag = "escalations", params(EscalationParams),
    responses((status = 200, description = "One page", body = PageOf<Escalation>)))]
pub async fn list_escalations(
    State(app): State<App>,
    ask: Ask<EscalationsRead, EscalationParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &EscalationQueue).await?;
    let tenant = ask.tenant();
    let filter = EscalationFilter {
        status: ask.filter.status,
        priority: ask.filter.priority,
        assigned_to: ask.filter.assigned_to,
        limit: ask.filter.limit.0,
        cursor: cursor(ask.filter.cursor)?,
    };
    let mut read = app.pools.read_as(tenant).await?;
    let page = escalation_queue::list(&mut read, tenant, &filter).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
