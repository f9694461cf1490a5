use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand, Segment};
use seiketsu_domain::ids::CallId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Id, Order};

/// What was said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSegments {
    segments: Vec<Segment>,
}

/// Add transcript segments
///
/// 1 to 100 segments, in the order they were spoken.
#[utoipa::path(post, path = "/calls/{id}/transcript", tag = "calls",
    params(("id" = CallId, Path)), request_body = NewSegments,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn add_segments(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, NewSegments>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = CallCommand::AddSegments { segments: body.segments, at: wish.at };
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
