use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::values::{Email, Phone};
use seiketsu_projections::read_models::consent_ledger::{self, ConsentLedger, HistoryEntry};
use serde::Deserialize;
use utoipa::IntoParams;

use super::contact_param::contact;
use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{Limit, cursor};
use crate::http::problem::Problem;
use crate::http::request::{Ask, ConsentRead};

/// Whose history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryParams {
    phone: Option<Phone>,
    email: Option<Email>,
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// Get the history of consent
///
/// Every event of a contact point's ledger, the latest first.
#[utoipa::path(get, path = "/consents/history", tag = "consents", params(HistoryParams),
    responses((status = 200, description = "One page", body = PageOf<HistoryEntry>)))]
pub async fn get_history(
    State(app): State<App>,
    ask: Ask<ConsentRead, HistoryParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &ConsentLedger).await?;
    let tenant = ask.tenant();
    let contact = contact(ask.filter.phone, ask.filter.email)?;
    let cursor = cursor(ask.filter.cursor)?;
    let mut read = app.pools.read_as(tenant).await?;
    let page =
        consent_ledger::history(&mut read, tenant, &contact, ask.filter.limit.0, cursor.as_deref()).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
