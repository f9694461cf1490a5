use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use seiketsu_domain::ids::TenantId;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::CloudEvent;
use super::cursor;
use super::feed::start;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::{Ask, EventsRead};

/// Which events to stream.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StreamParams {
    /// A cursor, `earliest` or `latest` (the default). `Last-Event-ID` wins over it.
    after: Option<String>,
    /// Such as `lead.*,consent.revoked`; everything where absent.
    types: Option<String>,
}

/// Events per read.
const BATCH: i64 = 100;
/// Events written and not yet taken by the client; then the stream waits for it.
const BUFFER: usize = 256;
/// A comment this often keeps proxies from closing the line, and moves the cursor past filtered events.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after this and the client resumes: no connection lives for ever.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How often to look without a hint.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Follow the event feed
///
/// Server-sent events, in committed order; each event's `id` is the cursor to resume from.
#[utoipa::path(get, path = "/stream", tag = "events", params(StreamParams),
    responses((status = 200, description = "Events", content_type = "text/event-stream", body = String)))]
pub async fn get_stream(
    State(app): State<App>,
    headers: HeaderMap,
    ask: Ask<EventsRead, StreamParams>,
) -> Result<Response, Problem> {
    let tenant = ask.tenant();
    let patterns = cursor::patterns(ask.filter.types.as_deref())?;
    let last_seen = match headers.get("last-event-id") {
        None => None,
        Some(raw) => Some(raw.to_str().map_err(|_| {
            Problem::malformed("#Last-Event-ID", "cursor_invalid", "must be a cursor of this feed")
        })?),
    };
    let from = match last_seen {
        Some(raw) => cursor::decode(Some(raw), "#Last-Event-ID")?,
        None => cursor::decode(ask.filter.after.as_deref().or(Some("latest")), "?after")?,
    };
    let after = start(&app, tenant, from).await?;
    let (sender, receiver) = mpsc::channel(BUFFER);
    // The reading runs in a task of its own, so that a client that leaves never cancels a query half-way.
    tokio::spawn(follow(app, tenant, after, patterns, sender));
    Ok(Sse::new(events(receiver)).into_response())
}

fn events(mut receiver: mpsc::Receiver<Event>) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::poll_fn(move |context| receiver.poll_recv(context).map(|event| event.map(Ok)))
}

async fn follow(
    app: App,
    tenant: TenantId,
    mut after: i64,
    patterns: Vec<String>,
    sender: mpsc::Sender<Event>,
) {
    let end = tokio::time::Instant::now() + LIFETIME;
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    let mut hint = app.hint.subscribe();
    while tokio::time::Instant::now() < end && !sender.is_closed() {
        hint.mark_unchanged();
        match app.commands.store().feed(tenant, after, &patterns, BATCH).await {
            Ok(page) => {
                after = page.read_to;
                for envelope in page.events {
                    let Some(event) = to_event(envelope) else { return };
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
                if page.has_more {
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "stream ended; the client resumes");
                return;
            }
        }
        tokio::select! {
            _ = hint.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = app.stop.cancelled() => return,
            _ = heartbeat.tick() => {
                if sender.send(Event::default().id(cursor::encode(after)).comment("alive")).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn to_event(envelope: seiketsu_domain::envelope::Envelope) -> Option<Event> {
    let id = cursor::encode(envelope.position);
    let kind = envelope.event_type.clone();
    let event = CloudEvent::of(envelope).ok()?;
    Event::default().id(id).event(kind).json_data(event).ok()
}
