//! Parked events. When an event cannot be applied, it and every later event of its stream wait here in order, so
//! that one bad stream neither stops the others nor is applied with a hole in it.

use std::collections::HashSet;

use seiketsu_domain::envelope::Envelope;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store;

/// Names a stream: tenant, aggregate type, aggregate id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamKey(Uuid, String, Uuid);

impl StreamKey {
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
