//! Trees, proofs and checkpoints against the vectors of Certificate Transparency, the example of C2SP, and each other.

use std::collections::HashMap;

use proptest::prelude::*;
use seiketsu_proof::{
    Checkpoint, Disproved, Hash, MissingTile, NoteError, Plan, Tile, Tree, VerifierKey, leaf_hash, node_hash,
    verify_consistency, verify_inclusion,
};

/// The leaves of the reference tree of Certificate Transparency.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Its roots, from no leaf to eight.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hex(hash: Hash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tree with all its tiles.
#[derive(Default)]
struct Kept {
    tree: Tree,
    tiles: HashMap<seiketsu_proof::TileId, Vec<Hash>>,
}

impl Kept {
    fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut kept = Self::default();
        for leaf in leaves {
            let tiles = &mut kept.tiles;
            kept.tree.push(leaf, |Tile { id, hashes }| drop(tiles.insert(id, hashes)));
        }
        let edge: Vec<_> = kept.tree.edge().collect();
        kept.tiles.extend(edge.into_iter().map(|tile| (tile.id, tile.hashes)));
        kept
    }
}

fn leaf(number: u64) -> Hash {
    leaf_hash(&number.to_be_bytes())
}

/// RFC 6962 §2.1, word for word.
fn definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_nothing(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&definition(left), &definition(right))
        }
    }
}

#[test]
fn the_roots_are_those_of_certificate_transparency() {
    for (size, root) in ROOTS.iter().enumerate() {
        let kept = Kept::of(LEAVES[..size].iter().map(|leaf| leaf_hash(leaf)));
        assert_eq!(hex(kept.tree.root()), *root, "{size} leaves");
    }
}

#[test]
fn the_path_of_a_leaf_is_the_one_of_certificate_transparency() {
    let kept = Kept::of(LEAVES.iter().map(|leaf| leaf_hash(leaf)));
    let path = Plan::inclusion(0, 8).unwrap().hashes(&kept.tiles).unwrap();
    assert_eq!(
        path.into_iter().map(hex).collect::<Vec<_>>(),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    let grown = Plan::consistency(6, 8).unwrap().hashes(&kept.tiles).unwrap();
    assert_eq!(
        grown.into_iter().map(hex).collect::<Vec<_>>(),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn every_leaf_of_every_small_tree_has_its_proof_and_no_other_leaf_has() {
    for size in 1..=70 {
        let kept = Kept::of((0..size).map(leaf));
        let root = kept.tree.root();
        for index in 0..size {
            let proof = Plan::inclusion(index, size).unwrap().hashes(&kept.tiles).unwrap();
            assert_eq!(verify_inclusion(leaf(index), index, size, &proof, root), Ok(()));
            let other = verify_inclusion(leaf(index + 1), index, size, &proof, root);
            assert_eq!(other, Err(Disproved::Root));
            let longer: Vec<_> = proof.iter().copied().chain([root]).collect();
            assert!(verify_inclusion(leaf(index), index, size, &longer, root).is_err());
        }
        assert_eq!(Plan::inclusion(size, size), None);
    }
}

#[test]
fn every_small_tree_is_proven_to_have_grown_from_every_smaller_one() {
    let roots: Vec<_> = (0..=70).map(|size| Kept::of((0..size).map(leaf)).tree.root()).collect();
    for second in 0..=70_u64 {
        let kept = Kept::of((0..second).map(leaf));
        for first in 0..=second {
            let proof = Plan::consistency(first, second).unwrap().hashes(&kept.tiles).unwrap();
            let (old, new) = ((first, roots[first as usize]), (second, roots[second as usize]));
            assert_eq!(verify_consistency(old, new, &proof), Ok(()), "{first} {second}");
            let forged = (first, leaf(99));
            assert_eq!(verify_consistency(forged, new, &proof), Err(Disproved::Root), "{first} {second}");
        }
    }
}

#[test]
fn a_tile_that_is_missing_is_named() {
    let mut kept = Kept::of((0..600).map(leaf));
    let plan = Plan::inclusion(300, 600).unwrap();
    let id = *plan.tiles().first().unwrap();
    kept.tiles.remove(&id);
    assert_eq!(plan.hashes(&kept.tiles), Err(MissingTile(id)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn tiles_prove_what_the_definition_says(size in 1..70_000_u64, a in 0..70_000_u64, b in 0..70_000_u64) {
        let leaves: Vec<_> = (0..size).map(leaf).collect();
        let kept = Kept::of(leaves.iter().copied());
        let root = definition(&leaves);
        prop_assert_eq!(kept.tree.root(), root);
        let (index, first) = (a % size, b % (size + 1));
        let proof = Plan::inclusion(index, size).unwrap().hashes(&kept.tiles).unwrap();
        prop_assert_eq!(verify_inclusion(leaves[index as usize], index, size, &proof, root), Ok(()));
        let grown = Plan::consistency(first, size).unwrap().hashes(&kept.tiles).unwrap();
        let old = (first, definition(&leaves[..first as usize]));
        prop_assert_eq!(verify_consistency(old, (size, root), &grown), Ok(()));
    }

    #[test]
    fn a_tree_goes_on_from_its_last_tiles(size in 0..70_000_u64) {
        let mut kept = Kept::of((0..size).map(leaf));
        let edge: Vec<_> = kept.tree.edge().collect();
        prop_assert_eq!(Tree::resume(size + 1, edge.clone()), None);
        let mut resumed = Tree::resume(size, edge).unwrap();
        for number in size..size + 300 {
            kept.tree.push(leaf(number), drop);
            resumed.push(leaf(number), drop);
        }
        prop_assert_eq!(resumed, kept.tree);
    }
}

/// The key and note of the documentation of Go's `sumdb/note`, which C2SP `signed-note` writes down.
#[test]
fn the_note_of_another_implementation_is_opened() {
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    assert_eq!(key.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    // Signed by that key, and yet no checkpoint.
    assert_eq!(key.open(note), Err(NoteError::Form));
    let forged = note.replace("don't", "do");
    assert_eq!(key.open(&forged), Err(NoteError::Forged("PeterNeumann".to_owned())));
}

#[test]
fn a_checkpoint_without_a_signature_of_this_key_is_refused() {
    let checkpoint = Checkpoint { origin: "a/b".to_owned(), size: 1, root: leaf(1), extensions: Vec::new() };
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    for unsigned in [
        checkpoint.text(),
        String::new(),
        "\n\n".to_owned(),
        format!("{}\n\u{2014} x eA==\n", checkpoint.text()),
    ] {
        assert!(key.open(&unsigned).is_err(), "{unsigned:?}");
    }
}
