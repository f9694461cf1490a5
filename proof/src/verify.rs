use crate::hash::{Hash, node_hash};

/// The proof does not show what it should.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Disproved {
    #[error("the log of {size} events has no event number {leaf}")]
    OutOfRange { leaf: u64, size: u64 },
    #[error("the proof has too few or too many hashes")]
    Length,
    #[error("the proof leads to another root than the checkpoint's")]
    Root,
    #[error("the log of {second} events is shorter than the one of {first}")]
    Shrunk { first: u64, second: u64 },
}

/// Whether a leaf is in the tree of this size and root (RFC 9162 §2.1.3.2).
///
/// # Errors
/// See [`Disproved`].
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), Disproved> {
    if index >= size {
        return Err(Disproved::OutOfRange { leaf: index, size });
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(Disproved::Length);
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            climb_left(&mut at, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    concluded(last, hash == root)
}

/// Whether the tree of `first` is the beginning of the tree of `second`, each a size and a root (RFC 9162 §2.1.4.2).
///
/// # Errors
/// See [`Disproved`].
pub fn verify_consistency(first: (u64, Hash), second: (u64, Hash), proof: &[Hash]) -> Result<(), Disproved> {
    if first.0 > second.0 {
        return Err(Disproved::Shrunk { first: first.0, second: second.0 });
    }
    if first.0 == second.0 || first.0 == 0 {
        let known = if first.0 == 0 { Hash::of_nothing() } else { second.1 };
        return if proof.is_empty() { concluded(0, first.1 == known) } else { Err(Disproved::Length) };
    }
    let whole = first.0.is_power_of_two().then_some(first.1);
    let mut hashes = whole.into_iter().chain(proof.iter().copied());
    let (mut at, mut last) = (first.0 - 1, second.0 - 1);
    let perfect = at.trailing_ones();
    (at, last) = (at >> perfect, last >> perfect);
    let mut old = hashes.next().ok_or(Disproved::Length)?;
    let mut new = old;
    for hash in hashes {
        if last == 0 {
            return Err(Disproved::Length);
        }
        if at % 2 == 1 || at == last {
            (old, new) = (node_hash(&hash, &old), node_hash(&hash, &new));
            climb_left(&mut at, &mut last);
        } else {
            new = node_hash(&new, &hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    concluded(last, old == first.1 && new == second.1)
}

/// A node without a right neighbour is its parent, up to where it is a right child.
fn climb_left(at: &mut u64, last: &mut u64) {
    while at.is_multiple_of(2) && *at != 0 {
        (*at, *last) = (*at >> 1, *last >> 1);
    }
}

fn concluded(last: u64, as_signed: bool) -> Result<(), Disproved> {
    match (last, as_signed) {
        (0, true) => Ok(()),
        (0, false) => Err(Disproved::Root),
        _ => Err(Disproved::Length),
    }
}
