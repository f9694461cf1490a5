use seiketsu_domain::ids::{LeadId, TenantId, UserId};
use seiketsu_domain::lead::{Lead, LeadStatus};
use seiketsu_domain::values::{Score, Source, Tag, Timestamp};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::Leads;
use super::project::rank;
use super::search::Search;
use super::words;
use crate::page::{AsOf, Page, QueryError, as_of};
use crate::sort::{Listing, Sort, SortError, SortField};

/// What leads may be sorted by. A lead without score sorts below all others, one without a next follow-up after all
/// others, one without a last name first; status sorts along the way from new to lost.
pub const SORTS: &[SortField] = &[
    SortField { name: "createdAt", column: "created_at", sql_type: "timestamptz" },
    SortField { name: "updatedAt", column: "updated_at", sql_type: "timestamptz" },
    SortField { name: "score", column: "score", sql_type: "smallint" },
    SortField { name: "status", column: "status", sql_type: "smallint" },
    SortField { name: "source", column: "source", sql_type: "text" },
    SortField { name: "lastName", column: "last_name", sql_type: "text" },
    SortField { name: "nextFollowUpAt", column: "next_follow_up_at", sql_type: "timestamptz" },
];

/// Reads the order of a list: the fields asked for, and then age in the direction of the last of them, which is how
/// the indexes go on.
///
/// # Errors
/// See [`Sort::parse`].
pub fn sort(raw: &str) -> Result<Sort, SortError> {
    let mut fields = raw.split(',').map(|field| field.trim_start_matches('-'));
    if fields.any(|field| field == "createdAt") {
        return Sort::parse(raw, SORTS);
    }
    let descends = raw.rsplit(',').next().is_some_and(|field| field.starts_with('-'));
    Sort::parse(&format!("{raw},{}createdAt", if descends { "-" } else { "" }), SORTS)
}

/// Which leads to list, and how.
#[derive(Debug, Clone, Default)]
pub struct LeadFilter {
    pub status: Option<LeadStatus>,
    pub source: Option<Source>,
    pub assigned_to: Option<UserId>,
    /// Leads that nobody has judged have no score, so either bound leaves them out.
    pub min_score: Option<Score>,
    pub max_score: Option<Score>,
    pub tag: Option<Tag>,
    /// Created at this moment or later.
    pub created_after: Option<Timestamp>,
    /// The archived leads instead of the others.
    pub archived: bool,
    /// Words, or beginnings of words, all of which a lead must have in its name, phone, email, source or tags.
    /// A text of nothing but spaces counts as absent.
    pub q: Option<String>,
    /// See [`sort`]; the newest first where not given.
    pub sort: Option<Sort>,
    pub limit: i64,
    pub cursor: Option<String>,
}

/// One lead, archived or not, and how fresh the answer is.
///
/// # Errors
/// The database cannot be reached.
pub async fn get(
    read: &mut PgConnection,
    tenant: TenantId,
    id: LeadId,
) -> Result<Option<(Lead, AsOf)>, QueryError> {
    let as_of = as_of(&mut *read, &Leads, tenant).await?;
    let state: Option<String> = sqlx::query_scalar(
        "select state::text from read_models.lead_states where tenant_id = $1 and id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .fetch_optional(read)
    .await?;
    Ok(state.map(|state| serde_json::from_str(&state)).transpose()?.map(|lead| (lead, as_of)))
}

/// One page of leads. `read` must be of that tenant.
///
/// # Errors
/// A cursor of another query, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    filter: &LeadFilter,
) -> Result<Page<Lead>, QueryError> {
    let sort = filter.sort.clone().unwrap_or_else(|| Sort::by(&SORTS[0], true));
    let listing = filter.listing(&sort)?;
    let as_of = as_of(&mut *read, &Leads, tenant).await?;
    let text = filter.q.as_deref().filter(|q| !q.trim().is_empty());
    if text.is_none() && filter.tag.is_none() {
        return listing.fetch(read, filter.all(tenant, &sort), as_of).await;
    }
    let Some(terms) = words::terms(tenant, text, filter.tag.as_ref()) else {
        return Ok(Page { data: Vec::new(), next_cursor: None, has_more: false, as_of });
    };
    Search { tenant, filter, sort: &sort, terms }.page(read, as_of).await
}

/// Begins a list of what comes next, a table named `leads`; only what is shown is read whole.
pub(super) fn select(tenant: TenantId, sort: &Sort) -> QueryBuilder<'static, Postgres> {
    let mut query = QueryBuilder::new(format!(
        "select {}, (select s.state::text from read_models.lead_states s where s.id = leads.id and s.tenant_id = ",
        sort.keys()
    ));
    query.push_bind(tenant.0).push(") from ");
    query
}

impl LeadFilter {
    pub(super) fn listing<'a>(&self, sort: &'a Sort) -> Result<Listing<'a>, QueryError> {
        Listing::new(sort, &self.fingerprint(), self.cursor.as_deref(), self.limit)
    }

    /// All leads that pass.
    fn all(&self, tenant: TenantId, sort: &Sort) -> QueryBuilder<'static, Postgres> {
        let mut query = select(tenant, sort);
        query.push("read_models.leads where tenant_id = ").push_bind(tenant.0);
        self.push(&mut query);
        query
    }

    fn fingerprint(&self) -> Value {
        json!({
            "list": "leads", "status": self.status, "source": self.source, "assignedTo": self.assigned_to,
            "minScore": self.min_score, "maxScore": self.max_score, "tag": self.tag,
            "createdAfter": self.created_after, "archived": self.archived, "q": self.q,
        })
    }

    /// Appends a condition per filter; one that is absent must not reach the planner.
    pub(super) fn push(&self, query: &mut QueryBuilder<'static, Postgres>) {
        query.push(" and archived = ").push_bind(self.archived);
        if let Some(status) = self.status {
            query.push(" and status = ").push_bind(rank(status));
        }
        if let Some(source) = &self.source {
            query.push(" and source = ").push_bind(source.to_string());
        }
        if let Some(user) = self.assigned_to {
            query.push(" and assigned_to = ").push_bind(user.0);
        }
        if let Some(after) = self.created_after {
            query.push(" and created_at >= ").push_bind(after.get());
        }
        self.push_scores(query);
    }

    fn push_scores(&self, query: &mut QueryBuilder<'static, Postgres>) {
        let points = |score: Score| i16::from(score.points());
        if self.min_score.or(self.max_score).is_some() {
            query.push(" and score >= ").push_bind(self.min_score.map_or(0, points));
        }
        if let Some(most) = self.max_score {
            query.push(" and score <= ").push_bind(points(most));
        }
    }
}
