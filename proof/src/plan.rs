use std::collections::{BTreeSet, HashMap};

use crate::hash::{Hash, node_hash};
use crate::tree::{TILE, TILE_HEIGHT, TileId, perfect_root};

/// The hashes a proof consists of, before they are looked up: so that all tiles it takes are read at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    parts: Vec<Vec<Node>>,
}

/// A tile, or a part of one, that should be there is not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("tile {} of level {} is missing or too short", .0.index, .0.level)]
pub struct MissingTile(pub TileId);

/// A perfect subtree: the `index`-th of `2^height` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    height: u32,
    index: u64,
}

impl Plan {
    /// The path of a leaf in the tree of `size` leaves (RFC 6962 §2.1.1); `None` where it has no such leaf.
    #[must_use]
    pub fn inclusion(leaf: u64, size: u64) -> Option<Self> {
        if leaf >= size {
            return None;
        }
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, size);
        while end - begin > 1 {
            let middle = begin + split(end - begin);
            if leaf < middle {
                parts.push(cover(middle, end));
                end = middle;
            } else {
                parts.push(cover(begin, middle));
                begin = middle;
            }
        }
        parts.reverse();
        Some(Self { parts })
    }

    /// That the tree of `first` leaves begins the tree of `second` leaves (RFC 6962 §2.1.2); `None` where it cannot.
    #[must_use]
    pub fn consistency(first: u64, second: u64) -> Option<Self> {
        if first > second {
            return None;
        }
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, second);
        while first > 0 && end != first {
            let middle = begin + split(end - begin);
            if first <= middle {
                parts.push(cover(middle, end));
                end = middle;
            } else {
                parts.push(cover(begin, middle));
                begin = middle;
            }
        }
        // The old tree itself is known to the verifier, unless only a part of it is left here.
        if begin > 0 {
            parts.push(cover(begin, end));
        }
        parts.reverse();
        Some(Self { parts })
    }

    /// The tiles the hashes are in.
    #[must_use]
    pub fn tiles(&self) -> BTreeSet<TileId> {
        self.parts.iter().flatten().map(|node| node.place().0).collect()
    }

    /// The proof.
    ///
    /// # Errors
    /// A tile is not among `tiles`, or is shorter than it was.
    pub fn hashes(&self, tiles: &HashMap<TileId, Vec<Hash>>) -> Result<Vec<Hash>, MissingTile> {
        self.parts.iter().map(|part| root_of(part, tiles)).collect()
    }
}

impl Node {
    /// The tile, and where in it the hashes below this node begin and end.
    fn place(self) -> (TileId, usize, usize) {
        let above = self.height % TILE_HEIGHT;
        let first = self.index << above;
        let begin = (first % TILE as u64) as usize;
        let id = TileId { level: (self.height / TILE_HEIGHT) as u8, index: first / TILE as u64 };
        (id, begin, begin + (1 << above))
    }
}

fn root_of(part: &[Node], tiles: &HashMap<TileId, Vec<Hash>>) -> Result<Hash, MissingTile> {
    let mut root = None;
    for node in part.iter().rev() {
        let (id, begin, end) = node.place();
        let hashes = tiles.get(&id).and_then(|hashes| hashes.get(begin..end)).ok_or(MissingTile(id))?;
        let left = perfect_root(hashes);
        root = Some(root.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(root.unwrap_or_else(Hash::of_nothing))
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The perfect subtrees that make up a stretch of leaves, from the left.
fn cover(mut begin: u64, end: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(height) = (end - begin).checked_ilog2() {
        nodes.push(Node { height, index: begin >> height });
        begin += 1 << height;
    }
    nodes
}
