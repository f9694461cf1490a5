//! Waiting until a read model has arrived at a position, so that a client can read what it wrote.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::watch;

use crate::Projection;
use crate::source::WHOLE_STORE;

/// How far the projections of this process have come. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Arrivals {
    positions: Arc<RwLock<HashMap<(&'static str, String), i64>>>,
    moved: watch::Sender<()>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { positions: Arc::default(), moved: watch::channel(()).0 }
    }
}

/// The place a reader waits for: the position of an event, and the Kafka partition it travels through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    pub position: i64,
    /// `<aggregate>/<n>`; without it the whole store up to `position` is awaited.
    pub partition: Option<String>,
}

/// How often other processes' progress is looked up while waiting: less often the longer it takes.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOOK_AGAIN_AT_LEAST: Duration = Duration::from_millis(50);

impl Arrivals {
    /// Notes that a projection of this process has applied everything of a source partition up to `position`.
    pub fn arrived(&self, projection: &'static str, partition: &str, position: i64) {
        let mut positions = self.positions.write().unwrap_or_else(PoisonError::into_inner);
        positions.insert((projection, partition.to_owned()), position);
        drop(positions);
        self.moved.send_replace(());
    }

    /// Up to where a projection has applied the whole store, as far as this process knows; `None` where it runs
    /// elsewhere.
    #[must_use]
    pub fn position(&self, projection: &'static str) -> Option<i64> {
        self.known(projection, WHOLE_STORE)
    }

    fn known(&self, projection: &'static str, partition: &str) -> Option<i64> {
        let positions = self.positions.read().unwrap_or_else(PoisonError::into_inner);
        positions.get(&(projection, partition.to_owned())).copied()
    }

    fn is_known(&self, projection: &'static str, awaited: &Awaited) -> bool {
        let partitions = [Some(WHOLE_STORE), awaited.partition.as_deref()];
        partitions
            .into_iter()
            .flatten()
            .any(|partition| self.known(projection, partition).is_some_and(|at| at >= awaited.position))
    }

    /// Waits until `projection` has applied what is awaited, at most `patience`. Returns whether it has.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn wait(
        &self,
        pool: &PgPool,
        projection: &dyn Projection,
        awaited: &Awaited,
        patience: Duration,
    ) -> Result<bool, sqlx::Error> {
        let deadline = Instant::now() + patience;
        let mut moved = self.moved.subscribe();
        // Where the projection runs in this process, it will tell; the table is asked only when that takes long.
        let mut look_again =
            if self.position(projection.name()).is_some() { LOOK_AGAIN } else { Duration::ZERO };
        loop {
            let look_at = Instant::now() + look_again;
            if self.hears_of(projection.name(), awaited, &mut moved, look_at.min(deadline)).await
                || has_arrived(pool, projection, awaited).await?
            {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            look_again = (look_again * 2).clamp(LOOK_AGAIN, LOOK_AGAIN_AT_LEAST);
        }
    }

    /// Waits for progress of this process until `time`.
    async fn hears_of(
        &self,
        projection: &'static str,
        awaited: &Awaited,
        moved: &mut watch::Receiver<()>,
        time: Instant,
    ) -> bool {
        loop {
            if self.is_known(projection, awaited) {
                return true;
            }
            if tokio::time::timeout_at(time.into(), moved.changed()).await.is_err() {
                return false;
            }
        }
    }
}

async fn has_arrived(
    pool: &PgPool,
    projection: &dyn Projection,
    awaited: &Awaited,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select coalesce((select max(position) from projection_checkpoints
                           where projection = $1 and version = $2 and partition in ('*', $4)), 0) >= $3
             or projection_watermark($1, $2) >= $3",
    )
    .bind(projection.name())
    .bind(projection.version())
    .bind(awaited.position)
    .bind(awaited.partition.as_deref())
    .fetch_one(pool)
    .await
}
