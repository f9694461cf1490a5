//! What operators do with projections: look, pause, resume, and deal with events that could not be applied. Needs the
//! permission `operate`; spans all organizations, and shows nothing of what events say.

mod list;
mod parked;
mod path;
mod pause;
mod relay;
mod retry;
mod skip;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_projections))
        .routes(routes!(pause::pause_projection))
        .routes(routes!(pause::resume_projection))
        .routes(routes!(parked::list_parked))
        .routes(routes!(parked::show_parked))
        .routes(routes!(parked::list_skipped))
        .routes(routes!(retry::retry_all))
        .routes(routes!(retry::retry_parked))
        .routes(routes!(skip::skip_parked))
        .routes(routes!(relay::send_all))
        .routes(routes!(relay::send_parked))
        .routes(routes!(relay::send_without))
}
