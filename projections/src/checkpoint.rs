//! How far a projection has come.
//!
//! A checkpoint row moves by compare-and-set in the same transaction as the rows it stands for. A worker that was
//! replaced without noticing finds the row elsewhere than it left it, changes nothing, and starts over from the
//! table. Positions within a partition only grow, so redelivered events are recognised by comparison alone, and
//! changing the source needs no translation.

use std::collections::HashMap;

use seiketsu_domain::envelope::Envelope;
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::Projection;
use crate::source::{Reach, WHOLE_STORE};

/// The checkpoints of one projection, by source partition.
#[derive(Debug, Clone, Default)]
pub struct Checkpoints {
    positions: HashMap<String, i64>,
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
}

impl Checkpoints {
    /// Reads where a projection stands; creates its first row where it never ran.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn load(
        connection: &mut PgConnection,
        projection: &dyn Projection,
    ) -> Result<Self, sqlx::Error> {
        ensure(&mut *connection, projection, &[WHOLE_STORE.to_owned()]).await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select partition, position, next_offset from projection_checkpoints
              where projection = $1 and version = $2",
        )
        .bind(projection.name())
        .bind(projection.version())
        .fetch_all(&mut *connection)
        .await?;
        let watermark = sqlx::query_scalar("select projection_watermark($1, $2)")
            .bind(projection.name())
            .bind(projection.version())
            .fetch_one(&mut *connection)
            .await?;
        let offsets = rows.iter().filter_map(|row| Some((row.partition.clone(), row.next_offset?))).collect();
        let positions = rows.into_iter().map(|row| (row.partition, row.position)).collect();
        Ok(Self { positions, offsets, watermark })
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

/// Moves the checkpoints of several projections to `reach`, each from where its worker believes it to be.
///
/// # Errors
/// [`MoveError::Fenced`] where any of them stands elsewhere; the caller must roll back.
pub async fn move_all(
    connection: &mut PgConnection,
    projections: &[(&dyn Projection, &Checkpoints)],
    reach: &[Reach],
) -> Result<(), MoveError> {
    let mut names = Vec::new();
    let mut versions = Vec::new();
    let mut partitions = Vec::new();
    let mut expected = Vec::new();
    let mut next = Vec::new();
    let mut offsets = Vec::new();
    for (projection, checkpoints) in projections {
        let fresh: Vec<String> =
            reach.iter().map(|r| r.partition.clone()).filter(|p| !checkpoints.has(p)).collect();
        if !fresh.is_empty() {
            ensure(&mut *connection, *projection, &fresh).await?;
        }
        for reach in reach {
            names.push(projection.name());
            versions.push(projection.version());
            partitions.push(reach.partition.as_str());
            expected.push(checkpoints.position(&reach.partition));
            next.push(reach.position.max(checkpoints.position(&reach.partition)));
            offsets.push(reach.next_offset);
        }
    }
    let moved = sqlx::query(
        "update projection_checkpoints c
            set position = n.next, next_offset = coalesce(n.next_offset, c.next_offset), moved_at = now()
           from unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
                as n(projection, version, partition, expected, next, next_offset)
          where c.projection = n.projection and c.version = n.version and c.partition = n.partition
            and c.position = n.expected",
    )
    .bind(&names)
    .bind(&versions)
    .bind(&partitions)
    .bind(&expected)
    .bind(&next)
    .bind(&offsets)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if moved == names.len() as u64 { Ok(()) } else { Err(MoveError::Fenced) }
}
