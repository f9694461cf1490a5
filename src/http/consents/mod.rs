//! Everything a client can do with consent: grants, revocations, permission checks, the internal do-not-call list.

mod business;
mod check;
mod contact_param;
mod decision;
mod dnc;
mod dnc_import;
mod grant;
mod history;
mod list;
mod question;
mod redeem;
mod revoke;
mod state;
mod suppress;

pub use redeem::unknown_here;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(grant::grant_consent, list::list_consents))
        .routes(routes!(revoke::revoke_consent))
        .routes(routes!(check::check_permission))
        .routes(routes!(redeem::redeem_permit))
        .routes(routes!(suppress::suppress_contact))
        .routes(routes!(suppress::lift_suppression))
        .routes(routes!(business::note_business))
        .routes(routes!(state::get_state))
        .routes(routes!(history::get_history))
        .routes(routes!(dnc::list_number, dnc::delist_number))
        .routes(routes!(dnc_import::import_numbers))
}
