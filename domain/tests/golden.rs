//! One stored example of every event version ever written. The files are never edited: they must decode for ever,
//! and those of today's version must come out as they went in.

use std::fs;
use std::path::PathBuf;

use seiketsu_domain::catalogue::{AGGREGATES, Fact};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn every_version_of_every_event_has_an_example_that_decodes() {
    for aggregate in AGGREGATES {
        for event in aggregate.events {
            for version in 1..=event.version {
                let path = folder().join(format!("{}.v{version}.json", event.name));
                let stored = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let fact = Fact::from_stored(aggregate.name, event.name, version, &stored)
                    .unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
                if version == event.version {
                    let written = fact.to_payload().expect("encodes");
                    let (written, stored): (Value, Value) = (
                        serde_json::from_str(&written).expect("valid JSON"),
                        serde_json::from_str(&stored).expect("valid JSON"),
                    );
                    assert_eq!(written, stored, "{}", path.display());
                }
            }
        }
    }
}

#[test]
fn no_example_is_without_an_event() {
    let known: Vec<String> = AGGREGATES
        .iter()
        .flat_map(|aggregate| aggregate.events)
        .flat_map(|event| (1..=event.version).map(|version| format!("{}.v{version}.json", event.name)))
        .collect();
    for entry in fs::read_dir(folder()).expect("the folder exists") {
        let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name} belongs to no event");
    }
}
