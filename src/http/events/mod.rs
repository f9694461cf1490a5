//! The event feed: one order, one cursor, by long poll (`GET /events`) or as server-sent events (`GET /stream`).

mod cloud_event;
mod cursor;
mod feed;
mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use cloud_event::CloudEvent;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(feed::get_events)).routes(routes!(stream::get_stream))
}
