//! The house is as its documents say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_domain_depends_on_nothing_that_does_io() {
    let allowed = [
        "chrono",
        "chrono-tz",
        "cqrs-es",
        "rlibphonenumber",
        "serde",
        "serde_json",
        "sha2",
        "thiserror",
        "toml",
        "unicode-normalization",
        "utoipa",
        "uuid",
    ];
    let metadata = metadata();
    let domain =
        metadata["packages"].as_array().unwrap().iter().find(|p| p["name"] == "seiketsu-domain").unwrap();
    for dependency in domain["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"].is_null()) {
        let name = dependency["name"].as_str().unwrap();
        assert!(allowed.contains(&name), "the domain depends on {name}");
    }
}

#[test]
fn arrows_between_the_crates_point_one_way() {
    let metadata = metadata();
    let ours = |name: &str| -> BTreeSet<String> {
        let package = metadata["packages"].as_array().unwrap().iter().find(|p| p["name"] == name).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        dependencies
            .filter_map(|d| d["name"].as_str())
            .filter(|d| d.starts_with("seiketsu"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(ours("seiketsu-domain"), BTreeSet::new());
    assert_eq!(ours("seiketsu-projections"), BTreeSet::from(["seiketsu-domain".to_owned()]));
    assert_eq!(ours("seiketsu-proof"), BTreeSet::new(), "it verifies without us");
    assert_eq!(
        ours("seiketsu-trial"),
        BTreeSet::from(["seiketsu-domain".to_owned()]),
        "it attacks from outside"
    );
}

/// Licences we may ship under; an expression passes where one of its alternatives does, part by part.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "MIT-0",
];

#[test]
fn every_dependency_has_a_licence_we_can_ship() {
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        let flat = licence.replace(['(', ')'], "").replace('/', " OR ");
        let fine =
            flat.split(" AND ").all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())));
        assert!(fine, "{name} is under {licence}");
    }
}

#[test]
fn every_path_named_in_the_documents_exists() {
    let mut documents = files(&root().join("docs"), "md");
    documents.push(root().join("README.md"));
    documents.push(root().join("migrations/README.md"));
    let roots = [
        "src/",
        "domain/",
        "projections/",
        "proof/",
        "trial/",
        "migrations/",
        "tests/",
        "docs/",
        "deploy/",
        "benches/",
        ".dev/",
        ".ci/",
    ];
    let mut checked = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let path = quoted.trim();
            let is_path =
                roots.iter().any(|root| path.starts_with(root)) && !path.contains([' ', '<', '*', '{']);
            if is_path {
                checked += 1;
                assert!(
                    root().join(path).exists(),
                    "{} names {path}, which does not exist",
                    document.display()
                );
            }
        }
    }
    assert!(checked > 30, "only {checked} paths were found; is the search broken?");
}

#[test]
fn the_checked_in_api_document_is_current() {
    let path = root().join("docs/openapi.json");
    let stored: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let current: Value =
        serde_json::from_str(&seiketsu::http::openapi::document().to_json().unwrap()).unwrap();
    assert_eq!(stored["openapi"], "3.1.0");
    assert!(stored == current, "docs/openapi.json is out of date: run `make openapi`");
}

/// Literals in these files that look like codes and are none.
const NOT_CODES: &[&str] = &["after_position", "cursor_invalid_", "form_urlencoded"];

#[test]
fn every_error_code_is_documented() {
    let documented = fs::read_to_string(root().join("docs/ERRORS.md")).unwrap();
    let mut sources = files(&root().join("src/http"), "rs");
    sources.push(root().join("src/identity/error.rs"));
    sources.extend(
        files(&root().join("domain/src"), "rs").into_iter().filter(|path| path.ends_with("refusal.rs")),
    );
    let mut codes = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(&source).unwrap();
        let before_tests = text.split("#[cfg(test)]").next().unwrap();
        codes.extend(codes_in(before_tests));
    }
    assert!(codes.len() > 80, "only {} codes were found; is the search broken?", codes.len());
    let missing: Vec<_> =
        codes.iter().filter(|code| !documented.contains(&format!("| `{code}` |"))).collect();
    assert!(missing.is_empty(), "docs/ERRORS.md lacks {missing:?}");
}

/// String literals of several words in snake case that follow an opening of a call or an arm of a match, which is
/// where codes stand; names of metrics, labels and routes stand elsewhere.
fn codes_in(text: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let makers = [
        "Problem::new(",
        "Self::new(",
        "malformed(",
        "unacceptable(",
        "not_found(",
        "unavailable(",
        "refuse(",
        ".at(",
        "=> \"",
        "ValueError::new(",
    ];
    for maker in makers {
        for (start, _) in text.match_indices(maker) {
            let call: String = text[start..].chars().take(220).collect();
            let end = call.find(';').unwrap_or(call.len());
            let literals = call[..end].split('"').skip(1).step_by(2).take(3);
            codes.extend(literals.filter(|literal| is_code(literal)).map(str::to_owned));
        }
    }
    codes
}

fn is_code(literal: &str) -> bool {
    literal.contains('_')
        && literal.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        && !literal.ends_with("_total")
        && !literal.ends_with("_seconds")
        && !NOT_CODES.contains(&literal)
}
