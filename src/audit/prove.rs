use std::collections::HashMap;

use chrono::{DateTime, Utc};
use seiketsu_domain::ids::TenantId;
use seiketsu_proof::{Evidence, FORMAT, Grown, MissingTile, Plan, ProvenEvent};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::tables;

/// A signed note as stored.
#[derive(Debug, Clone, FromRow)]
pub struct StoredCheckpoint {
    pub size: i64,
    /// Of the last event it covers.
    pub position: i64,
    pub note: String,
    pub public_key: String,
    pub signed_at: DateTime<Utc>,
}

/// An event, by where it is in the feed or by its stream and id: ids alone are not indexed.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    At(i64),
    Of { subject: Uuid, event: Uuid },
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum NotProven {
    #[error("there is no such event")]
    NoEvent,
    /// The log has not come to it, which takes a second; or nobody keeps one.
    #[error("the event is not in the log yet")]
    NotYet,
    #[error("no checkpoint was signed at this size")]
    NoCheckpoint,
    #[error("the checkpoint is older than the event")]
    TooEarly,
    /// What is stored of the log has a hole.
    #[error(transparent)]
    Damaged(#[from] MissingTile),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The checkpoints of a tenant, the latest first, at most `limit` of those smaller than `below`.
///
/// # Errors
/// The database cannot be reached.
pub async fn checkpoints(
    read: &mut PgConnection,
    tenant: TenantId,
    below: i64,
    limit: i64,
) -> Result<Vec<StoredCheckpoint>, sqlx::Error> {
    sqlx::query_as(
        "select size, position, note, public_key, signed_at from audit_checkpoints
          where tenant_id = $1 and size < $2 order by size desc limit $3",
    )
    .bind(tenant.0)
    .bind(below)
    .bind(limit)
    .fetch_all(read)
    .await
}

/// Proves that an event is in the log, against the checkpoint of this size or the latest.
///
/// # Errors
/// See [`NotProven`].
pub async fn inclusion(
    read: &mut PgConnection,
    tenant: TenantId,
    which: Which,
    size: Option<i64>,
) -> Result<Evidence, NotProven> {
    let event = match which {
        Which::At(position) => {
            let next = tables::events_of(&mut *read, tenant, position.saturating_sub(1), 1).await?;
            next.into_iter().next().filter(|event| event.position == position)
        }
        Which::Of { subject, event } => tables::event_of_stream(&mut *read, tenant, subject, event).await?,
    };
    let event = event.ok_or(NotProven::NoEvent)?;
    let leaf_index = leaf_of(read, tenant, event.position).await?.ok_or(NotProven::NotYet)?;
    let checkpoint = checkpoint(read, tenant, size).await?;
    let plan = Plan::inclusion(leaf_index, checkpoint.size.cast_unsigned()).ok_or(NotProven::TooEarly)?;
    let proof = hashes(read, tenant, &plan).await?;
    let events = vec![ProvenEvent { event, leaf_index, proof }];
    Ok(evidence(checkpoint, events, None))
}

/// Proves that the log of one size grew from that of another.
///
/// # Errors
/// See [`NotProven`]; [`NotProven::TooEarly`] where it would have shrunk.
pub async fn growth(
    read: &mut PgConnection,
    tenant: TenantId,
    from: i64,
    to: Option<i64>,
) -> Result<Evidence, NotProven> {
    let earlier = checkpoint(read, tenant, Some(from)).await?;
    let later = checkpoint(read, tenant, to).await?;
    let plan = Plan::consistency(earlier.size.cast_unsigned(), later.size.cast_unsigned());
    let proof = hashes(read, tenant, &plan.ok_or(NotProven::TooEarly)?).await?;
    Ok(evidence(later, Vec::new(), Some(Grown { checkpoint: earlier.note, proof })))
}

fn evidence(checkpoint: StoredCheckpoint, events: Vec<ProvenEvent>, grown_from: Option<Grown>) -> Evidence {
    let StoredCheckpoint { note, public_key, .. } = checkpoint;
    Evidence { format: FORMAT.to_owned(), checkpoint: note, public_key, events, grown_from }
}

async fn checkpoint(
    read: &mut PgConnection,
    tenant: TenantId,
    size: Option<i64>,
) -> Result<StoredCheckpoint, NotProven> {
    let below = size.map_or(i64::MAX, |size| size.saturating_add(1));
    let found = checkpoints(read, tenant, below, 1).await?.into_iter().next();
    found.filter(|found| size.is_none_or(|size| found.size == size)).ok_or(NotProven::NoCheckpoint)
}

/// Which leaf the event at a position is.
async fn leaf_of(
    read: &mut PgConnection,
    tenant: TenantId,
    position: i64,
) -> Result<Option<u64>, sqlx::Error> {
    let Some(stored) = tables::leaf_tile_at(read, tenant, position).await? else { return Ok(None) };
    let within = stored.positions.binary_search(&position).ok();
    let first = stored.tile.id.index * seiketsu_proof::TILE as u64;
    Ok(within.map(|within| first + within as u64))
}

async fn hashes(
    read: &mut PgConnection,
    tenant: TenantId,
    plan: &Plan,
) -> Result<Vec<seiketsu_proof::Hash>, NotProven> {
    let wanted: Vec<_> = plan.tiles().into_iter().map(|id| (tenant, id)).collect();
    let stored = tables::tiles(read, &wanted).await?;
    let tiles: HashMap<_, _> = stored.into_iter().map(|one| (one.tile.id, one.tile.hashes)).collect();
    Ok(plan.hashes(&tiles)?)
}
