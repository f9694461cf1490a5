use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cqrs_es::Aggregate as _;
use seiketsu_domain::call::Call;
use seiketsu_domain::ids::CallId;
use seiketsu_projections::page::{AsOf, Cursor, Page, fingerprint};
use serde_json::json;

use crate::app::App;
use crate::clock;
use crate::http::answer::json as answer;
use crate::http::events::CloudEvent;
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::references::require_here;
use crate::http::request::{Ask, CallsRead, Id};

/// Get the events of a call
///
/// Its stream as stored, in order; never behind the commands.
#[utoipa::path(get, path = "/calls/{id}/events", tag = "calls", params(("id" = CallId, Path), PageParams),
    responses((status = 200, description = "One page", body = PageOf<CloudEvent>)))]
pub async fn get_events(
    State(app): State<App>,
    Id(id): Id<CallId>,
    ask: Ask<CallsRead, PageParams>,
) -> Result<Response, Problem> {
    let tenant = ask.tenant();
    require_here::<Call>(&app, tenant, id.0).await?;
    let mark = fingerprint(&json!({ "list": "call events", "call": id }));
    let after = cursor(ask.filter.cursor)?.map(|raw| Cursor::decode(&raw, mark, 1)).transpose()?;
    let after = after.and_then(|mut keys| keys.pop().flatten()?.parse().ok()).unwrap_or(0);
    let limit = ask.filter.limit.0;
    let events = app.commands.store().stream(tenant, Call::TYPE, id.0, after, limit + 1).await?;
    let as_of = AsOf { position: events.last().map_or(0, |event| event.position), time: clock::now() };
    let page =
        Page::cut(events, limit, as_of, |last| Cursor::new(mark, vec![Some(last.sequence.to_string())]));
    let data = page.data.into_iter().map(CloudEvent::of).collect::<Result<Vec<_>, _>>();
    let data = data.map_err(|error| Problem::internal(&error))?;
    let page = Page { data, next_cursor: page.next_cursor, has_more: page.has_more, as_of: page.as_of };
    Ok(answer(StatusCode::OK, &page))
}
