use std::collections::HashMap;

use seiketsu_domain::ids::TenantId;
use seiketsu_proof::{Hash, LoggedEvent, Tile, TileId, Tree};
use sqlx::PgPool;

use super::Fault;
use super::signed::Signed;
use crate::audit::tables;

/// Events and leaf tiles per read.
const EVENTS: i64 = 5000;
const TILES: i64 = 64;
/// Differences that are named; the rest are counted.
const NAMED: usize = 20;

/// Leaves and events of a tenant, walked side by side; two trees grow on the way, one of what the log says and one of
/// what the events are, so that signed roots tell which of the two is true.
pub(super) struct Walk {
    tenant: TenantId,
    signed: Signed,
    leaves: Tree,
    events: Tree,
    /// Up to which sizes the trees were found to be as signed.
    leaves_true_to: u64,
    events_true_to: u64,
    /// Signed at these sizes, and not what the leaves say.
    untrue: Vec<(u64, &'static str)>,
    upper: HashMap<TileId, Vec<Hash>>,
    differences: Vec<Difference>,
    further: u64,
    damaged: Option<String>,
    pub waiting: u64,
}

/// Where the two differ; `leaf` is how many leaves lie before.
enum Difference {
    Altered { event: LoggedEvent, leaf: u64 },
    Missing { position: i64, leaf: u64 },
    Added { event: LoggedEvent, leaf: u64 },
}

impl Walk {
    /// Reads everything of a tenant; `progress` is how far the log claims to have come.
    pub async fn through(
        pool: &PgPool,
        tenant: TenantId,
        progress: i64,
        signed: Signed,
    ) -> Result<Self, sqlx::Error> {
        let mut walk = Self::new(tenant, signed);
        let mut events = Events { pool, tenant, read_to: 0, read: Vec::new().into_iter() };
        let mut next = events.next().await?;
        let mut tile = 0;
        while walk.damaged.is_none() {
            let leaves = walk.leaf_tiles(pool, tile).await?;
            if leaves.is_empty() {
                break;
            }
            for (position, hash) in leaves {
                while let Some(event) = next.take_if(|event| event.position < position) {
                    walk.added(event);
                    next = events.next().await?;
                }
                match next.take_if(|event| event.position == position) {
                    Some(event) => {
                        walk.both(event, hash);
                        next = events.next().await?;
                    }
                    None => walk.missing(position, hash),
                }
            }
            tile = walk.leaves.size() / seiketsu_proof::TILE as u64;
            if !walk.leaves.size().is_multiple_of(seiketsu_proof::TILE as u64) {
                break;
            }
        }
        // Where leaves could not be read, nothing can be said about the events behind them.
        while let Some(event) = next.take_if(|_| walk.damaged.is_none()) {
            if event.position <= progress {
                walk.added(event)
            } else {
                walk.waiting += 1
            }
            next = events.next().await?;
        }
        Ok(walk)
    }

    fn new(tenant: TenantId, signed: Signed) -> Self {
        Self {
            tenant,
            signed,
            leaves: Tree::default(),
            events: Tree::default(),
            leaves_true_to: 0,
            events_true_to: 0,
            untrue: Vec::new(),
            upper: HashMap::new(),
            differences: Vec::new(),
            further: 0,
            damaged: None,
            waiting: 0,
        }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.leaves.size()
    }

    /// The leaves of the next tiles; what does not read is noted, and ends the walk.
    async fn leaf_tiles(&mut self, pool: &PgPool, from: u64) -> Result<Vec<(i64, Hash)>, sqlx::Error> {
        let stored = match tables::leaf_tiles(pool, self.tenant, from, TILES).await {
            Err(sqlx::Error::Decode(error)) => {
                self.damaged = Some(error.to_string());
                return Ok(Vec::new());
            }
            read => read?,
        };
        let mut leaves = Vec::new();
        for (expected, tile) in (from..).zip(stored) {
            if tile.tile.id.index != expected {
                self.damaged = Some(format!("tile {expected} of the leaves is gone"));
                break;
            }
            leaves.extend(tile.positions.into_iter().zip(tile.tile.hashes));
        }
        Ok(leaves)
    }

    fn both(&mut self, event: LoggedEvent, leaf: Hash) {
        let hash = event.leaf_hash();
        if hash != leaf {
            let leaf = self.leaves.size();
            self.differs(Difference::Altered { event, leaf });
        }
        self.push_event(hash);
        self.push_leaf(leaf);
    }

    fn missing(&mut self, position: i64, hash: Hash) {
        let leaf = self.leaves.size();
        self.differs(Difference::Missing { position, leaf });
        self.push_leaf(hash);
    }

    fn added(&mut self, event: LoggedEvent) {
        let (leaf, hash) = (self.leaves.size(), event.leaf_hash());
        self.differs(Difference::Added { event, leaf });
        self.push_event(hash);
    }

    fn differs(&mut self, difference: Difference) {
        if self.differences.len() < NAMED {
            self.differences.push(difference);
        } else {
            self.further += 1;
        }
    }

