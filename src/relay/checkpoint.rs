//! The checkpoint, the last position of each Kafka partition, and what was set aside on the way move together:
//! whoever reads them sees a state in which everything up to the checkpoint is in Kafka or parked.

use std::collections::HashMap;

use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::dead_letter;
use sqlx::{PgConnection, PgPool};

use super::lease::ROW;
use super::{Failure, NAME};

/// Positions between two times that rests are forgotten.
const FORGET_EVERY: i64 = 10_000;

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
    let highest = move_position(&mut transaction, epoch, from, progress.position).await?;
    if from / FORGET_EVERY < progress.position / FORGET_EVERY {
        forget_rests(&mut transaction).await?;
    }
    note_partitions(&mut transaction, &progress.partitions, highest).await?;
    for (event, reason) in &progress.set_aside {
        dead_letter::park(&mut *transaction, NAME, event, reason.as_deref()).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Returns the furthest the relay had ever come before.
async fn move_position(
    connection: &mut PgConnection,
    epoch: i64,
    from: i64,
    to: i64,
) -> Result<i64, Failure> {
    let highest = sqlx::query_scalar(
        "with before as (
             select name, greatest(position, highest) as highest
               from relay where name = $1 and epoch = $2 and position = $3 for update
         )
         update relay set position = $4, highest = greatest(before.highest, $4), moved_at = now()
           from before where relay.name = before.name
      returning before.highest",
    )
    .bind(ROW)
    .bind(epoch)
    .bind(from)
    .bind(to)
    .fetch_optional(connection)
    .await?;
    highest.ok_or(Failure::Overtaken)
}

/// Notes how far partitions reach, and, of those that have news, that they rested until now.
async fn note_partitions(
    connection: &mut PgConnection,
    partitions: &HashMap<(&str, i16), i64>,
    highest: i64,
) -> Result<(), sqlx::Error> {
    let (names, positions): (Vec<String>, Vec<i64>) = partitions
        .iter()
        .map(|((aggregate, number), position)| (format!("{aggregate}/{number}"), position))
        .unzip();
    sqlx::query(
        "with news as (
             select n.partition, n.position, coalesce(known.position, 0) as before
               from unnest($1::text[], $2::bigint[]) as n(partition, position)
               left join relay_partitions known using (partition)
         ), rested as (
             insert into relay_rests (partition, after, complete_to)
             select partition, before, $3 from news where before < least(position, $3)
                 on conflict do nothing
         )
         insert into relay_partitions as known (partition, position) select partition, position from news
             on conflict (partition) do update set position = greatest(known.position, excluded.position)",
    )
    .bind(names)
    .bind(positions)
    .bind(highest)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets rests in which no read model stands: one that comes to such a place later has shown less before. Those of the
/// running transaction must not be there yet: somebody may be coming to stand in them.
async fn forget_rests(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with fed_by_kafka as (
             select projection, version, max(position) filter (where partition = '*') as floor
               from projection_checkpoints group by projection, version having bool_or(partition <> '*')
         ), places as (
             select partition, greatest(floor, position) as place
               from (select distinct partition from relay_rests) known
              cross join fed_by_kafka left join projection_checkpoints using (projection, version, partition)
         )
         delete from relay_rests rest
          where not exists (select from places
                             where places.partition = rest.partition
                               and place between rest.after and rest.complete_to)",
    )
    .execute(connection)
    .await?;
    Ok(())
}
