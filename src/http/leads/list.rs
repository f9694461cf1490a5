use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::UserId;
use seiketsu_domain::lead::{Lead, LeadStatus};
use seiketsu_domain::values::{Score, Source, Tag, Timestamp};
use seiketsu_projections::read_models::leads::{self, LeadFilter, Leads, SORTS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{Limit, cursor, sort_invalid, words};
use crate::http::problem::Problem;
use crate::http::request::{Ask, LeadsRead};

/// Which leads to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadParams {
    #[param(inline)]
    status: Option<LeadStatus>,
    source: Option<Source>,
    assigned_to: Option<UserId>,
    min_score: Option<Score>,
    max_score: Option<Score>,
    tag: Option<Tag>,
    created_after: Option<Timestamp>,
    /// The archived leads instead of the others.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    archived: bool,
    /// Words, or beginnings of words, of name, phone, email, source or tags.
    q: Option<String>,
    /// Fields such as `-score,lastName`; `-createdAt` where absent.
    sort: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
    cursor: Option<String>,
}

impl LeadParams {
    fn into_filter(self) -> Result<LeadFilter, Problem> {
        let sort = self.sort.as_deref().map(leads::sort).transpose();
        Ok(LeadFilter {
            status: self.status,
            source: self.source,
            assigned_to: self.assigned_to,
            min_score: self.min_score,
            max_score: self.max_score,
            tag: self.tag,
            created_after: self.created_after,
            archived: self.archived,
            q: words(self.q)?,
            sort: sort.map_err(|error| sort_invalid(error, SORTS))?,
            limit: self.limit.0,
            cursor: cursor(self.cursor)?,
        })
    }
}

/// List leads
#[utoipa::path(get, path = "/leads", tag = "leads", params(LeadParams),
    responses((status = 200, description = "One page", body = PageOf<Lead>)))]
pub async fn list_leads(
    State(app): State<App>,
    ask: Ask<LeadsRead, LeadParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Leads).await?;
    let tenant = ask.tenant();
    let filter = ask.filter.into_filter()?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = leads::list(&mut read, tenant, &filter).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
