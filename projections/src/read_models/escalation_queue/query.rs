use chrono::{DateTime, Utc};
use seiketsu_domain::escalation::{Escalation, EscalationStatus, Priority};
use seiketsu_domain::ids::{EscalationId, TenantId, UserId};
use serde_json::json;
use sqlx::PgConnection;

use super::EscalationQueue;
use super::project::{status_name, urgency};
use crate::page::{AsOf, Cursor, Page, QueryError, as_of, fingerprint};

/// What to show of the queue. Open escalations come first, the most urgent and oldest on top.
#[derive(Debug, Clone, Default)]
pub struct EscalationFilter {
    pub status: Option<EscalationStatus>,
    pub priority: Option<Priority>,
    pub assigned_to: Option<UserId>,
    pub limit: i64,
    pub cursor: Option<String>,
}

/// One escalation, and how fresh the answer is.
///
/// # Errors
/// The database cannot be reached.
pub async fn get(
    read: &mut PgConnection,
    tenant: TenantId,
    id: EscalationId,
) -> Result<Option<(Escalation, AsOf)>, QueryError> {
    let as_of = as_of(&mut *read, &EscalationQueue, tenant).await?;
    let state: Option<String> = sqlx::query_scalar(
        "select state::text from read_models.escalations where tenant_id = $1 and id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .fetch_optional(read)
    .await?;
    Ok(state.map(|state| serde_json::from_str(&state)).transpose()?.map(|escalation| (escalation, as_of)))
}

/// One page of the queue.
///
/// # Errors
/// A cursor of another query, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    filter: &EscalationFilter,
) -> Result<Page<Escalation>, QueryError> {
    let as_of = as_of(&mut *read, &EscalationQueue, tenant).await?;
    let mark = fingerprint(&json!({
        "list": "escalations", "status": filter.status, "priority": filter.priority, "assignedTo": filter.assigned_to,
    }));
    let after = filter.cursor.as_deref().map(|raw| Cursor::decode(raw, mark, 4)).transpose()?;
    let key = |n: usize| after.as_ref().and_then(|keys| keys[n].clone());
    let rows: Vec<(bool, i16, DateTime<Utc>, String)> = sqlx::query_as(
        "select open, urgency, raised_at, state::text from read_models.escalations
          where tenant_id = $1
            and ($2::text is null or status = $2)
            and ($3::smallint is null or urgency = $3)
            and ($4::uuid is null or assigned_to = $4)
            and ($5::text is null
                 or (not open, urgency, raised_at, id) > (not $5::bool, $6::smallint, $7::timestamptz, $8::uuid))
          order by open desc, urgency, raised_at, id
          limit $9",
    )
    .bind(tenant.0)
    .bind(filter.status.map(status_name))
    .bind(filter.priority.map(urgency))
    .bind(filter.assigned_to.map(|user| user.0))
    .bind(key(0))
    .bind(key(1))
    .bind(key(2))
    .bind(key(3))
    .bind(filter.limit + 1)
    .fetch_all(read)
    .await?;
    let has_more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > filter.limit;
    let shown = rows.into_iter().take(usize::try_from(filter.limit).unwrap_or(0)).collect::<Vec<_>>();
    let data =
        shown.iter().map(|row| serde_json::from_str(&row.3)).collect::<Result<Vec<Escalation>, _>>()?;
    let next_cursor = match (has_more, shown.last(), data.last()) {
        (true, Some(row), Some(last)) => Some(
            Cursor::new(
                mark,
                vec![
                    Some(row.0.to_string()),
                    Some(row.1.to_string()),
                    Some(row.2.to_rfc3339()),
                    Some(last.id.to_string()),
                ],
            )
            .encode(),
        ),
        _ => None,
    };
    Ok(Page { data, next_cursor, has_more, as_of })
}
