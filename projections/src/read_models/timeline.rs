//! What timelines share: a table of entries, each with the one whose timeline it is in, read from the beginning.

use chrono::{DateTime, Utc};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Timestamp;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::page::{Cursor, Page, QueryError, as_of, fingerprint, rows_for};
use crate::{ApplyError, Projection};

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

/// An event's own data is shown up to this many bytes.
const SMALL: usize = 4096;

/// The data of an event, where it is small.
pub(super) fn small_data(fact: &Fact) -> Result<Option<String>, serde_json::Error> {
    Ok(Some(fact.to_payload()?).filter(|payload| payload.len() <= SMALL))
}

/// One event, told.
pub(super) struct Line<'a> {
    pub event: &'a Envelope,
    /// Whose timeline it is in; nobody's yet where absent.
    pub owner: Option<Uuid>,
    pub title: String,
    pub data: Option<String>,
}

impl Line<'_> {
    /// Who did it; nobody where the system did it by itself.
    fn actor(&self) -> Option<Uuid> {
        Some(self.event.metadata.actor).filter(|actor| !actor.is_nil())
    }
}

/// Where a timeline is kept.
pub(super) struct Timeline {
    pub table: &'static str,
    /// The column that says in whose timeline an entry is.
    pub owner: &'static str,
}

impl Timeline {
    pub async fn write(&self, rows: &mut PgConnection, lines: &[Line<'_>]) -> Result<(), ApplyError> {
        if lines.is_empty() {
            return Ok(());
        }
        let Self { table, owner } = self;
        sqlx::query(&format!(
            "insert into {table}
                    (tenant_id, {owner}, position, subject, type, title, actor, data, occurred_at, recorded_at)
             select tenant_id, owner, position, subject, type, title, actor, data::json, occurred_at, recorded_at
               from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::uuid[],
                           $8::text[], $9::timestamptz[], $10::timestamptz[])
                    as n(tenant_id, owner, position, subject, type, title, actor, data, occurred_at, recorded_at)"
        ))
        .bind(lines.iter().map(|line| line.event.tenant.0).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.owner).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.event.position).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.event.aggregate_id).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.event.event_type.as_str()).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.title.as_str()).collect::<Vec<_>>())
        .bind(lines.iter().map(Line::actor).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.data.as_deref()).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.event.occurred_at.get()).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.event.recorded_at.get()).collect::<Vec<_>>())
        .execute(rows)
        .await?;
        Ok(())
    }

    /// One page of somebody's timeline as `projection` keeps it, from the beginning.
    pub async fn page(
        &self,
        read: &mut PgConnection,
        projection: &dyn Projection,
        (tenant, owner): (TenantId, Uuid),
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<TimelineEntry>, QueryError> {
        let mark = fingerprint(&json!({ "list": self.table, "of": owner }));
        let after = cursor.map(|raw| Cursor::decode(raw, mark, 2)).transpose()?.unwrap_or(vec![None, None]);
        let as_of = as_of(&mut *read, projection, tenant).await?;
        let rows: Vec<Row> = sqlx::query_as(&self.select())
            .bind(tenant.0)
            .bind(owner)
            .bind(&after[0])
            .bind(&after[1])
            .bind(rows_for(limit))
            .fetch_all(read)
            .await?;
        Ok(Page::cut(rows, limit, as_of, |row| row.cursor(mark)).try_map(TimelineEntry::try_from)?)
    }

    fn select(&self) -> String {
        let Self { table, owner } = self;
        format!(
            "select occurred_at, recorded_at, type, title, actor, position, data::text as data
               from read_models.{table}
              where tenant_id = $1 and {owner} = $2
                and (occurred_at, position) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::bigint, 0))
              order by occurred_at, position limit $5"
        )
    }
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

impl Row {
    fn cursor(&self, mark: u64) -> Cursor {
        Cursor::new(mark, vec![Some(self.occurred_at.to_rfc3339()), Some(self.position.to_string())])
    }
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
