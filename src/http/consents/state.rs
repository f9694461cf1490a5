use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::values::{Email, Phone, Timestamp};
use seiketsu_projections::read_models::consent_ledger::{self, ConsentLedger};
use serde::Deserialize;
use utoipa::IntoParams;

use super::contact_param::contact;
use crate::app::App;
use crate::http::answer::resource;
use crate::http::problem::Problem;
use crate::http::request::{Ask, ConsentRead};

/// Whose consent, and on which clocks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateParams {
    phone: Option<Phone>,
    email: Option<Email>,
    /// What had occurred by this moment; now where absent.
    at: Option<Timestamp>,
    /// What had been recorded by this moment; now where absent.
    known_at: Option<Timestamp>,
}

/// Get the state of consent
///
/// The ledger of a contact point: as it stands, or as it stood at a past moment, by what is known now or was then.
#[utoipa::path(get, path = "/consents/state", tag = "consents", params(StateParams),
    responses((status = 200, description = "The ledger", body = Consent)))]
pub async fn get_state(
    State(app): State<App>,
    ask: Ask<ConsentRead, StateParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &ConsentLedger).await?;
    let tenant = ask.tenant();
    let contact = contact(ask.filter.phone, ask.filter.email)?;
    let mut read = app.pools.read_as(tenant).await?;
    let found =
        consent_ledger::state(&mut read, tenant, &contact, ask.filter.at, ask.filter.known_at).await?;
    read.commit().await?;
    let unknown = Problem::not_found("consent_not_found", "nothing is known about this contact point");
    let found = found.ok_or(unknown)?;
    Ok(resource(arrived, found.0.version, found))
}
