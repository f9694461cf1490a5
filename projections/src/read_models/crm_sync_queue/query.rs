use chrono::{DateTime, Utc};
use seiketsu_domain::ids::{LeadId, TenantId};
use seiketsu_domain::values::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::{Change, CrmSyncQueue};
use crate::page::{Cursor, Page, QueryError, as_of, fingerprint, rows_for};
use crate::read_models::word;

/// A lead that changed since it was last synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingLead {
    pub lead_id: LeadId,
    pub change: Change,
    /// The fields of the lead that may have another value now, sorted.
    pub changed_fields: Vec<String>,
    pub first_changed_at: Timestamp,
    pub last_changed_at: Timestamp,
    /// Position of the last change.
    pub last_position: i64,
    /// Version of the lead after the last change.
    pub version: i64,
}

#[derive(FromRow)]
struct Row {
    lead_id: Uuid,
    change: String,
    changed_fields: Vec<String>,
    first_changed_at: DateTime<Utc>,
    last_changed_at: DateTime<Utc>,
    last_position: i64,
    version: i64,
}

impl TryFrom<Row> for PendingLead {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        Ok(Self {
            lead_id: LeadId(row.lead_id),
            change: word::value(&row.change)?,
            changed_fields: row.changed_fields,
            first_changed_at: Timestamp::new(row.first_changed_at),
            last_changed_at: Timestamp::new(row.last_changed_at),
            last_position: row.last_position,
            version: row.version,
        })
    }
}

/// One page of the queue, the longest waiting first.
///
/// # Errors
/// A cursor of another query, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<PendingLead>, QueryError> {
    let mark = fingerprint(&json!({ "list": "crm_sync_queue" }));
    let after = cursor.map(|raw| Cursor::decode(raw, mark, 2)).transpose()?.unwrap_or(vec![None, None]);
    let as_of = as_of(&mut *read, &CrmSyncQueue, tenant).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "select lead_id, change, changed_fields, first_changed_at, last_changed_at, last_position, version
           from read_models.crm_sync_queue
          where tenant_id = $1
            and ($2::text is null or (first_changed_at, lead_id) > ($2::timestamptz, $3::uuid))
          order by first_changed_at, lead_id limit $4",
    )
    .bind(tenant.0)
    .bind(&after[0])
    .bind(&after[1])
    .bind(rows_for(limit))
    .fetch_all(read)
    .await?;
    let cursor = |row: &Row| {
        Cursor::new(mark, vec![Some(row.first_changed_at.to_rfc3339()), Some(row.lead_id.to_string())])
    };
    Ok(Page::cut(rows, limit, as_of, cursor).try_map(PendingLead::try_from)?)
}

/// Takes a lead out of the queue, for good, after its state of version `up_to_version` was synced, and returns whether it did: it
/// stays where it changed since, and may be out already. The connection must be of the system role, which alone may write.
///
/// # Errors
/// The database cannot be reached.
pub async fn mark_synced(
    connection: &mut PgConnection,
    tenant: TenantId,
    lead: LeadId,
    up_to_version: i64,
) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query(
        "with done as (
             delete from read_models.crm_sync_queue where tenant_id = $1 and lead_id = $2 and version <= $3
             returning tenant_id, lead_id, version
         )
         insert into crm_synced (tenant_id, lead_id, version) select tenant_id, lead_id, version from done
             on conflict (tenant_id, lead_id) do update set version = excluded.version, synced_at = now()",
    )
    .bind(tenant.0)
    .bind(lead.0)
    .bind(up_to_version)
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() > 0)
}
