use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand};
use seiketsu_domain::values::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// Why it was lost.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LostLead {
    reason: Reason,
}

/// Lose a lead
#[utoipa::path(post, path = "/leads/{id}/lose", tag = "leads",
    params(("id" = LeadId, Path)), request_body = LostLead,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn lose_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, LostLead>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::Lose { reason: body.reason, at: wish.at };
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
