//! Builds a read model anew from the store, beside the one in use, and swaps the two.
//!
//! The same projection code fills tables of the same names in schema `rebuild_<name>`, found by search path. At the
//! end the live projection's checkpoint is locked, the last events are applied, and the tables change places in one
//! transaction. Readers see the old rows until then and the new ones after; live workers find their checkpoint
//! moved and continue from it. Nothing outside the tables happens: projections have no effects.
//!
//! An event that cannot be applied is parked with its stream, as it is live; the swap replaces what was parked.

/// Shadow tables: made like the live ones, and put in their place.
mod tables;

use std::sync::Arc;

use sqlx::{Connection, PgConnection, PgPool};

use crate::driven::Driven;
use crate::projection::{ApplyError, Projection};
use crate::source::{Batch, WHOLE_STORE};
use crate::store;

/// Events per transaction of a rebuild.
const BATCH: i64 = 5000;
/// How often the swap is tried. It gives way to readers after two seconds, so that none queues behind it for longer.
const SWAPS: usize = 30;

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events read.
    pub events: u64,
    /// The position the new tables stand at.
    pub position: i64,
    /// Events that could not be applied, or follow one that could not.
    pub parked: i64,
}

/// Why the live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("this read model is being rebuilt already")]
    Running,
    #[error(transparent)]
    Failed(#[from] ApplyError),
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Rebuilds `projection` while it goes on working. `progress` hears position and goal. The login of `pool` owns the
/// tables; rows are read and written as `seiketsu_system`.
///
/// # Errors
/// See [`RebuildError`]; the live tables are untouched then.
pub async fn rebuild(
    pool: &PgPool,
    projection: Arc<dyn Projection>,
    mut progress: impl FnMut(i64, i64),
) -> Result<Rebuilt, RebuildError> {
    let mut connection = pool.acquire().await?.detach();
    let schema = format!("rebuild_{}", projection.name());
    if !tables::claim(&mut connection, &schema).await? {
        return Err(RebuildError::Running);
    }
    let mut rebuild = Rebuild::of(projection, schema);
    rebuild.start(&mut connection).await?;
    loop {
        let goal = store::head(&mut connection).await?;
        let before = rebuild.events;
        while rebuild.position < goal {
            rebuild.catch_up(&mut connection, goal).await?;
            progress(rebuild.position, goal);
        }
        // What comes after this is little enough for live workers to wait for.
        if rebuild.events - before < BATCH as u64 {
            break;
        }
    }
    let rebuilt = rebuild.swap(&mut connection).await?;
    connection.close().await?;
    Ok(rebuilt)
}

struct Rebuild {
    driven: Driven,
    schema: String,
    events: u64,
    position: i64,
}

impl Rebuild {
    fn of(projection: Arc<dyn Projection>, schema: String) -> Self {
        Self { driven: Driven::new(projection, schema.clone()), schema, events: 0, position: 0 }
    }

    async fn start(&mut self, connection: &mut PgConnection) -> Result<(), ApplyError> {
        tables::create(&mut *connection, &self.schema, self.driven.projection.tables()).await?;
        sqlx::query("delete from dead_letters where projection = $1")
            .bind(&self.schema)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn catch_up(&mut self, connection: &mut PgConnection, goal: i64) -> Result<(), ApplyError> {
        let begin = format!(
            "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL search_path = {}, public",
            self.schema
        );
        let mut transaction = connection.begin_with(begin).await?;
        self.step(&mut transaction, goal).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Applies the next batch, at most up to `goal`, to the shadow tables.
    async fn step(&mut self, transaction: &mut PgConnection, goal: i64) -> Result<(), ApplyError> {
        let wanted = self.driven.projection.aggregates();
        let events = store::events_between(&mut *transaction, wanted, self.position, goal, BATCH).await?;
        let reached = if events.len() as i64 == BATCH {
            events.last().map_or(goal, |last| last.position)
        } else {
            goal
        };
        self.events += events.len() as u64;
        let batch = Batch { events: events.into_iter().map(Arc::new).collect(), reach: Vec::new() };
        self.apply(transaction, &batch).await?;
        self.position = reached;
        Ok(())
    }

    async fn apply(&mut self, transaction: &mut PgConnection, batch: &Batch) -> Result<(), ApplyError> {
        // Nothing was applied to the shadow tables from Kafka, so its partitions play no part.
        let news = self.driven.news(batch, 1);
        let mut savepoint = transaction.begin().await?;
        match self.driven.apply(&mut savepoint, &news).await {
            Ok(()) => Ok(savepoint.commit().await?),
            Err(error) if error.is_transient() => Err(error),
            Err(_) => {
                savepoint.rollback().await?;
                self.driven.apply_or_park(transaction, &news).await.map(drop)
            }
        }
    }

    async fn swap(mut self, connection: &mut PgConnection) -> Result<Rebuilt, ApplyError> {
        let (events, position) = (self.events, self.position);
        let mut attempts = 1;
        loop {
            match self.try_swap(&mut *connection).await {
                Err(error) if error.is_transient() && attempts < SWAPS => attempts += 1,
                outcome => return outcome,
            }
            (self.events, self.position) = (events, position);
        }
    }

    /// Holds the live checkpoint, applies what came meanwhile, and exchanges the tables.
    async fn try_swap(&mut self, connection: &mut PgConnection) -> Result<Rebuilt, ApplyError> {
        let begin =
            format!("BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL search_path = {}, public", self.schema);
        let mut transaction = connection.begin_with(begin).await?;
        // An attempt before this one may have parked more, and was undone.
        self.driven.load_parked(&mut transaction).await?;
        hold_checkpoint(&mut transaction, self.driven.projection.as_ref()).await?;
        let goal = store::head(&mut *transaction).await?;
        while self.position < goal {
            self.step(&mut transaction, goal).await?;
        }
        let parked = self.take_over(&mut transaction).await?;
        tables::exchange(&mut transaction, &self.schema, self.driven.projection.tables()).await?;
        transaction.commit().await?;
        Ok(Rebuilt { events: self.events, position: self.position, parked })
    }

    /// The live projection goes on from here, with what the rebuild parked; returns how much that is.
    async fn take_over(&self, transaction: &mut PgConnection) -> Result<i64, sqlx::Error> {
        let (name, version) = (self.driven.projection.name(), self.driven.projection.version());
        // Kafka's partitions keep their rows, and with them their offsets: none is beyond the whole store.
        sqlx::query("delete from projection_checkpoints where projection = $1 and version <> $2")
            .bind(name)
            .bind(version)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(&format!(
            "update projection_checkpoints set position = $3, moved_at = now(), generation = generation + 1
              where projection = $1 and version = $2 and partition = '{WHOLE_STORE}'"
        ))
        .bind(name)
        .bind(version)
        .bind(self.position)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("delete from dead_letters where projection = $1")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        let parked = sqlx::query("update dead_letters set projection = $1 where projection = $2")
            .bind(name)
            .bind(&self.schema)
            .execute(transaction)
            .await?;
        Ok(i64::try_from(parked.rows_affected()).unwrap_or(i64::MAX))
    }
}

/// Every worker of the projection holds or moves this row first, whatever its source, and waits here with nothing
/// else locked. The row exists even where the projection never ran.
async fn hold_checkpoint(
    transaction: &mut PgConnection,
    projection: &dyn Projection,
) -> Result<(), sqlx::Error> {
    sqlx::query(&format!(
        "insert into projection_checkpoints (projection, version, partition) values ($1, $2, '{WHOLE_STORE}')
             on conflict do nothing"
    ))
    .bind(projection.name())
    .bind(projection.version())
    .execute(&mut *transaction)
    .await?;
    sqlx::query(&format!(
        "select from projection_checkpoints where projection = $1 and partition = '{WHOLE_STORE}'
          order by version for update"
    ))
    .bind(projection.name())
    .execute(transaction)
    .await?;
    Ok(())
}
