//! Applies parked events once the reason they were parked for is gone: code was mended, or a row.
//!
//! Stream by stream, in order, each in one transaction, while live workers wait; they learn from the checkpoint's
//! generation that fewer streams are parked. What fails again is parked again, with the new reason, and so is what waits
//! behind it.

use std::sync::Arc;

use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use crate::dead_letter::{self, StreamKey};
use crate::driven::Driven;
use crate::driver::begin;
use crate::projection::{ApplyError, Projection};
use crate::source::WHOLE_STORE;

/// What a retry did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retried {
    /// Events applied.
    pub applied: usize,
    /// Events that are parked again.
    pub parked: usize,
}

/// Tries all parked events of a projection again.
///
/// # Errors
/// The database cannot be reached; streams dealt with before stay so.
pub async fn retry(pool: &PgPool, projection: &Arc<dyn Projection>) -> Result<Retried, ApplyError> {
    let mut retried = Retried::default();
    for stream in dead_letter::parked_streams(pool, projection.name()).await? {
        let once_more = retry_alone(pool, projection, &stream).await?;
        retried.parked += once_more.parked;
        retried.applied += once_more.applied;
    }
    Ok(retried)
}

/// Tries the stream again that has an event parked at `position`; `None` where none has.
///
/// # Errors
/// The database cannot be reached; nothing has changed then.
pub async fn retry_at(
    pool: &PgPool,
    projection: &Arc<dyn Projection>,
    position: i64,
) -> Result<Option<Retried>, ApplyError> {
    match dead_letter::stream_with(pool, projection.name(), position).await? {
        Some(stream) => retry_alone(pool, projection, &stream).await.map(Some),
        None => Ok(None),
    }
}

async fn retry_alone(
    pool: &PgPool,
    projection: &Arc<dyn Projection>,
    stream: &StreamKey,
) -> Result<Retried, ApplyError> {
    let mut transaction = begin(pool).await?;
    hold_workers(&mut transaction, projection.as_ref()).await?;
    let retried = retry_stream(&mut transaction, projection, stream).await?;
    transaction.commit().await?;
    Ok(retried)
}

/// Tries a stream again in the caller's transaction, which holds the workers.
pub(crate) async fn retry_stream(
    rows: &mut PgConnection,
    projection: &Arc<dyn Projection>,
    stream: &StreamKey,
) -> Result<Retried, ApplyError> {
    let events = dead_letter::release(&mut *rows, projection.name(), stream).await?;
    let mut driven = Driven::new(Arc::clone(projection), projection.name().to_owned());
    driven.load_skips(&mut *rows).await?;
    let news = driven.unparked(events);
    let parked = driven.apply_or_park(rows, &news).await?;
    Ok(Retried { applied: news.fresh.len() - parked, parked })
}

/// Every worker of the projection holds this row while it applies; afterwards it finds the generation raised.
pub(crate) async fn hold_workers(
    transaction: &mut PgConnection,
    projection: &dyn Projection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update projection_checkpoints set generation = generation + 1 where projection = $1 and partition = $2",
    )
    .bind(projection.name())
    .bind(WHOLE_STORE)
    .execute(transaction)
    .await?;
    Ok(())
}
