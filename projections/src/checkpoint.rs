//! How far a projection has come.
//!
//! A checkpoint row moves by compare-and-set in the same transaction as the rows it stands for, and moves first, so
//! that a worker waits for another with nothing else locked. Each worker also holds the row `*` of its projections:
//! a worker that reads the store cannot move while one that reads Kafka has something open, nor the other way
//! round. A worker that was overtaken without noticing finds a row elsewhere than it left it, changes nothing, and
//! starts over from the table. So any number of workers, from whatever sources, apply an event once.
//!
//! Positions within a partition only grow, so redelivered events are recognised by comparison alone, and changing
//! the source needs no translation.

use std::collections::HashMap;

use seiketsu_domain::envelope::Envelope;
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::Projection;
use crate::source::{Reach, WHOLE_STORE};

/// The checkpoints of one projection, by source partition.
#[derive(Debug, Clone, Default)]
pub struct Checkpoints {
    positions: HashMap<String, i64>,
    /// See column `generation`.
    generation: i64,
    pub(crate) offsets: HashMap<String, i64>,
    /// Everything up to here is applied, whatever the partition.
    pub watermark: i64,
}

/// The worker no longer owns what it was about to write.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("another worker has moved this checkpoint")]
    Fenced,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Where a projection stands cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// What this code would add to the rows does not fit what is there.
    #[error("the rows of {0} were made by another version of it; run `seiketsu rebuild {0}`")]
    OtherVersion(&'static str),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The Kafka partition an event travels through, for a number of partitions per topic.
#[must_use]
pub fn partition_of(envelope: &Envelope, partitions: i16) -> String {
    format!("{}/{}", envelope.aggregate_type, envelope.slot % partitions.max(1))
}

#[derive(FromRow)]
struct Row {
    partition: String,
    position: i64,
    next_offset: Option<i64>,
    generation: i64,
}

impl Checkpoints {
    /// Reads where a projection stands; creates its first row where it never ran.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load(connection: &mut PgConnection, projection: &dyn Projection) -> Result<Self, LoadError> {
        begin_at_nothing(&mut *connection, projection).await?;
        let kept = Self::kept_under(connection, projection.name(), projection.version()).await?;
        kept.ok_or(LoadError::OtherVersion(projection.name()))
    }

    /// The rows kept under a name, a projection's or another, in one version; `None` where there are none.
    pub(crate) async fn kept_under(
        connection: &mut PgConnection,
        name: &str,
        version: i32,
    ) -> Result<Option<Self>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "select partition, position, next_offset, generation from projection_checkpoints
              where projection = $1 and version = $2",
        )
        .bind(name)
        .bind(version)
        .fetch_all(&mut *connection)
        .await?;
        let Some(whole_store) = rows.iter().find(|row| row.partition == WHOLE_STORE) else {
            return Ok(None);
        };
        let generation = whole_store.generation;
        let watermark = sqlx::query_scalar("select projection_watermark($1, $2)")
            .bind(name)
            .bind(version)
            .fetch_one(connection)
            .await?;
        let offsets = rows.iter().filter_map(|row| Some((row.partition.clone(), row.next_offset?))).collect();
        let positions = rows.into_iter().map(|row| (row.partition, row.position)).collect();
        Ok(Some(Self { positions, generation, offsets, watermark }))
    }

    /// Whether an event has not been applied yet.
    #[must_use]
    pub fn is_new(&self, envelope: &Envelope, partitions: i16) -> bool {
        if envelope.position <= self.position(WHOLE_STORE) {
            return false;
        }
        // Only installations that ever read from Kafka have other rows; spare the rest the formatting.
        self.positions.len() <= 1 || envelope.position > self.position(&partition_of(envelope, partitions))
    }

    /// Everything of a Kafka partition up to here is applied.
    #[must_use]
    pub fn applied(&self, partition: &str) -> i64 {
        self.position(partition).max(self.position(WHOLE_STORE))
    }

    pub(crate) fn generation(&self) -> i64 {
        self.generation
    }

    /// No partition has come further than this.
    pub(crate) fn highest(&self) -> i64 {
        self.positions.values().copied().max().unwrap_or(0)
    }

    /// Grows with every move of any Kafka partition.
    fn sum_of_partitions(&self) -> i64 {
        self.positions.values().sum::<i64>() - self.position(WHOLE_STORE)
    }

    fn position(&self, partition: &str) -> i64 {
        self.positions.get(partition).copied().unwrap_or(0)
    }

    fn has(&self, partition: &str) -> bool {
        self.positions.contains_key(partition)
    }

    /// Takes over what [`move_all`] has committed.
    pub fn moved(&mut self, reach: &[Reach]) {
        for reach in reach {
            let position = self.positions.entry(reach.partition.clone()).or_default();
            *position = reach.position.max(*position);
            if let Some(offset) = reach.next_offset {
                self.offsets.insert(reach.partition.clone(), offset);
            }
            if reach.partition == WHOLE_STORE {
                self.watermark = self.watermark.max(reach.position);
            }
        }
    }
}

