use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use seiketsu_domain::ids::TenantId;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use super::CloudEvent;
use super::cursor::{self, Start};
use crate::app::App;
use crate::event_store::FeedPage;
use crate::http::answer::{json, put};
use crate::http::problem::Problem;
use crate::http::request::{Ask, EventsRead};

/// Which events to send.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FeedParams {
    /// A `Next-Cursor` of this feed, `earliest` (the default) or `latest`.
    after: Option<String>,
    /// Such as `lead.*,consent.revoked`; everything where absent.
    types: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000)]
    limit: FeedLimit,
    /// Seconds to wait for an event where there is none, 0 to 30.
    #[serde(default)]
    #[param(value_type = Option<u64>, minimum = 0, maximum = 30)]
    wait: Wait,
}

#[derive(Debug)]
struct FeedLimit(i64);

impl Default for FeedLimit {
    fn default() -> Self {
        Self(100)
    }
}

impl<'de> Deserialize<'de> for FeedLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(limit @ 1..=1000) => Ok(Self(limit)),
            _ => Err(serde::de::Error::custom("limit must be a whole number from 1 to 1000")),
        }
    }
}

#[derive(Debug, Default)]
struct Wait(Duration);

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(seconds @ 0..=30) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(serde::de::Error::custom("wait must be a number of seconds from 0 to 30")),
        }
    }
}

/// Read the event feed
///
/// Events in committed order, oldest first. Send `Next-Cursor` back as `after` to continue; nothing is skipped and
/// nothing comes twice. An empty answer has a cursor too.
#[utoipa::path(get, path = "/events", tag = "events", params(FeedParams),
    responses((status = 200, description = "A batch", content_type = "application/cloudevents-batch+json", body = Vec<CloudEvent>)))]
pub async fn get_events(
    State(app): State<App>,
    ask: Ask<EventsRead, FeedParams>,
) -> Result<Response, Problem> {
    let tenant = ask.tenant();
    let patterns = cursor::patterns(ask.filter.types.as_deref())?;
    let after = start(&app, tenant, cursor::decode(ask.filter.after.as_deref(), "?after")?).await?;
    let deadline = Instant::now() + ask.filter.wait.0;
    let page = page_or_wait(&app, tenant, after, &patterns, ask.filter.limit.0, deadline).await?;
    answer(page)
}

/// The position a consumer starts after.
pub(super) async fn start(app: &App, tenant: TenantId, start: Start) -> Result<i64, Problem> {
    match start {
        Start::After(position) => Ok(position),
        Start::Latest => Ok(app.commands.store().feed_head(tenant).await?),
    }
}

/// How often to look without a hint: another process may have written.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

async fn page_or_wait(
    app: &App,
    tenant: TenantId,
    mut after: i64,
    patterns: &[String],
    limit: i64,
    deadline: Instant,
) -> Result<FeedPage, Problem> {
    let mut hint = app.hint.subscribe();
    loop {
        hint.mark_unchanged();
        let page = app.commands.store().feed(tenant, after, patterns, limit).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        if !page.events.is_empty() || left.is_zero() || app.stop.is_cancelled() {
            return Ok(page);
        }
        after = page.read_to;
        drop(tokio::time::timeout(left.min(LOOK_AGAIN), hint.changed()).await);
    }
}

fn answer(page: FeedPage) -> Result<Response, Problem> {
    let (next, has_more) = (cursor::encode(page.read_to), page.has_more);
    let events = page.events.into_iter().map(CloudEvent::of).collect::<Result<Vec<_>, _>>();
    let mut response = json(StatusCode::OK, &events.map_err(|error| Problem::internal(&error))?);
    put(&mut response, header::CONTENT_TYPE, "application/cloudevents-batch+json");
    put(&mut response, HeaderName::from_static("next-cursor"), &next);
    put(&mut response, HeaderName::from_static("has-more"), if has_more { "true" } else { "false" });
    Ok(response)
}
