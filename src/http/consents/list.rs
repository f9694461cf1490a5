use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::values::Channel;
use seiketsu_projections::read_models::consent_ledger::{self, ConsentFilter, ConsentLedger, ConsentStatus};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{Limit, cursor};
use crate::http::problem::Problem;
use crate::http::request::{Ask, ConsentRead};

/// Which contact points to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentParams {
    #[param(inline)]
    status: Option<ConsentStatus>,
    /// Covered by some grant.
    #[param(inline)]
    channel: Option<Channel>,
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

/// List contact points
///
/// The ledgers of the organization, those with the latest news first.
#[utoipa::path(get, path = "/consents", tag = "consents", params(ConsentParams),
    responses((status = 200, description = "One page", body = PageOf<Consent>)))]
pub async fn list_consents(
    State(app): State<App>,
    ask: Ask<ConsentRead, ConsentParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &ConsentLedger).await?;
    let tenant = ask.tenant();
    let filter = ConsentFilter {
        status: ask.filter.status,
        channel: ask.filter.channel,
        limit: ask.filter.limit.0,
        cursor: cursor(ask.filter.cursor)?,
    };
    let mut read = app.pools.read_as(tenant).await?;
    let page = consent_ledger::list(&mut read, tenant, &filter).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
