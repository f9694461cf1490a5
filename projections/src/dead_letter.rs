//! Parked events. When an event cannot be applied, it and every later event of its stream wait here in order, so
//! that one bad stream neither stops the others nor is applied with a hole in it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use seiketsu_domain::envelope::Envelope;
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::store;

/// Names a stream: tenant, aggregate type, aggregate id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamKey(Uuid, String, Uuid);

impl StreamKey {
    pub(crate) fn new(tenant: Uuid, aggregate_type: String, aggregate_id: Uuid) -> Self {
        Self(tenant, aggregate_type, aggregate_id)
    }

    #[must_use]
    pub fn of(event: &Envelope) -> Self {
        Self(event.tenant.0, event.aggregate_type.clone(), event.aggregate_id)
    }
}

/// The streams a projection has parked.
///
/// # Errors
/// The database cannot be reached.
pub async fn parked_streams(
    executor: impl PgExecutor<'_>,
    projection: &str,
) -> Result<HashSet<StreamKey>, sqlx::Error> {
    let streams: Vec<(Uuid, String, Uuid)> = sqlx::query_as(
        "select distinct tenant_id, aggregate_type, aggregate_id from dead_letters where projection = $1",
    )
    .bind(projection)
    .fetch_all(executor)
    .await?;
    Ok(streams.into_iter().map(|(tenant, kind, id)| StreamKey(tenant, kind, id)).collect())
}

/// A stream that is parked: the event that failed, and how many wait with it.
#[derive(Debug, Clone, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParkedStream {
    /// The read model, or `relay`.
    pub projection: String,
    pub tenant_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    /// Of the event that failed.
    pub position: i64,
    pub sequence: i64,
    pub event_type: String,
    pub error: String,
    pub parked_at: DateTime<Utc>,
    /// Events parked, the failed one included.
    pub events: i64,
}

/// The parked streams of all projections or of one, the longest parked first, at most `limit`. What belongs to tables
/// that are not live is left out.
///
/// # Errors
/// The database cannot be reached.
pub async fn list(
    executor: impl PgExecutor<'_>,
    projection: Option<&str>,
    limit: i64,
) -> Result<Vec<ParkedStream>, sqlx::Error> {
    sqlx::query_as(
        "select * from (
             select distinct on (projection, tenant_id, aggregate_type, aggregate_id)
                    projection, tenant_id, aggregate_type, aggregate_id, position, sequence, event_type,
                    coalesce(error, '') as error, parked_at,
                    count(*) over (partition by projection, tenant_id, aggregate_type, aggregate_id) as events
               from dead_letters
              where case when $1::text is null then projection !~ '^(rebuild|retired)_' else projection = $1 end
              order by projection, tenant_id, aggregate_type, aggregate_id, position) as first
          order by parked_at, position limit $2",
    )
    .bind(projection)
    .bind(limit)
    .fetch_all(executor)
    .await
}

/// An event that is parked.
#[derive(Debug, Clone, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParkedEvent {
    pub position: i64,
    pub sequence: i64,
    pub event_type: String,
    /// Why it could not be applied; absent where it only waits behind one that failed.
    pub error: Option<String>,
    pub parked_at: DateTime<Utc>,
}

/// The parked events, in order, of the stream that has one parked at `position`; none where nothing is.
///
/// # Errors
/// The database cannot be reached.
pub async fn events_with(
    executor: impl PgExecutor<'_>,
    projection: &str,
    position: i64,
) -> Result<Vec<ParkedEvent>, sqlx::Error> {
    sqlx::query_as(
        "select e.position, e.sequence, e.event_type, e.error, e.parked_at
           from dead_letters one join dead_letters e using (projection, tenant_id, aggregate_type, aggregate_id)
          where one.projection = $1 and one.position = $2 order by e.position",
    )
    .bind(projection)
    .bind(position)
    .fetch_all(executor)
    .await
}

/// The stream that has an event parked at `position`.
pub(crate) async fn stream_with(
    executor: impl PgExecutor<'_>,
    projection: &str,
    position: i64,
) -> Result<Option<StreamKey>, sqlx::Error> {
    let found: Option<(Uuid, String, Uuid)> = sqlx::query_as(
        "select tenant_id, aggregate_type, aggregate_id from dead_letters where projection = $1 and position = $2",
    )
    .bind(projection)
    .bind(position)
    .fetch_optional(executor)
    .await?;
    Ok(found.map(|(tenant, kind, id)| StreamKey(tenant, kind, id)))
}

