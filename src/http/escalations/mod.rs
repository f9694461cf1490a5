//! Everything a client can do with escalations.

mod acknowledge;
mod assign;
mod cancel;
mod connect;
mod get;
mod list;
mod raise;
mod resolve;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(raise::raise_escalation, list::list_escalations))
        .routes(routes!(get::get_escalation))
        .routes(routes!(acknowledge::acknowledge_escalation))
        .routes(routes!(assign::assign_escalation))
        .routes(routes!(connect::connect_escalation))
        .routes(routes!(resolve::resolve_escalation))
        .routes(routes!(cancel::cancel_escalation))
}