    fn push_leaf(&mut self, hash: Hash) {
        let upper = &mut self.upper;
        self.leaves.push(hash, |Tile { id, hashes }| {
            if id.level > 0 {
                upper.insert(id, hashes);
            }
        });
        let size = self.leaves.size();
        let Some(agrees) = self.signed.agrees(size, || self.leaves.root()) else { return };
        if agrees {
            self.leaves_true_to = size;
        }
        let others = self.signed.others(size, self.leaves.root());
        self.untrue.extend(others.into_iter().map(|place| (size, place)));
    }

    fn push_event(&mut self, hash: Hash) {
        self.events.push(hash, drop);
        let size = self.events.size();
        if self.signed.agrees(size, || self.events.root()) == Some(true) {
            self.events_true_to = size;
        }
    }

    /// What the differences are, seen from what was signed.
    pub async fn conclude(self, pool: &PgPool) -> Result<Vec<Fault>, sqlx::Error> {
        let mut faults: Vec<Fault> = self.differences.iter().map(|one| self.judge(one)).collect();
        if self.further > 0 {
            faults.push(Fault::More { differences: self.further });
        }
        faults.extend(self.damaged.iter().map(|what| Fault::Log { what: what.clone() }));
        // Where leaves are wrong, everything signed after them differs, which needs no saying again.
        let events_are_signed = self.events_true_to > self.leaves_true_to;
        let said = |size: u64| !faults.is_empty() && events_are_signed && size > self.leaves_true_to;
        let untrue = self.untrue.iter().filter(|(size, _)| !said(*size));
        let untrue: Vec<_> =
            untrue.map(|(size, place)| Fault::Untrue { size: *size, place }).take(NAMED).collect();
        faults.extend(untrue);
        if self.damaged.is_none() {
            let size = self.leaves.size();
            let cut = self.signed.beyond(size).last();
            faults.extend(cut.map(|(signed, place)| Fault::Cut { signed, size, place }));
            faults.extend(self.tables(pool).await?);
        }
        Ok(faults)
    }

    /// Which of the two is not as it was: the one that does not lead to the next signed root.
    fn judge(&self, difference: &Difference) -> Fault {
        let leaf = match difference {
            Difference::Altered { leaf, .. }
            | Difference::Missing { leaf, .. }
            | Difference::Added { leaf, .. } => *leaf,
        };
        let next = self.signed.next_after(leaf).unwrap_or(u64::MAX);
        let log_lies = self.leaves_true_to < next && self.events_true_to >= next;
        match difference {
            Difference::Altered { event, leaf } if log_lies => {
                Fault::LeafAltered { position: event.position, leaf: *leaf }
            }
            Difference::Altered { event, .. } => Fault::Altered {
                event: event.event_id,
                kind: event.event_type.clone(),
                position: event.position,
            },
            Difference::Missing { position, leaf } if log_lies => {
                Fault::LeafAltered { position: *position, leaf: *leaf }
            }
            Difference::Missing { position, leaf } => Fault::Missing { position: *position, leaf: *leaf },
            Difference::Added { event, leaf } if log_lies => {
                Fault::LeafAltered { position: event.position, leaf: *leaf }
            }
            Difference::Added { event, .. } => Fault::Added {
                event: event.event_id,
                kind: event.event_type.clone(),
                position: event.position,
            },
        }
    }

    /// What stands above the leaves.
    async fn tables(&self, pool: &PgPool) -> Result<Vec<Fault>, sqlx::Error> {
        let mut expected = self.upper.clone();
        expected
            .extend(self.leaves.edge().filter(|tile| tile.id.level > 0).map(|tile| (tile.id, tile.hashes)));
        let mut faults = Vec::new();
        let stored = match tables::upper_tiles(pool, self.tenant).await {
            Err(sqlx::Error::Decode(error)) => return Ok(vec![Fault::Log { what: error.to_string() }]),
            read => read?,
        };
        for tile in stored {
            let TileId { level, index } = tile.tile.id;
            if expected.remove(&tile.tile.id) != Some(tile.tile.hashes) {
                faults.push(Fault::Log {
                    what: format!("tile {index} of level {level} does not fit the leaves"),
                });
            }
        }
        faults.extend(expected.into_keys().map(|TileId { level, index }| Fault::Log {
            what: format!("tile {index} of level {level} is gone"),
        }));
        let size: Option<i64> = sqlx::query_scalar("select size from audit_trees where tenant_id = $1")
            .bind(self.tenant.0)
            .fetch_optional(pool)
            .await?;
        if size.unwrap_or(0).cast_unsigned() != self.leaves.size() {
            faults.push(Fault::Log {
                what: format!("the tree does not say that it has {} leaves", self.leaves.size()),
            });
        }
        Ok(faults)
    }
}

/// The events of a tenant, one by one.
struct Events<'a> {
    pool: &'a PgPool,
    tenant: TenantId,
    read_to: i64,
    read: std::vec::IntoIter<LoggedEvent>,
}

impl Events<'_> {
    async fn next(&mut self) -> Result<Option<LoggedEvent>, sqlx::Error> {
        if self.read.len() == 0 {
            self.read = tables::events_of(self.pool, self.tenant, self.read_to, EVENTS).await?.into_iter();
        }
        let next = self.read.next();
        if let Some(event) = &next {
            self.read_to = event.position;
        }
        Ok(next)
    }
}
