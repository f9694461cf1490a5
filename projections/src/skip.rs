//! Going on without an event that can never be applied.
//!
//! What was skipped is kept for good, with who did it, when and why. The stream's next event then follows the one
//! before (`Envelope::skipped_before`), live and in every rebuild; and what waited behind the event is applied.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use seiketsu_domain::envelope::Envelope;
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::dead_letter::StreamKey;
use crate::driver::begin;
use crate::projection::{ApplyError, Projection};
use crate::retry::{Retried, hold_workers, retry_stream};

/// The sequences a projection goes without, by stream.
#[derive(Debug, Default)]
pub(crate) struct Skips(HashMap<StreamKey, BTreeSet<i64>>);

impl Skips {
    /// Those of a projection.
    pub async fn of(executor: impl PgExecutor<'_>, projection: &str) -> Result<Self, sqlx::Error> {
        let rows: Vec<(Uuid, String, Uuid, i64)> = sqlx::query_as(
            "select tenant_id, aggregate_type, aggregate_id, sequence from skipped_events where projection = $1",
        )
        .bind(projection)
        .fetch_all(executor)
        .await?;
        let mut skips = Self::default();
        for (tenant, kind, id, sequence) in rows {
            skips.0.entry(StreamKey::new(tenant, kind, id)).or_default().insert(sequence);
        }
        Ok(skips)
    }

    /// The event as the projection is to see it; `None` where it goes without.
    pub fn seen(&self, event: &Arc<Envelope>) -> Option<Arc<Envelope>> {
        let Some(skipped) = self.of_stream(event) else { return Some(Arc::clone(event)) };
        if skipped.contains(&event.sequence) {
            return None;
        }
        let before = (1..event.sequence).rev().take_while(|sequence| skipped.contains(sequence)).count();
        if before == 0 {
            return Some(Arc::clone(event));
        }
        Some(Arc::new(event.behind_skipped(i64::try_from(before).unwrap_or(i64::MAX))))
    }

    fn of_stream(&self, event: &Envelope) -> Option<&BTreeSet<i64>> {
        if self.0.is_empty() { None } else { self.0.get(&StreamKey::of(event)) }
    }
}

/// An event that was skipped.
#[derive(Debug, Clone, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkippedEvent {
    pub projection: String,
    pub position: i64,
    pub tenant_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    pub sequence: i64,
    pub event_type: String,
    /// Why it could not be applied.
    pub error: String,
    /// Why it was skipped.
    pub reason: String,
    /// `user:<id>`, or `cli:<login>` for somebody at the machine.
    pub skipped_by: String,
    pub skipped_at: DateTime<Utc>,
}

/// What was skipped, of one projection or of all, the latest first, at most `limit`.
///
/// # Errors
/// The database cannot be reached.
pub async fn skipped(
    executor: impl PgExecutor<'_>,
    projection: Option<&str>,
    limit: i64,
) -> Result<Vec<SkippedEvent>, sqlx::Error> {
    sqlx::query_as(
        "select projection, position, tenant_id, aggregate_type, aggregate_id, sequence, event_type, error, reason,
                skipped_by, skipped_at
           from skipped_events where $1::text is null or projection = $1
          order by skipped_at desc, position desc limit $2",
    )
    .bind(projection)
    .bind(limit)
    .fetch_all(executor)
    .await
}

/// Why an event was not skipped; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum SkipError {
    #[error("no event is parked at this position")]
    NotParked,
    /// Only what could not be applied may be skipped: what waits behind it may be fine.
    #[error("the event at this position only waits behind the one at position {0}, which failed")]
    OnlyWaits(i64),
    #[error(transparent)]
    Failed(#[from] ApplyError),
}

impl From<sqlx::Error> for SkipError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Skips the parked event at `position`, the first of its stream, and applies what waits behind it, up to the next that
/// fails. Live workers wait meanwhile.
///
/// # Errors
/// See [`SkipError`].
pub async fn skip(
    pool: &PgPool,
    projection: &Arc<dyn Projection>,
    position: i64,
    (reason, by): (&str, &str),
) -> Result<Retried, SkipError> {
    let mut transaction = begin(pool).await?;
    hold_workers(&mut transaction, projection.as_ref()).await?;
    let stream = record(&mut transaction, projection.name(), position, (reason, by)).await?;
    let retried = retry_stream(&mut transaction, projection, &stream).await?;
    // Unlike what workers write, this cannot be had again from the store: it waits for the disk.
    sqlx::query("set local synchronous_commit = on").execute(&mut *transaction).await?;
    transaction.commit().await?;
    tracing::warn!(projection = projection.name(), position, reason, by, "event skipped");
    Ok(retried)
}

/// Takes the parked event at `position`, the first of its stream, out of what is parked under a name and keeps it as
/// skipped, in the caller's transaction; returns its stream.
///
/// # Errors
/// See [`SkipError`].
pub async fn record(
    transaction: &mut PgConnection,
    name: &str,
    position: i64,
    (reason, by): (&str, &str),
) -> Result<StreamKey, SkipError> {
    let stream = failed_at(&mut *transaction, name, position).await?;
    sqlx::query(
        "with failed as (delete from dead_letters where projection = $1 and position = $2 returning *)
         insert into skipped_events (projection, position, tenant_id, aggregate_type, aggregate_id, sequence, event_type,
                                     error, reason, skipped_by)
         select projection, position, tenant_id, aggregate_type, aggregate_id, sequence, event_type,
                coalesce(error, ''), $3, $4
           from failed",
    )
    .bind(name)
    .bind(position)
    .bind(reason)
    .bind(by)
    .execute(transaction)
    .await?;
    Ok(stream)
}

/// The stream of a parked event that is the first of it.
async fn failed_at(
    transaction: &mut PgConnection,
    projection: &str,
    position: i64,
) -> Result<StreamKey, SkipError> {
    let found: Option<(Uuid, String, Uuid, i64)> = sqlx::query_as(
        "select d.tenant_id, d.aggregate_type, d.aggregate_id,
                (select min(f.position) from dead_letters f
                  where f.projection = d.projection and f.tenant_id = d.tenant_id
                    and f.aggregate_type = d.aggregate_type and f.aggregate_id = d.aggregate_id)
           from dead_letters d where d.projection = $1 and d.position = $2",
    )
    .bind(projection)
    .bind(position)
    .fetch_optional(transaction)
    .await?;
    match found {
        None => Err(SkipError::NotParked),
        Some((.., first)) if first < position => Err(SkipError::OnlyWaits(first)),
        Some((tenant, kind, id, _)) => Ok(StreamKey::new(tenant, kind, id)),
    }
}
