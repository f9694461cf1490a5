//! Routes to come.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
