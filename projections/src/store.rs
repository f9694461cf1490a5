use chrono::{DateTime, Utc};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::{Envelope, Metadata};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Timestamp;
use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

use crate::deadline::in_time;

/// The columns of an [`EnvelopeRow`], in `events`.
pub const ENVELOPE_COLUMNS: &str = "position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, \
     event_type, event_version, payload::text as payload, metadata::text as metadata, occurred_at, recorded_at";

/// One row of `events`.
#[derive(Debug, FromRow)]
pub struct EnvelopeRow {
    position: i64,
    tenant_id: Uuid,
    aggregate_type: String,
    aggregate_id: Uuid,
    sequence: i64,
    slot: i16,
    event_id: Uuid,
    event_type: String,
    event_version: i32,
    payload: String,
    metadata: String,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

impl From<EnvelopeRow> for Envelope {
    fn from(row: EnvelopeRow) -> Self {
        let fact = Fact::from_stored(&row.aggregate_type, &row.event_type, row.event_version, &row.payload);
        Self {
            position: row.position,
            tenant: TenantId(row.tenant_id),
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
            sequence: row.sequence,
            skipped_before: 0,
            slot: row.slot,
            event_id: row.event_id,
            event_type: row.event_type,
            event_version: row.event_version,
            occurred_at: Timestamp::new(row.occurred_at),
            recorded_at: Timestamp::new(row.recorded_at),
            metadata: serde_json::from_str(&row.metadata).unwrap_or_else(|_| Metadata::unknown()),
            payload: row.payload,
            fact,
        }
    }
}

/// All events after a position in committed order, at most `limit`.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_after(
    executor: impl PgExecutor<'_>,
    position: i64,
    limit: i64,
) -> Result<Vec<Envelope>, sqlx::Error> {
    let select =
        format!("select {ENVELOPE_COLUMNS} from events where position > $1 order by position limit $2");
    let reading = sqlx::query_as(&select).bind(position).bind(limit).fetch_all(executor);
    let rows: Vec<EnvelopeRow> = in_time(reading).await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}

/// Events of some aggregates after a position and up to another one, at most `limit`.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_between(
    executor: impl PgExecutor<'_>,
    aggregates: &[&str],
    after: i64,
    up_to: i64,
    limit: i64,
) -> Result<Vec<Envelope>, sqlx::Error> {
    let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
        "select {ENVELOPE_COLUMNS} from events
          where position > $1 and position <= $2 and aggregate_type = any ($3) order by position limit $4"
    ))
    .bind(after)
    .bind(up_to)
    .bind(aggregates)
    .bind(limit)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}

/// The streams whose aggregate ids lie after one id and up to another; unbounded where absent.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    pub after: Option<Uuid>,
    pub up_to: Option<Uuid>,
}

/// The events of some aggregates and streams up to a position: stream by stream, each in order.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_of_streams(
    executor: impl PgExecutor<'_>,
    aggregates: &[&str],
    streams: Streams,
    position: i64,
) -> Result<Vec<Envelope>, sqlx::Error> {
    let after = if streams.after.is_some() { "aggregate_id > $3" } else { "$3 is null" };
    let up_to = if streams.up_to.is_some() { "aggregate_id <= $4" } else { "$4 is null" };
    let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
        "select {ENVELOPE_COLUMNS} from events
          where aggregate_type = any ($1) and position <= $2 and {after} and {up_to}
          order by aggregate_id, tenant_id, aggregate_type, sequence"
    ))
    .bind(aggregates)
    .bind(position)
    .bind(streams.after)
    .bind(streams.up_to)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}

/// All events of some streams of one aggregate type, of whatever tenant, each stream in order.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_of_aggregates(
    executor: impl PgExecutor<'_>,
    aggregate: &str,
    ids: &[Uuid],
) -> Result<Vec<Envelope>, sqlx::Error> {
    let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
        "select {ENVELOPE_COLUMNS} from events where aggregate_id = any ($1) and aggregate_type = $2
          order by aggregate_id, tenant_id, sequence"
    ))
    .bind(ids)
    .bind(aggregate)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}

/// The aggregate id that so many events lie before, counted in order of ids from another one; `None` where fewer do.
///
/// # Errors
/// The database cannot be reached.
pub async fn aggregate_ahead(
    executor: impl PgExecutor<'_>,
    after: Option<Uuid>,
    events: i64,
) -> Result<Option<Uuid>, sqlx::Error> {
    let beyond = if after.is_some() { "aggregate_id > $1" } else { "$1 is null" };
    sqlx::query_scalar(&format!(
        "select aggregate_id from events where {beyond} order by aggregate_id offset $2 limit 1"
    ))
    .bind(after)
    .bind(events)
    .fetch_optional(executor)
    .await
}

/// How many events of some aggregates there are up to a position.
///
/// # Errors
/// The database cannot be reached.
pub async fn count_up_to(
    executor: impl PgExecutor<'_>,
    aggregates: &[&str],
    position: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from events where aggregate_type = any ($1) and position <= $2")
        .bind(aggregates)
        .bind(position)
        .fetch_one(executor)
        .await
}

/// The events at some positions, in order.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_at(
    executor: impl PgExecutor<'_>,
    positions: &[i64],
) -> Result<Vec<Envelope>, sqlx::Error> {
    let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
        "select {ENVELOPE_COLUMNS} from events where position = any ($1) order by position"
    ))
    .bind(positions)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}

/// The events of one Kafka partition that lie strictly between two positions, at most `limit`.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_of_partition(
    executor: impl PgExecutor<'_>,
    (aggregate, number, partitions): (&str, i16, i16),
    after: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<Envelope>, sqlx::Error> {
    let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
        "select {ENVELOPE_COLUMNS} from events
          where position > $1 and position < $2 and aggregate_type = $3 and slot % $4 = $5
          order by position limit $6"
    ))
    .bind(after)
    .bind(before)
    .bind(aggregate)
    .bind(partitions)
    .bind(number)
    .bind(limit)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}

/// The position of the last committed event; 0 in an empty store.
///
/// # Errors
/// The database cannot be reached.
pub async fn head(executor: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select coalesce(max(position), 0) from events").fetch_one(executor).await
}
