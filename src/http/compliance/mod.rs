//! The compliance profile of an organization: who contacts people, by which rules, and whether at all.

mod approve;
mod profile;
mod stop;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(profile::get_profile, profile::set_profile))
        .routes(routes!(stop::stop_contacts))
        .routes(routes!(stop::resume_contacts))
        .routes(routes!(approve::approve_pack))
}
