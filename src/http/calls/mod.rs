//! Everything a client can do with calls.

mod cancel;
mod connect;
mod end;
mod events;
mod get;
mod intake;
mod link_lead;
mod list;
mod phase;
mod quality;
mod start;
mod timeline;
mod transcript;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start::start_call, list::list_calls))
        .routes(routes!(get::get_call, cancel::cancel_call))
        .routes(routes!(connect::connect_call))
        .routes(routes!(transcript::add_segments, transcript::get_transcript))
        .routes(routes!(phase::set_phase))
        .routes(routes!(intake::record_intake))
        .routes(routes!(quality::record_quality))
        .routes(routes!(link_lead::link_lead))
        .routes(routes!(end::end_call))
        .routes(routes!(timeline::get_timeline))
        .routes(routes!(events::get_events))
}
