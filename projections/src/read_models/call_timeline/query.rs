use chrono::{DateTime, Utc};
use seiketsu_domain::ids::{CallId, TenantId};
use seiketsu_domain::values::Timestamp;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::CallTimeline;
use crate::page::{Cursor, Page, QueryError, as_of, fingerprint, rows_for};

/// One thing that happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineEntry {
    /// When it happened.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The event's type, such as `call.connected`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence for people.
    pub title: String,
    /// The user or service that did it; absent where it came about by itself.
    pub actor: Option<Uuid>,
    /// Place in the one committed order of all events.
    pub position: i64,
    /// The event's data, where it is small; of a transcript only `firstIndex` and `segmentCount`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub data: Option<Box<RawValue>>,
}

#[derive(FromRow)]
struct Row {
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    r#type: String,
    title: String,
    actor: Option<Uuid>,
    position: i64,
    data: Option<String>,
}

impl TryFrom<Row> for TimelineEntry {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        Ok(Self {
            at: Timestamp::new(row.occurred_at),
            recorded_at: Timestamp::new(row.recorded_at),
            kind: row.r#type,
            title: row.title,
            actor: row.actor,
            position: row.position,
            data: row.data.map(RawValue::from_string).transpose()?,
        })
    }
}

/// One page of what happened in a call, from its beginning; empty where there is no such call.
///
/// # Errors
/// A cursor of another timeline, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    call: CallId,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<TimelineEntry>, QueryError> {
    let mark = fingerprint(&json!({ "list": "timeline", "call": call }));
    let after = cursor.map(|raw| Cursor::decode(raw, mark, 2)).transpose()?.unwrap_or(vec![None, None]);
    let as_of = as_of(&mut *read, &CallTimeline, tenant).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "select occurred_at, recorded_at, type, title, actor, position, data::text as data
           from read_models.call_timeline
          where tenant_id = $1 and call_id = $2
            and (occurred_at, position) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::bigint, 0))
          order by occurred_at, position limit $5",
    )
    .bind(tenant.0)
    .bind(call.0)
    .bind(&after[0])
    .bind(&after[1])
    .bind(rows_for(limit))
    .fetch_all(read)
    .await?;
    let cursor = |row: &Row| {
        Cursor::new(mark, vec![Some(row.occurred_at.to_rfc3339()), Some(row.position.to_string())])
    };
    Ok(Page::cut(rows, limit, as_of, cursor).try_map(TimelineEntry::try_from)?)
}
