//! Evidence as an auditor gets it, and everything that can be wrong with it, through the verifier's own binary.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::HashMap;
use std::process::Command;

use ed25519_dalek::SigningKey;
use seiketsu_proof::{Checkpoint, Evidence, FORMAT, Grown, LoggedEvent, Plan, ProvenEvent, Signer, Tree};
use uuid::Uuid;

const TENANT: Uuid = Uuid::from_u128(7);

fn signer() -> Signer {
    Signer::new("seiketsu", SigningKey::from_bytes(&[7; 32])).unwrap()
}

fn event(number: i64) -> LoggedEvent {
    LoggedEvent {
        position: number * 10,
        tenant_id: TENANT,
        aggregate_type: "lead".to_owned(),
        aggregate_id: Uuid::from_u128(1),
        sequence: number,
        slot: 3,
        event_id: Uuid::from_u128(number as u128),
        event_type: "lead.note_added".to_owned(),
        event_version: 1,
        payload: r#"{"text": "hello"}"#.to_owned(),
        metadata: "{}".to_owned(),
        occurred_at_micros: 1_700_000_000_000_000,
        recorded_at_micros: 1_700_000_000_000_001,
    }
}

/// A log of ten events; one of them proven, and that it grew from four.
fn evidence() -> Evidence {
    let (mut tree, mut notes) = (Tree::default(), Vec::new());
    for number in 1..=10 {
        tree.push(event(number).leaf_hash(), drop);
        notes.push(note(&tree));
    }
    let tiles: HashMap<_, _> = tree.edge().map(|tile| (tile.id, tile.hashes)).collect();
    let proof = |plan: Plan| plan.hashes(&tiles).unwrap();
    Evidence {
        format: FORMAT.to_owned(),
        checkpoint: notes[9].clone(),
        public_key: signer().verifier().to_string(),
        events: vec![ProvenEvent {
            event: event(3),
            leaf_index: 2,
            proof: proof(Plan::inclusion(2, 10).unwrap()),
        }],
        grown_from: Some(Grown {
            checkpoint: notes[3].clone(),
            proof: proof(Plan::consistency(4, 10).unwrap()),
        }),
    }
}

fn note(tree: &Tree) -> String {
    let (origin, root) = (format!("seiketsu/{TENANT}"), tree.root());
    signer().sign(&Checkpoint {
        origin,
        size: tree.size(),
        root,
        extensions: vec!["position 100".to_owned()],
    })
}

/// What the binary prints, and its exit code.
fn verified(evidence: &Evidence, kept: Option<&str>) -> (String, i32) {
    let folder = std::env::temp_dir().join(format!(
        "seiketsu-evidence-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("evidence.json");
    std::fs::write(&file, serde_json::to_string(evidence).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_seiketsu-verify"));
    command.args(["--key", &signer().verifier().to_string()]);
    if let Some(kept) = kept {
        std::fs::write(folder.join("kept"), kept).unwrap();
        command.arg("--kept").arg(folder.join("kept"));
    }
    let output = command.arg(file).output().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn true_evidence_is_called_true() {
    let evidence = evidence();
    let earlier = evidence.grown_from.as_ref().unwrap().checkpoint.clone();
    for kept in [None, Some(earlier.as_str()), Some(evidence.checkpoint.as_str())] {
        let (said, code) = verified(&evidence, kept);
        assert_eq!((code, said.matches("TRUE").count()), (0, 2), "{said}");
    }
}

#[test]
fn whatever_is_changed_is_named() {
    type Change = fn(&mut Evidence);
    let event: &str = "event 00000000-0000-0000-0000-000000000003 at position 30";
    let changes: [(&str, Change); 19] = [
        ("event ", |e| e.events[0].event.position += 1),
        ("another log", |e| e.events[0].event.tenant_id = Uuid::nil()),
        (event, |e| e.events[0].event.aggregate_type.push('x')),
        (event, |e| e.events[0].event.aggregate_id = Uuid::nil()),
        (event, |e| e.events[0].event.sequence += 1),
        (event, |e| e.events[0].event.slot += 1),
        ("event ", |e| e.events[0].event.event_id = Uuid::nil()),
        (event, |e| e.events[0].event.event_type.push('x')),
        (event, |e| e.events[0].event.event_version += 1),
        (event, |e| e.events[0].event.payload.push(' ')),
        (event, |e| e.events[0].event.metadata = "{ }".to_owned()),
        (event, |e| e.events[0].event.occurred_at_micros += 1),
        (event, |e| e.events[0].event.recorded_at_micros += 1),
        (event, |e| e.events[0].leaf_index += 1),
        (event, |e| e.events[0].proof.truncate(1)),
        ("signature of seiketsu is not one of this checkpoint", |e| {
            e.checkpoint = e.checkpoint.replace("\n10\n", "\n11\n")
        }),
        ("earlier checkpoint", |e| e.grown_from.as_mut().unwrap().checkpoint = "4".to_owned()),
        ("did not grow", |e| e.grown_from.as_mut().unwrap().proof.reverse()),
        ("format", |e| e.format.push('1')),
    ];
    for (number, (named, change)) in changes.into_iter().enumerate() {
        let mut evidence = evidence();
        change(&mut evidence);
        let (said, code) = verified(&evidence, None);
        assert!(code == 1 && said.contains("FALSE") && said.contains(named), "change {number}: {said}");
    }
}

#[test]
fn a_log_that_was_written_anew_does_not_fit_a_kept_checkpoint() {
    let mut other = Tree::default();
    for number in 2..=5 {
        other.push(event(number).leaf_hash(), drop);
    }
    let (said, code) = verified(&evidence(), Some(&note(&other)));
    assert!(code == 1 && said.contains("kept checkpoint of 4 events"), "{said}");
}

#[test]
fn a_checkpoint_alone_proves_nothing() {
    let nothing = Evidence { events: Vec::new(), grown_from: None, ..evidence() };
    assert!(!nothing.verify(signer().verifier(), None).holds());
}

/// So that other implementations can compare theirs.
#[test]
fn the_leaf_of_an_event_is_as_published() {
    let leaf: String = event(3).leaf().iter().map(|byte| format!("{byte:02x}")).collect();
    let vectors = include_str!("../../docs/audit-vector.txt");
    let published = |name: &str| vectors.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
    assert_eq!(leaf, published("leaf "), "{leaf}");
    let hash = event(3).leaf_hash();
    assert_eq!(hash.to_string(), published("hash "), "{hash}");
}