/// The row of a projection that never ran, in whatever version.
async fn begin_at_nothing(
    connection: &mut PgConnection,
    projection: &dyn Projection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into projection_checkpoints (projection, version, partition)
         select $1, $2, $3 where not exists (select from projection_checkpoints where projection = $1)
             on conflict do nothing",
    )
    .bind(projection.name())
    .bind(projection.version())
    .bind(WHOLE_STORE)
    .execute(connection)
    .await?;
    Ok(())
}

async fn ensure(
    executor: impl PgExecutor<'_>,
    projection: &dyn Projection,
    partitions: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into projection_checkpoints (projection, version, partition)
         select $1, $2, unnest($3::text[]) on conflict do nothing",
    )
    .bind(projection.name())
    .bind(projection.version())
    .bind(partitions)
    .execute(executor)
    .await?;
    Ok(())
}

/// Moves the checkpoints of several projections to `reach`, each from where its worker believes it to be: one round
/// trip, except where a partition is new to a projection.
///
/// # Errors
/// [`MoveError::Fenced`] where any of them stands elsewhere; the caller must roll back.
pub async fn move_all(
    connection: &mut PgConnection,
    projections: &[(&dyn Projection, &Checkpoints)],
    reach: &[Reach],
) -> Result<(), MoveError> {
    let mut moves = Moves::default();
    for (projection, checkpoints) in projections {
        let fresh: Vec<String> =
            reach.iter().map(|r| r.partition.clone()).filter(|p| !checkpoints.has(p)).collect();
        if !fresh.is_empty() {
            ensure(&mut *connection, *projection, &fresh).await?;
        }
        for reach in reach {
            moves.add(*projection, checkpoints, reach);
        }
    }
    moves.make(connection, projections).await
}

/// Moves, one row of a checkpoint each, as columns.
#[derive(Default)]
struct Moves<'a> {
    names: Vec<&'static str>,
    versions: Vec<i32>,
    partitions: Vec<&'a str>,
    expected: Vec<i64>,
    next: Vec<i64>,
    offsets: Vec<Option<i64>>,
    /// Where the whole store moves: what the Kafka partitions must add up to, that is, not have moved.
    others: Vec<Option<i64>>,
}

impl<'a> Moves<'a> {
    fn add(&mut self, projection: &dyn Projection, checkpoints: &Checkpoints, reach: &'a Reach) {
        let position = checkpoints.position(&reach.partition);
        let whole_store = reach.partition == WHOLE_STORE;
        self.names.push(projection.name());
        self.versions.push(projection.version());
        self.partitions.push(&reach.partition);
        self.expected.push(position);
        self.next.push(reach.position.max(position));
        self.offsets.push(reach.next_offset);
        self.others.push(whole_store.then(|| checkpoints.sum_of_partitions()));
    }

    async fn make(
        self,
        connection: &mut PgConnection,
        projections: &[(&dyn Projection, &Checkpoints)],
    ) -> Result<(), MoveError> {
        let moved: bool =
            sqlx::query_scalar("select move_checkpoints($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
                .bind(projections.iter().map(|(projection, _)| projection.name()).collect::<Vec<_>>())
                .bind(projections.iter().map(|(projection, _)| projection.version()).collect::<Vec<_>>())
                .bind(projections.iter().map(|(_, at)| at.position(WHOLE_STORE)).collect::<Vec<_>>())
                .bind(projections.iter().map(|(_, at)| at.generation).collect::<Vec<_>>())
                .bind(self.names)
                .bind(self.versions)
                .bind(self.partitions)
                .bind(self.expected)
                .bind(self.next)
                .bind(self.offsets)
                .bind(self.others)
                .fetch_one(connection)
                .await?;
        if moved { Ok(()) } else { Err(MoveError::Fenced) }
    }
}
