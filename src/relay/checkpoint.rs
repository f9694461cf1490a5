//! The checkpoint, the last position of each Kafka partition, and what was set aside on the way move together:
//! whoever reads them sees a state in which everything up to the checkpoint is in Kafka or parked.

use std::collections::HashMap;

use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::dead_letter;
use sqlx::{PgConnection, PgPool};

use super::Failure;
use super::lease::ROW;

/// The name parked events are found under.
pub(super) const PARKED_UNDER: &str = "relay";

/// How far a stretch of events was brought.
#[derive(Default)]
pub(super) struct Progress<'a> {
    /// Everything up to here is acknowledged or set aside; 0 where nothing is.
    pub position: i64,
    /// Last acknowledged position per aggregate and partition number.
    pub partitions: HashMap<(&'a str, i16), i64>,
    /// Events that cannot be sent, with the reason; without one where they only follow such an event.
    pub set_aside: Vec<(&'a Envelope, Option<String>)>,
}

/// Moves the checkpoint forward, if the term `epoch` is still the present one and left it at `from`.
///
/// A crash of the database may forget the last moves, so the commit need not wait for the disk: a relay that finds
/// the checkpoint further back than it left it begins anew from there, as after an operator's rewind.
pub(super) async fn advance(
    pool: &PgPool,
    epoch: i64,
    from: i64,
    progress: &Progress<'_>,
) -> Result<(), Failure> {
    let mut transaction = pool.begin_with("BEGIN; SET LOCAL synchronous_commit = off").await?;
    move_position(&mut transaction, epoch, from, progress.position).await?;
    note_partitions(&mut transaction, &progress.partitions).await?;
    for (event, reason) in &progress.set_aside {
        dead_letter::park(&mut *transaction, PARKED_UNDER, event, reason.as_deref()).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn move_position(connection: &mut PgConnection, epoch: i64, from: i64, to: i64) -> Result<(), Failure> {
    let moved = sqlx::query(
        "update relay set position = $4, moved_at = now() where name = $1 and epoch = $2 and position = $3",
    )
    .bind(ROW)
    .bind(epoch)
    .bind(from)
    .bind(to)
    .execute(connection)
    .await?
    .rows_affected();
    if moved == 1 { Ok(()) } else { Err(Failure::Overtaken) }
}

async fn note_partitions(
    connection: &mut PgConnection,
    partitions: &HashMap<(&str, i16), i64>,
) -> Result<(), sqlx::Error> {
    let (names, positions): (Vec<String>, Vec<i64>) = partitions
        .iter()
        .map(|((aggregate, number), position)| (format!("{aggregate}/{number}"), position))
        .unzip();
    sqlx::query(
        "insert into relay_partitions as known (partition, position) select * from unnest($1::text[], $2::bigint[])
             on conflict (partition) do update set position = greatest(known.position, excluded.position)",
    )
    .bind(names)
    .bind(positions)
    .execute(connection)
    .await?;
    Ok(())
}
