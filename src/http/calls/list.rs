use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallStatus, Direction};
use seiketsu_domain::ids::{AgentId, LeadId};
use seiketsu_domain::values::{Phone, Timestamp};
use seiketsu_projections::read_models::calls::{self, CallFilter, Calls, SORTS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{Limit, cursor, sort, words};
use crate::http::problem::Problem;
use crate::http::request::{Ask, CallsRead};

/// Which calls to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallParams {
    #[param(inline)]
    status: Option<CallStatus>,
    #[param(inline)]
    direction: Option<Direction>,
    agent_id: Option<AgentId>,
    lead_id: Option<LeadId>,
    phone_number: Option<Phone>,
    started_after: Option<Timestamp>,
    started_before: Option<Timestamp>,
    /// Words to be found in summary, intake or transcript.
    q: Option<String>,
    /// `startedAt`, `endedAt`, `durationSeconds`; a dash in front turns it around. `-startedAt` where absent.
    sort: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

impl CallParams {
    fn into_filter(self) -> Result<CallFilter, Problem> {
        Ok(CallFilter {
            status: self.status,
            direction: self.direction,
            agent_id: self.agent_id,
            lead_id: self.lead_id,
            phone_number: self.phone_number,
            started_after: self.started_after,
            started_before: self.started_before,
            q: words(self.q)?,
            sort: sort(self.sort.as_deref(), SORTS)?,
            limit: self.limit.0,
            cursor: cursor(self.cursor)?,
        })
    }
}

/// List calls
#[utoipa::path(get, path = "/calls", tag = "calls", params(CallParams),
    responses((status = 200, description = "One page", body = PageOf<Call>)))]
pub async fn list_calls(
    State(app): State<App>,
    ask: Ask<CallsRead, CallParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Calls).await?;
    let tenant = ask.tenant();
    let filter = ask.filter.into_filter()?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = calls::list(&mut read, tenant, &filter).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
