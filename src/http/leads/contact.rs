use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{ContactLead, Lead, LeadCommand};
use seiketsu_domain::values::{Channel, Note};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// How it was reached.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewContact {
    channel: Channel,
    note: Option<Note>,
}

/// Record a contact
#[utoipa::path(post, path = "/leads/{id}/contact", tag = "leads",
    params(("id" = LeadId, Path)), request_body = NewContact,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn contact_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, NewContact>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::Contact(ContactLead { channel: body.channel, note: body.note, at: wish.at });
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
