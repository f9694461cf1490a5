use crate::hash::{Hash, node_hash};

/// Hashes per tile, as in C2SP `tlog-tiles`: a tile of level `l` holds roots of `256^l` leaves each.
pub const TILE: usize = 256;
/// The logarithm of [`TILE`].
pub(crate) const TILE_HEIGHT: u32 = 8;

/// Which tile: its level (0 are the leaves) and its place from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    pub level: u8,
    pub index: u64,
}

/// A stretch of hashes of one level. Full ones never change; the last of each level grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub id: TileId,
    pub hashes: Vec<Hash>,
}

/// The right edge of a tree: what is needed to let it grow and to tell its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// The hashes of the last, not yet full tile of each level.
    edge: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree of `size` leaves whose last tiles are `tiles`; `None` where they are not those of such a tree.
    #[must_use]
    pub fn resume(size: u64, tiles: Vec<Tile>) -> Option<Self> {
        let mut edge = vec![Vec::new(); levels(size)];
        for tile in tiles {
            let level = usize::from(tile.id.level);
            if tile.id.index != size.checked_shr(TILE_HEIGHT * (level as u32 + 1)).unwrap_or(0) {
                return None;
            }
            *edge.get_mut(level)? = tile.hashes;
        }
        let whole = edge.iter().enumerate().all(|(level, hashes)| hashes.len() == partial(size, level));
        whole.then_some(Self { size, edge })
    }

    /// The last, not yet full tiles of a tree of `size` leaves.
    #[must_use]
    pub fn edge_of(size: u64) -> Vec<TileId> {
        let of = |level: usize| TileId {
            level: level as u8,
            index: size.checked_shr(TILE_HEIGHT * (level as u32 + 1)).unwrap_or(0),
        };
        (0..levels(size)).filter(|level| partial(size, *level) > 0).map(of).collect()
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, and hands on every tile it fills.
    pub fn push(&mut self, leaf: Hash, mut filled: impl FnMut(Tile)) {
        self.size += 1;
        let (mut hash, mut level) = (leaf, 0);
        loop {
            if self.edge.len() == level {
                self.edge.push(Vec::with_capacity(TILE));
            }
            self.edge[level].push(hash);
            if self.edge[level].len() < TILE {
                return;
            }
            let hashes = std::mem::take(&mut self.edge[level]);
            hash = perfect_root(&hashes);
            let index = (self.size >> (TILE_HEIGHT * (level as u32 + 1))) - 1;
            filled(Tile { id: TileId { level: level as u8, index }, hashes });
            level += 1;
        }
    }

    /// The tiles that are not full yet.
    pub fn edge(&self) -> impl Iterator<Item = Tile> {
        let ids = Self::edge_of(self.size).into_iter();
        ids.map(|id| Tile { id, hashes: self.edge[usize::from(id.level)].clone() })
    }

    /// The Merkle tree hash (RFC 6962 §2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut root = None;
        for hashes in &self.edge {
            for perfect in perfect_parts(hashes).into_iter().rev() {
                let left = perfect_root(perfect);
                root = Some(root.map_or(left, |right| node_hash(&left, &right)));
            }
        }
        root.unwrap_or_else(Hash::of_nothing)
    }
}

/// How many levels of tiles a tree of `size` leaves has.
fn levels(size: u64) -> usize {
    (u64::BITS - size.leading_zeros()).div_ceil(TILE_HEIGHT) as usize
}

/// How many hashes the last tile of a level has, where it is not full.
fn partial(size: u64, level: usize) -> usize {
    (size >> (TILE_HEIGHT * level as u32)) as usize % TILE
}

/// Stretches whose lengths are powers of two, the longest first.
fn perfect_parts(mut hashes: &[Hash]) -> Vec<&[Hash]> {
    let mut parts = Vec::new();
    while let Some(bits) = hashes.len().checked_ilog2() {
        let (part, rest) = hashes.split_at(1 << bits);
        parts.push(part);
        hashes = rest;
    }
    parts
}

/// The root over a power of two of hashes.
pub(crate) fn perfect_root(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row.first().copied().unwrap_or_else(Hash::of_nothing)
}
