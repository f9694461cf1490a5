use seiketsu_domain::call::{Call, CallStatus, Direction};
use seiketsu_domain::ids::{AgentId, CallId, LeadId, TenantId};
use seiketsu_domain::values::{Phone, Timestamp};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::Calls;
use super::project::{direction_name, status_name};
use super::search::Search;
use crate::page::{AsOf, Page, QueryError, as_of};
use crate::sort::{Listing, Sort, SortField};

/// What calls may be sorted by. An open call counts as ended later and lasting longer than any other.
pub const SORTS: &[SortField] = &[
    SortField { name: "startedAt", column: "started_at", sql_type: "timestamptz" },
    SortField { name: "endedAt", column: "ended_at", sql_type: "timestamptz" },
    SortField { name: "durationSeconds", column: "duration_seconds", sql_type: "bigint" },
];

/// Which calls to show, and in which order.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    pub status: Option<CallStatus>,
    pub direction: Option<Direction>,
    pub agent_id: Option<AgentId>,
    pub lead_id: Option<LeadId>,
    pub phone_number: Option<Phone>,
    /// Started at this moment or later.
    pub started_after: Option<Timestamp>,
    /// Started before this moment, so that adjoining stretches of time share no call.
    pub started_before: Option<Timestamp>,
    /// Words to be found, as in a web search.
    pub q: Option<String>,
    /// One of [`SORTS`]; the latest first where not given.
    pub sort: Option<Sort>,
    pub limit: i64,
    pub cursor: Option<String>,
}

/// One call, and how fresh the answer is.
///
/// # Errors
/// The database cannot be reached.
pub async fn get(
    read: &mut PgConnection,
    tenant: TenantId,
    id: CallId,
) -> Result<Option<(Call, AsOf)>, QueryError> {
    let as_of = as_of(&mut *read, &Calls, tenant).await?;
    let state: Option<String> =
        sqlx::query_scalar("select state::text from read_models.calls where tenant_id = $1 and id = $2")
            .bind(tenant.0)
            .bind(id.0)
            .fetch_optional(read)
            .await?;
    Ok(state.map(|state| serde_json::from_str(&state)).transpose()?.map(|call| (call, as_of)))
}

/// One page of calls.
///
/// # Errors
/// A cursor of another query, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    filter: &CallFilter,
) -> Result<Page<Call>, QueryError> {
    let sort = filter.sort.clone().unwrap_or_else(|| Sort::by(&SORTS[0], true));
    let listing = Listing::new(&sort, &filter.fingerprint(), filter.cursor.as_deref(), filter.limit)?;
    let as_of = as_of(&mut *read, &Calls, tenant).await?;
    let mut query = QueryBuilder::new(format!(
        "select {}, state::text from read_models.calls where tenant_id = ",
        sort.keys()
    ));
    query.push_bind(tenant.0);
    filter.push(&mut query);
    if let Some(q) = filter.q.as_deref().filter(|q| !q.trim().is_empty()) {
        Search::prepare(&mut *read, q).await?.push(&mut query, tenant);
    }
    listing.fetch(read, query, as_of).await
}

/// The calls with a lead, the latest first.
///
/// # Errors
/// See [`list`].
pub async fn of_lead(
    read: &mut PgConnection,
    tenant: TenantId,
    lead: LeadId,
    limit: i64,
    cursor: Option<String>,
) -> Result<Page<Call>, QueryError> {
    list(read, tenant, &CallFilter { lead_id: Some(lead), limit, cursor, ..CallFilter::default() }).await
}

impl CallFilter {
    fn push(&self, query: &mut QueryBuilder<'_, Postgres>) {
        if let Some(status) = self.status {
            query.push(" and status = ").push_bind(status_name(status));
        }
        if let Some(direction) = self.direction {
            query.push(" and direction = ").push_bind(direction_name(direction));
        }
        if let Some(agent) = self.agent_id {
            query.push(" and agent_id = ").push_bind(agent.0);
        }
        if let Some(lead) = self.lead_id {
            query.push(" and lead_id = ").push_bind(lead.0);
        }
        if let Some(phone) = &self.phone_number {
            query.push(" and phone_number = ").push_bind(phone.to_string());
        }
        if let Some(after) = self.started_after {
            query.push(" and started_at >= ").push_bind(after.get());
        }
        if let Some(before) = self.started_before {
            query.push(" and started_at < ").push_bind(before.get());
        }
    }

    fn fingerprint(&self) -> Value {
        json!({
            "list": "calls", "status": self.status, "direction": self.direction, "agentId": self.agent_id,
            "leadId": self.lead_id, "phoneNumber": self.phone_number, "startedAfter": self.started_after,
            "startedBefore": self.started_before, "q": self.q,
        })
    }
}
