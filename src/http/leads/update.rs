use crate::command::Wish;
use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand, UpdateLead};
use seiketsu_domain::values::{Email, JsonObject, Name, Phone, Source, Tag};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// What changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangedLead {
    first_name: Option<Name>,
    last_name: Option<Name>,
    email: Option<Email>,
    phone: Option<Phone>,
    source: Option<Source>,
    preferences: Option<JsonObject>,
    tags: Option<Vec<Tag>>,
}

impl ChangedLead {
    /// The command that changes a lead so.
    pub(super) fn into_command(self, wish: &Wish) -> LeadCommand {
        LeadCommand::Update(UpdateLead {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            phone: self.phone,
            source: self.source,
            preferences: self.preferences,
            tags: self.tags,
            at: wish.at,
        })
    }
}

/// Update a lead
///
/// Replaces the given fields; absent ones stay.
#[utoipa::path(put, path = "/leads/{id}", tag = "leads",
    params(("id" = LeadId, Path)), request_body = ChangedLead,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn update_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, ChangedLead>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = body.into_command(&wish);
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
