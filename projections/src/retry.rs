//! Applies parked events once the reason they were parked for is gone: code was mended, or a row.
//!
//! Stream by stream, in order, each in one transaction, while live workers wait; they learn from the checkpoint's
//! generation that fewer streams are parked. What fails again is parked again, with the new reason.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool};

use crate::dead_letter::{self, StreamKey};
use crate::driven::{Driven, News};
use crate::driver::begin;
use crate::projection::{ApplyError, Projection};
use crate::source::WHOLE_STORE;

/// What a retry did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retried {
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
        let mut transaction = begin(pool).await?;
        hold_workers(&mut transaction, projection.as_ref()).await?;
        let once_more = apply_again(&mut transaction, projection, &stream).await?;
        transaction.commit().await?;
        retried.parked += once_more.parked;
        retried.applied += once_more.applied;
    }
    Ok(retried)
}

async fn apply_again(
    rows: &mut PgConnection,
    projection: &Arc<dyn Projection>,
    stream: &StreamKey,
) -> Result<Retried, ApplyError> {
    let events = dead_letter::release(&mut *rows, projection.name(), stream).await?;
    let fresh: Vec<_> = events.into_iter().map(Arc::new).collect();
    let mut driven = Driven::new(Arc::clone(projection), projection.name().to_owned());
    let news = News { fresh, held_back: Vec::new() };
    let parked = driven.apply_or_park(rows, &news).await?;
    Ok(Retried { applied: news.fresh.len() - parked, parked })
}

/// Every worker of the projection holds this row while it applies; afterwards it finds the generation raised.
async fn hold_workers(
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
