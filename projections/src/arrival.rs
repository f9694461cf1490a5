//! Waiting until a read model has arrived at a position, so that a client can read what it wrote.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::watch;

use crate::Projection;

/// How far the projections of this process have come. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Arrivals {
    positions: Arc<RwLock<HashMap<&'static str, i64>>>,
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

/// How often other processes' progress is looked up while waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Arrivals {
    /// Notes that a projection has applied everything up to `position`.
    pub fn arrived(&self, projection: &'static str, position: i64) {
        let mut positions = self.positions.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        positions.insert(projection, position);
        drop(positions);
        self.moved.send_replace(());
    }

    /// How far a projection of this process is; `None` where it runs elsewhere.
    #[must_use]
    pub fn position(&self, projection: &str) -> Option<i64> {
        self.positions.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(projection).copied()
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
        loop {
            if self.position(projection.name()).is_some_and(|at| at >= awaited.position)
                || (self.position(projection.name()).is_none_or(|_| awaited.partition.is_some())
                    && has_arrived(pool, projection, awaited).await?)
            {
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            // Progress in this process wakes us; progress elsewhere is looked up.
            drop(tokio::time::timeout(left.min(LOOK_AGAIN), moved.changed()).await);
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
