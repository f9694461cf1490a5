use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand, Segment};
use seiketsu_domain::ids::CallId;
use seiketsu_projections::read_models::transcripts::{self, SegmentRow, Transcripts};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::{done, shown};
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::references::require_here;
use crate::http::request::{Ask, CallsRead, CallsWrite, Id, Order};

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

/// Get the transcript
///
/// From its beginning, a page at a time.
#[utoipa::path(get, path = "/calls/{id}/transcript", tag = "calls", params(("id" = CallId, Path), PageParams),
    responses((status = 200, description = "One page", body = PageOf<SegmentRow>)))]
pub async fn get_transcript(
    State(app): State<App>,
    Id(id): Id<CallId>,
    ask: Ask<CallsRead, PageParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Transcripts).await?;
    let tenant = ask.tenant();
    require_here::<Call>(&app, tenant, id.0).await?;
    let cursor = cursor(ask.filter.cursor)?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = transcripts::list(&mut read, tenant, id, ask.filter.limit.0, cursor.as_deref()).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
