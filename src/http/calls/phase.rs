use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand, Phase};
use seiketsu_domain::ids::CallId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Id, Order};

/// Where the conversation stands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPhase {
    phase: Phase,
}

/// Set the phase
#[utoipa::path(put, path = "/calls/{id}/phase", tag = "calls",
    params(("id" = CallId, Path)), request_body = SetPhase,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn set_phase(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, SetPhase>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = CallCommand::SetPhase { phase: body.phase, at: wish.at };
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