/// Parks an event: with the reason it failed, or without one where it only waits behind a failed event.
///
/// # Errors
/// The database cannot be reached.
pub async fn park(
    executor: impl PgExecutor<'_>,
    projection: &str,
    event: &Envelope,
    error: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into dead_letters
                (projection, position, tenant_id, aggregate_type, aggregate_id, sequence, event_type, error)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(projection)
    .bind(event.position)
    .bind(event.tenant.0)
    .bind(&event.aggregate_type)
    .bind(event.aggregate_id)
    .bind(event.sequence)
    .bind(&event.event_type)
    .bind(error)
    .execute(executor)
    .await?;
    Ok(())
}

/// Takes the events of a stream out, in order, for whoever applies or parks them now.
///
/// # Errors
/// The database cannot be reached.
pub async fn release(
    connection: &mut PgConnection,
    projection: &str,
    StreamKey(tenant, kind, id): &StreamKey,
) -> Result<Vec<Envelope>, sqlx::Error> {
    let positions: Vec<i64> = sqlx::query_scalar(
        "delete from dead_letters
          where projection = $1 and tenant_id = $2 and aggregate_type = $3 and aggregate_id = $4
      returning position",
    )
    .bind(projection)
    .bind(tenant)
    .bind(kind)
    .bind(id)
    .fetch_all(&mut *connection)
    .await?;
    store::events_at(connection, &positions).await
}

/// The streams parked under a name of which somebody asked that they be tried again.
///
/// # Errors
/// The database cannot be reached.
pub async fn asked_streams(
    executor: impl PgExecutor<'_>,
    projection: &str,
) -> Result<Vec<StreamKey>, sqlx::Error> {
    let streams: Vec<(Uuid, String, Uuid)> = sqlx::query_as(
        "select distinct tenant_id, aggregate_type, aggregate_id from dead_letters
          where projection = $1 and asked_at is not null",
    )
    .bind(projection)
    .fetch_all(executor)
    .await?;
    Ok(streams.into_iter().map(|(tenant, kind, id)| StreamKey(tenant, kind, id)).collect())
}

/// The position of the first event of a stream that is parked under a name.
///
/// # Errors
/// The database cannot be reached.
pub async fn first_of(
    executor: impl PgExecutor<'_>,
    projection: &str,
    StreamKey(tenant, kind, id): &StreamKey,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "select min(position) from dead_letters
          where projection = $1 and tenant_id = $2 and aggregate_type = $3 and aggregate_id = $4",
    )
    .bind(projection)
    .bind(tenant)
    .bind(kind)
    .bind(id)
    .fetch_one(executor)
    .await
}

/// The events of a stream that are parked under a name, in order; they stay.
///
/// # Errors
/// The database cannot be reached.
pub async fn waiting(
    pool: &PgPool,
    projection: &str,
    StreamKey(tenant, kind, id): &StreamKey,
) -> Result<Vec<Envelope>, sqlx::Error> {
    let positions: Vec<i64> = sqlx::query_scalar(
        "select position from dead_letters
          where projection = $1 and tenant_id = $2 and aggregate_type = $3 and aggregate_id = $4",
    )
    .bind(projection)
    .bind(tenant)
    .bind(kind)
    .bind(id)
    .fetch_all(pool)
    .await?;
    store::events_at(pool, &positions).await
}

/// Takes the events out that were dealt with, and notes which one of its stream failed again, and why; nobody asks for
/// the rest any more.
///
/// # Errors
/// The database cannot be reached.
pub async fn settle(
    connection: &mut PgConnection,
    projection: &str,
    StreamKey(tenant, kind, id): &StreamKey,
    dealt_with: &[i64],
    failed: Option<(i64, &str)>,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from dead_letters where projection = $1 and position = any ($2)")
        .bind(projection)
        .bind(dealt_with)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "update dead_letters set asked_at = null, error = case when position = $5 then $6 end
          where projection = $1 and tenant_id = $2 and aggregate_type = $3 and aggregate_id = $4",
    )
    .bind(projection)
    .bind(tenant)
    .bind(kind)
    .bind(id)
    .bind(failed.map(|(position, _)| position))
    .bind(failed.map(|(_, reason)| reason))
    .execute(connection)
    .await?;
    Ok(())
}
