use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use seiketsu_domain::consent::{Consent, ConsentCommand, ConsentLevel, Evidence, GrantConsent, GrantMethod};
use seiketsu_domain::ids::{ConsentId, LeadId};
use seiketsu_domain::lead::Lead;
use seiketsu_domain::values::{Channel, Contact, Name, Purpose, Technology, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::contact_param::query_of;
use crate::app::App;
use crate::http::answer::{decided, put};
use crate::http::problem::Problem;
use crate::http::references::require;
use crate::http::request::{ConsentWrite, Order};
use crate::ids;

/// What a person allowed, and how we know.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGrant {
    contact: Contact,
    channels: Vec<Channel>,
    purposes: Vec<Purpose>,
    level: ConsentLevel,
    /// Where absent, by whatever means.
    #[serde(default)]
    technologies: Vec<Technology>,
    /// The sellers the disclosure named; where absent, the first of the compliance profile.
    #[serde(default)]
    sellers: Vec<Name>,
    method: GrantMethod,
    evidence: Evidence,
    lead_id: Option<LeadId>,
    occurred_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

/// Record consent
///
/// Adds a grant to the ledger of a contact point.
#[utoipa::path(post, path = "/consents", tag = "consents", request_body = NewGrant,
    responses((status = 201, description = "Recorded", body = Consent)))]
pub async fn grant_consent(
    State(app): State<App>,
    order: Order<ConsentWrite, NewGrant>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    if let Some(lead) = body.lead_id {
        require::<Lead>(&app, wish.tenant, lead.0, "/leadId").await?;
    }
    let consent_id = ConsentId::of(wish.tenant, &body.contact);
    let location = format!("/api/v1/consents/state?{}", query_of(&body.contact));
    let command = ConsentCommand::Grant(GrantConsent {
        consent_id,
        organization_id: wish.tenant,
        grant_id: ids::new(),
        contact: body.contact,
        channels: body.channels,
        purposes: body.purposes,
        level: body.level,
        technologies: body.technologies,
        sellers: body.sellers,
        method: body.method,
        evidence: body.evidence,
        lead_id: body.lead_id,
        occurred_at: body.occurred_at,
        expires_at: body.expires_at,
        at: wish.at,
    });
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    let mut response = decided(&wish, StatusCode::CREATED, consent_id.0, &committed, &committed.state);
    put(&mut response, header::LOCATION, &location);
    Ok(response)
}
