use std::collections::HashMap;

use chrono::{DateTime, Utc};
use seiketsu_domain::ids::TenantId;
use seiketsu_proof::{Hash, LoggedEvent, Tile, TileId, Tree};
use sqlx::{FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

const COLUMNS: &str = "position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type, \
     event_version, payload::text as payload, metadata::text as metadata, occurred_at, recorded_at";

#[derive(FromRow)]
struct EventRow {
    position: i64,
    tenant_id: Uuid,
    aggregate_type: String,
    aggregate_id: Uuid,
    sequence: i64,
    slot: i16,
    event_id: Uuid,
    event_type: String,
    event_version: i32,
    payload: String,
    metadata: String,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

impl From<EventRow> for LoggedEvent {
    fn from(row: EventRow) -> Self {
        Self {
            position: row.position,
            tenant_id: row.tenant_id,
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
            sequence: row.sequence,
            slot: row.slot,
            event_id: row.event_id,
            event_type: row.event_type,
            event_version: row.event_version,
            payload: row.payload,
            metadata: row.metadata,
            occurred_at_micros: row.occurred_at.timestamp_micros(),
            recorded_at_micros: row.recorded_at.timestamp_micros(),
        }
    }
}

/// Events of all tenants after a position, in order, at most `limit`.
pub(super) async fn events_after(
    executor: impl PgExecutor<'_>,
    position: i64,
    limit: i64,
) -> Result<Vec<LoggedEvent>, sqlx::Error> {
    let select = format!("select {COLUMNS} from events where position > $1 order by position limit $2");
    let rows: Vec<EventRow> = sqlx::query_as(&select).bind(position).bind(limit).fetch_all(executor).await?;
    Ok(rows.into_iter().map(LoggedEvent::from).collect())
}

/// Events of one tenant after a position, in order, at most `limit`.
pub(super) async fn events_of(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    position: i64,
    limit: i64,
) -> Result<Vec<LoggedEvent>, sqlx::Error> {
    let select = format!(
        "select {COLUMNS} from events where tenant_id = $1 and position > $2 order by position limit $3"
    );
    let rows: Vec<EventRow> =
        sqlx::query_as(&select).bind(tenant.0).bind(position).bind(limit).fetch_all(executor).await?;
    Ok(rows.into_iter().map(LoggedEvent::from).collect())
}

/// The event of a stream with this id.
pub(super) async fn event_of_stream(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    aggregate: Uuid,
    event: Uuid,
) -> Result<Option<LoggedEvent>, sqlx::Error> {
    let select = format!(
        "select {COLUMNS} from events where tenant_id = $1 and aggregate_id = $2 and event_id = $3 limit 1"
    );
    let row: Option<EventRow> =
        sqlx::query_as(&select).bind(tenant.0).bind(aggregate).bind(event).fetch_optional(executor).await?;
    Ok(row.map(LoggedEvent::from))
}

/// A tile as stored.
pub(super) struct StoredTile {
    pub tenant: TenantId,
    pub tile: Tile,
    /// Of the leaves; nothing above level 0.
    pub positions: Vec<i64>,
}

#[derive(FromRow)]
struct TileRow {
    tenant_id: Uuid,
    level: i16,
    tile: i64,
    hashes: Vec<u8>,
    positions: Vec<u8>,
}

impl TryFrom<TileRow> for StoredTile {
    type Error = sqlx::Error;

    fn try_from(row: TileRow) -> Result<Self, sqlx::Error> {
        let damaged = || {
            let what = format!("tile {} of level {} of {} is damaged", row.tile, row.level, row.tenant_id);
            sqlx::Error::Decode(what.into())
        };
        let level = u8::try_from(row.level).map_err(|_| damaged())?;
        let index = u64::try_from(row.tile).map_err(|_| damaged())?;
        let hashes = Hash::list(&row.hashes).map_err(|_| damaged())?;
        let positions: Result<Vec<i64>, _> =
            row.positions.chunks(8).map(|bytes| bytes.try_into().map(i64::from_be_bytes)).collect();
        let positions = positions.map_err(|_| damaged())?;
        if level == 0 && positions.len() != hashes.len() {
            return Err(damaged());
        }
        Ok(Self {
            tenant: TenantId(row.tenant_id),
            tile: Tile { id: TileId { level, index }, hashes },
            positions,
        })
    }
}

/// These tiles, as far as they exist.
pub(super) async fn tiles(
    executor: impl PgExecutor<'_>,
    wanted: &[(TenantId, TileId)],
) -> Result<Vec<StoredTile>, sqlx::Error> {
    let tenants: Vec<Uuid> = wanted.iter().map(|(tenant, _)| tenant.0).collect();
    let levels: Vec<i16> = wanted.iter().map(|(_, id)| i16::from(id.level)).collect();
    let indexes: Vec<i64> = wanted.iter().map(|(_, id)| id.index.cast_signed()).collect();
    let rows: Vec<TileRow> = sqlx::query_as(
        "select t.tenant_id, t.level, t.tile, t.hashes, t.positions
           from unnest($1::uuid[], $2::smallint[], $3::bigint[]) as w (tenant_id, level, tile)
          cross join lateral (
                select * from audit_tiles
                 where tenant_id = w.tenant_id and level = w.level and tile = w.tile limit 1) as t",
    )
    .bind(tenants)
    .bind(levels)
    .bind(indexes)
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(StoredTile::try_from).collect()
}

/// The leaves of a tenant from a tile on, at most `limit` tiles.
pub(super) async fn leaf_tiles(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    from: u64,
    limit: i64,
) -> Result<Vec<StoredTile>, sqlx::Error> {
    let rows: Vec<TileRow> = sqlx::query_as(
        "select tenant_id, level, tile, hashes, positions from audit_tiles
          where tenant_id = $1 and level = 0 and tile >= $2 order by tile limit $3",
    )
    .bind(tenant.0)
    .bind(from.cast_signed())
    .bind(limit)
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(StoredTile::try_from).collect()
}

/// All tiles of a tenant above the leaves.
pub(super) async fn upper_tiles(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
) -> Result<Vec<StoredTile>, sqlx::Error> {
    let rows: Vec<TileRow> = sqlx::query_as(
        "select tenant_id, level, tile, hashes, positions from audit_tiles
          where tenant_id = $1 and level > 0 order by level, tile",
    )
    .bind(tenant.0)
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(StoredTile::try_from).collect()
}

/// The leaf tile the event at a position would be in.
pub(super) async fn leaf_tile_at(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    position: i64,
) -> Result<Option<StoredTile>, sqlx::Error> {
    let row: Option<TileRow> = sqlx::query_as(
        "select tenant_id, level, tile, hashes, positions from audit_tiles
          where tenant_id = $1 and level = 0 and first_position <= $2
          order by first_position desc limit 1",
    )
    .bind(tenant.0)
    .bind(position)
    .fetch_optional(executor)
    .await?;
    row.map(StoredTile::try_from).transpose()
}

/// Writes tiles, in place of their shorter selves.
pub(super) async fn write_tiles(
    connection: &mut PgConnection,
    tiles: &[StoredTile],
) -> Result<(), sqlx::Error> {
    let bytes = |positions: &[i64]| positions.iter().flat_map(|position| position.to_be_bytes()).collect();
    sqlx::query(
        "insert into audit_tiles (tenant_id, level, tile, hashes, positions, first_position)
         select * from unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bigint[])
         on conflict (tenant_id, level, tile) do update set hashes = excluded.hashes, positions = excluded.positions",
    )
    .bind(tiles.iter().map(|tile| tile.tenant.0).collect::<Vec<_>>())
    .bind(tiles.iter().map(|tile| i16::from(tile.tile.id.level)).collect::<Vec<_>>())
    .bind(tiles.iter().map(|tile| tile.tile.id.index.cast_signed()).collect::<Vec<_>>())
    .bind(tiles.iter().map(|tile| Hash::concat(&tile.tile.hashes)).collect::<Vec<_>>())
    .bind(tiles.iter().map(|tile| bytes(&tile.positions)).collect::<Vec<Vec<u8>>>())
    .bind(tiles.iter().map(|tile| tile.positions.first().copied()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// A tree as it can go on, and the positions in its last leaf tile.
#[derive(Default)]
pub(super) struct Growing {
    pub tree: Tree,
    pub positions: Vec<i64>,
}

/// The trees of these tenants; those that have none yet are left out.
pub(super) async fn trees(
    connection: &mut PgConnection,
    tenants: &[TenantId],
) -> Result<HashMap<TenantId, Growing>, sqlx::Error> {
    let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.0).collect();
    let sizes: Vec<(Uuid, i64)> =
        sqlx::query_as("select tenant_id, size from audit_trees where tenant_id = any ($1)")
            .bind(ids)
            .fetch_all(&mut *connection)
            .await?;
    let size_of: HashMap<TenantId, u64> =
        sizes.into_iter().map(|(tenant, size)| (TenantId(tenant), size.cast_unsigned())).collect();
    let edges =
        size_of.iter().flat_map(|(tenant, size)| Tree::edge_of(*size).into_iter().map(|id| (*tenant, id)));
    let wanted: Vec<_> = edges.collect();
    let mut edge_of: HashMap<TenantId, Vec<StoredTile>> = HashMap::new();
    for stored in tiles(connection, &wanted).await? {
        edge_of.entry(stored.tenant).or_default().push(stored);
    }
    let resumed = size_of.into_iter().map(|(tenant, size)| {
        let edge = edge_of.remove(&tenant).unwrap_or_default();
        let positions = edge.iter().flat_map(|stored| stored.positions.iter().copied()).collect();
        let tree = Tree::resume(size, edge.into_iter().map(|stored| stored.tile).collect());
        let damaged = || sqlx::Error::Decode(format!("the last tiles of {tenant} are damaged").into());
        Ok((tenant, Growing { tree: tree.ok_or_else(damaged)?, positions }))
    });
    resumed.collect()
}
