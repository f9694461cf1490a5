use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{CreateLead, Lead, LeadCommand};
use seiketsu_domain::values::{Email, JsonObject, Name, Phone, Source, Tag};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::command::Wish;
use crate::http::answer::created;
use crate::http::problem::Problem;
use crate::http::request::{LeadsWrite, Order};
use crate::ids;

/// What is known of a new lead: at least a phone number and where it came from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLead {
    first_name: Option<Name>,
    last_name: Option<Name>,
    email: Option<Email>,
    phone: Phone,
    source: Source,
    preferences: Option<JsonObject>,
    #[serde(default)]
    tags: Vec<Tag>,
}

impl NewLead {
    /// The command that creates this lead.
    pub(super) fn into_command(self, lead_id: LeadId, wish: &Wish) -> LeadCommand {
        LeadCommand::Create(CreateLead {
            lead_id,
            organization_id: wish.tenant,
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

/// Create a lead
#[utoipa::path(post, path = "/leads", tag = "leads", request_body = NewLead,
    responses((status = 201, description = "Created", body = Lead)))]
pub async fn create_lead(
    State(app): State<App>,
    order: Order<LeadsWrite, NewLead>,
) -> Result<Response, Problem> {
    let lead_id: LeadId = ids::new();
    let command = order.body.into_command(lead_id, &order.wish);
    let committed = app.commands.create::<Lead>(&order.wish, lead_id.0, command).await?;
    Ok(created(&order.wish, "leads", committed.state.id.0, &committed))
}
