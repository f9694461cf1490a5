use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand};
use seiketsu_domain::ids::{CallId, LeadId};
use seiketsu_domain::lead::Lead;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::references::require;
use crate::http::request::{CallsWrite, Id, Order};

/// The lead it belongs to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkedLead {
    lead_id: LeadId,
}

/// Link a lead
///
/// Says whose call it is.
#[utoipa::path(post, path = "/calls/{id}/link-lead", tag = "calls",
    params(("id" = CallId, Path)), request_body = LinkedLead,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn link_lead(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, LinkedLead>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    require::<Lead>(&app, wish.tenant, body.lead_id.0, "/leadId").await?;
    let command = CallCommand::LinkLead { lead_id: body.lead_id, at: wish.at };
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
