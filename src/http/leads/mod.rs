//! Everything a client can do with leads.

mod appointment;
mod archive;
mod assign;
mod bulk;
mod contact;
mod conversations;
mod convert;
mod create;
mod follow_ups;
mod get;
mod hot;
mod list;
mod lose;
mod notes;
mod qualify;
mod timeline;
mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create_lead, list::list_leads))
        .routes(routes!(bulk::change_leads))
        .routes(routes!(hot::list_hot_leads))
        .routes(routes!(get::get_lead, update::update_lead, archive::archive_lead))
        .routes(routes!(conversations::list_conversations))
        .routes(routes!(timeline::get_lead_timeline))
        .routes(routes!(qualify::qualify_lead))
        .routes(routes!(assign::assign_lead))
        .routes(routes!(contact::contact_lead))
        .routes(routes!(appointment::set_appointment))
        .routes(routes!(convert::convert_lead))
        .routes(routes!(lose::lose_lead))
        .routes(routes!(notes::add_note))
        .routes(routes!(follow_ups::schedule_follow_up))
}
