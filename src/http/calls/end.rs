use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand, EndCall, Outcome};
use seiketsu_domain::ids::CallId;
use seiketsu_domain::values::Summary;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Id, Order};

/// How it ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndOfCall {
    outcome: Outcome,
    summary: Option<Summary>,
}

/// End a call
#[utoipa::path(post, path = "/calls/{id}/end", tag = "calls",
    params(("id" = CallId, Path)), request_body = EndOfCall,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn end_call(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, EndOfCall>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = CallCommand::End(EndCall { outcome: body.outcome, summary: body.summary, at: wish.at });
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
