use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use seiketsu_domain::ids::TenantId;
use seiketsu_proof::{Checkpoint, LoggedEvent, Signer, TileId};
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::publish::Publisher;
use super::tables::{self, Growing, StoredTile};
use crate::clock;
use crate::hint::Hint;

/// Most events between two checkpoints.
const MOST_EVENTS: i64 = 1000;
/// Longest time between an event and its checkpoint, where the log is not behind.
const EVERY: Duration = Duration::from_secs(1);

/// Appends events to the trees of their tenants and signs checkpoints. Any number of processes may have one.
pub struct Keeper {
    pool: PgPool,
    name: String,
    signer: Signer,
    hint: watch::Receiver<i64>,
    publisher: Option<Publisher>,
}

/// What a round did.
struct Round {
    events: usize,
    position: i64,
    tenants: Vec<TenantId>,
}

/// A tree after a round.
struct Grown {
    tenant: TenantId,
    size: i64,
    position: i64,
    note: String,
}

impl Keeper {
    /// A keeper over `pool` (the system role); `name` begins the origin of its checkpoints.
    #[must_use]
    pub fn new(pool: PgPool, name: &str, signer: Signer, hint: &Hint, publisher: Option<Publisher>) -> Self {
        Self { pool, name: name.to_owned(), signer, hint: hint.subscribe(), publisher }
    }

    /// Runs until `stop`; survives every failure by doing the round again.
    pub async fn run(mut self, stop: CancellationToken) {
        self.publish(None).await;
        while !stop.is_cancelled() {
            let began = Instant::now();
            let position = match self.round().await {
                Ok(Some(round)) => {
                    self.publish(Some(&round.tenants)).await;
                    if round.events as i64 == MOST_EVENTS {
                        continue;
                    }
                    round.position
                }
                Ok(None) => i64::MAX - MOST_EVENTS,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the audit log stays behind");
                    i64::MAX - MOST_EVENTS
                }
            };
            tokio::select! {
                () = self.rest(began + EVERY, position + MOST_EVENTS) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Until `time`, or until there is reason to sign earlier.
    async fn rest(&mut self, time: Instant, enough: i64) {
        let news = self.hint.wait_for(|committed| *committed >= enough);
        let closed = matches!(tokio::time::timeout_at(time, news).await, Ok(Err(_)));
        if closed {
            tokio::time::sleep_until(time).await;
        }
    }

    /// Appends what is next, in one transaction. Nothing where another process is at it.
    ///
    /// # Errors
    /// The database cannot be reached, or what is stored of the log is damaged; nothing was written.
    async fn round(&self) -> Result<Option<Round>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let held: Option<i64> =
            sqlx::query_scalar("select position from audit_progress for update skip locked")
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(from) = held else { return Ok(None) };
        let events = tables::events_after(&mut *transaction, from, MOST_EVENTS).await?;
        let Some(position) = events.last().map(|last| last.position) else {
            return Ok(Some(Round { events: 0, position: from, tenants: Vec::new() }));
        };
        let count = events.len();
        let (tiles, grown) = self.grow(&mut transaction, events).await?;
        tables::write_tiles(&mut transaction, &tiles).await?;
        self.write_trees(&mut transaction, &grown, (from, position)).await?;
        transaction.commit().await?;
        metrics::gauge!("audit_log_position").set(position as f64);
        let tenants = grown.into_iter().map(|tree| tree.tenant).collect();
        Ok(Some(Round { events: count, position, tenants }))
    }

    /// The tiles that change, and the trees with their checkpoints.
    async fn grow(
        &self,
        connection: &mut PgConnection,
        events: Vec<LoggedEvent>,
    ) -> Result<(Vec<StoredTile>, Vec<Grown>), sqlx::Error> {
        let mut by_tenant: BTreeMap<Uuid, Vec<LoggedEvent>> = BTreeMap::new();
        for event in events {
            by_tenant.entry(event.tenant_id).or_default().push(event);
        }
        let tenants: Vec<TenantId> = by_tenant.keys().copied().map(TenantId).collect();
        let mut trees = tables::trees(connection, &tenants).await?;
        let (mut tiles, mut grown) = (Vec::new(), Vec::new());
        for (tenant, events) in by_tenant {
            let tenant = TenantId(tenant);
            let mut growing = trees.remove(&tenant).unwrap_or_default();
            tiles.extend(append(tenant, &mut growing, &events));
            let position = events.last().map_or(0, |last| last.position);
            grown.push(self.sign(tenant, &growing, position));
        }
        Ok((tiles, grown))
    }

    fn sign(&self, tenant: TenantId, growing: &Growing, position: i64) -> Grown {
        let checkpoint = Checkpoint {
            origin: format!("{}/{tenant}", self.name),
            size: growing.tree.size(),
            root: growing.tree.root(),
            extensions: vec![format!("position {position}"), format!("time {}", clock::now())],
        };
        let (size, note) = (checkpoint.size.cast_signed(), self.signer.sign(&checkpoint));
        Grown { tenant, size, position, note }
    }

    /// Trees, checkpoints and progress; fails where the log is not where this round found it.
    async fn write_trees(
        &self,
        connection: &mut PgConnection,
        grown: &[Grown],
        (from, to): (i64, i64),
    ) -> Result<(), sqlx::Error> {
        let now: DateTime<Utc> = clock::now().get();
        let moved = sqlx::query(
            "with grown as materialized (
                 select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[]) as g (tenant_id, size, position, note)
             ), trees as (
                 insert into audit_trees (tenant_id, size, position) select tenant_id, size, position from grown
                 on conflict (tenant_id) do update set size = excluded.size, position = excluded.position
             ), signed as (
                 insert into audit_checkpoints (tenant_id, size, position, note, public_key, signed_at)
                 select tenant_id, size, position, note, $5, $6 from grown
             )
             update audit_progress set position = $8 where position = $7",
        )
        .bind(grown.iter().map(|tree| tree.tenant.0).collect::<Vec<_>>())
        .bind(grown.iter().map(|tree| tree.size).collect::<Vec<_>>())
        .bind(grown.iter().map(|tree| tree.position).collect::<Vec<_>>())
        .bind(grown.iter().map(|tree| tree.note.as_str()).collect::<Vec<_>>())
        .bind(self.signer.verifier().to_string())
        .bind(now)
        .bind(from)
        .bind(to)
        .execute(connection)
        .await?;
        if moved.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
    }

    async fn publish(&mut self, tenants: Option<&[TenantId]>) {
        let Some(publisher) = &mut self.publisher else { return };
        if let Err(error) = publisher.publish(&self.pool, tenants).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "checkpoints are not published; they are with the next ones");
        }
    }
}

/// Lets a tree grow by these events; returns the tiles that are not as they were.
fn append(tenant: TenantId, growing: &mut Growing, events: &[LoggedEvent]) -> Vec<StoredTile> {
    let mut changed = Vec::new();
    let mut levels = HashSet::from([0]);
    let Growing { tree, positions } = growing;
    for event in events {
        positions.push(event.position);
        tree.push(event.leaf_hash(), |tile| {
            levels.insert(tile.id.level + 1);
            let positions = if tile.id.level == 0 { std::mem::take(positions) } else { Vec::new() };
            changed.push(StoredTile { tenant, tile, positions });
        });
    }
    for tile in tree.edge().filter(|tile| levels.contains(&tile.id.level)) {
        let TileId { level, .. } = tile.id;
        let positions = if level == 0 { positions.clone() } else { Vec::new() };
        changed.push(StoredTile { tenant, tile, positions });
    }
    changed
}
