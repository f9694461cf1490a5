use seiketsu_domain::ids::{LeadId, TenantId, UserId};
use seiketsu_domain::lead::{Lead, LeadStatus};
use seiketsu_domain::values::{Score, Source, Tag, Timestamp};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::Leads;
use super::project::rank;
use super::words::{self, Search};
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
    let state: Option<String> =
        sqlx::query_scalar("select state::text from read_models.leads where tenant_id = $1 and id = $2")
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
    let listing = || Listing::new(&sort, &filter.fingerprint(), filter.cursor.as_deref(), filter.limit);
    let start = listing()?;
    let as_of = as_of(&mut *read, &Leads, tenant).await?;
    let text = filter.q.as_deref().filter(|q| !q.trim().is_empty());
    if text.is_none() && filter.tag.is_none() {
        return start.fetch(read, filter.all(tenant, &sort), as_of).await;
    }
    let Some(search) = words::search(tenant, text, filter.tag.as_ref()) else {
        return Ok(Page { data: Vec::new(), next_cursor: None, has_more: false, as_of });
    };
    let stretch = filter.found_in_stretch(tenant, &sort, &search, &start);
    let page = start.fetch(&mut *read, stretch, as_of).await?;
    if page.has_more {
        return Ok(page);
    }
    listing()?.fetch(read, filter.found(tenant, &sort, &search), as_of).await
}

/// How many rows are looked through for the words of a search before their index is asked. What at least one lead in
/// a hundred has is found among them, which spares reading thousands of entries of the index; what fewer have is
/// found through the index, which then has few.
const STRETCH: i64 = 2000;

impl LeadFilter {
    /// All leads that pass.
    fn all(&self, tenant: TenantId, sort: &Sort) -> QueryBuilder<'static, Postgres> {
        let mut query = QueryBuilder::new(format!("select {}, state::text from ", sort.keys()));
        query.push("read_models.leads where tenant_id = ").push_bind(tenant.0);
        self.push(&mut query);
        query
    }

    /// Those among the first [`STRETCH`] leads of the page that have the words.
    fn found_in_stretch(
        &self,
        tenant: TenantId,
        sort: &Sort,
        search: &Search,
        start: &Listing<'_>,
    ) -> QueryBuilder<'static, Postgres> {
        let mut query = QueryBuilder::new(format!("select {}, state::text from ", sort.keys()));
        query.push("(select * from read_models.leads where tenant_id = ").push_bind(tenant.0);
        self.push(&mut query);
        start.push_start(&mut query, STRETCH);
        query.push(") leads where words @@ ").push_bind(search.whole.clone()).push("::tsquery");
        query
    }

    /// All leads that have the words, by the index of words; only those shown are read whole.
    fn found(&self, tenant: TenantId, sort: &Sort, search: &Search) -> QueryBuilder<'static, Postgres> {
        let mut query = QueryBuilder::new(format!(
            "select {}, (select l.state::text from read_models.leads l where l.id = found.id and l.tenant_id = ",
            sort.keys()
        ));
        query.push_bind(tenant.0).push(") from read_models.leads_with_words(");
        query.push_bind(search.telling.clone()).push("::tsquery, ");
        query.push_bind(search.whole.clone()).push("::tsquery) found where true");
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
    fn push(&self, query: &mut QueryBuilder<'static, Postgres>) {
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
