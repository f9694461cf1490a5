//! Coming in and going out.

mod login;
mod logout;
mod me;
mod refresh;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login::log_in))
        .routes(routes!(refresh::refresh_session))
        .routes(routes!(logout::log_out))
        .routes(routes!(me::get_me))
}
