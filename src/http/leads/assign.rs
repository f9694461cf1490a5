use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::{LeadId, UserId};
use seiketsu_domain::lead::{Lead, LeadCommand};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::references::require_user;
use crate::http::request::{Id, LeadsAssign, Order};

/// Who takes care of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignLead {
    user_id: UserId,
}

/// Assign a lead
#[utoipa::path(post, path = "/leads/{id}/assign", tag = "leads",
    params(("id" = LeadId, Path)), request_body = AssignLead,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn assign_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsAssign, AssignLead>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    require_user(&app, wish.tenant, body.user_id, "/userId").await?;
    let command = LeadCommand::Assign { to: body.user_id, at: wish.at };
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
