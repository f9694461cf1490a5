use seiketsu_domain::ids::TenantId;
use seiketsu_domain::lead::Lead;
use serde_json::json;
use sqlx::{PgConnection, QueryBuilder};

use crate::page::{Page, QueryError, as_of};
use crate::read_models::leads::Leads;
use crate::sort::{Listing, Sort, SortField};

const RANK: &[SortField] = &[
    SortField { name: "score", column: "score", sql_type: "smallint" },
    SortField { name: "lastActivityAt", column: "last_activity_at", sql_type: "timestamptz" },
];

/// One page of hot leads: the highest score first, and of equals the one where something happened last.
///
/// # Errors
/// A cursor of another query, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<Lead>, QueryError> {
    let as_of = as_of(&mut *read, &Leads, tenant).await?;
    let rank = Sort::by(&RANK[0], true).then(&RANK[1], true);
    let listing = Listing::new(&rank, &json!({ "list": "hot_leads" }), cursor, limit)?;
    let mut query = QueryBuilder::new(format!(
        "select {}, state::text from read_models.hot_leads where tenant_id = ",
        rank.keys()
    ));
    query.push_bind(tenant.0);
    listing.fetch(read, query, as_of).await
}
