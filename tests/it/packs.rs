//! Rule packs on the command line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn packs(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seiketsu")).arg("packs").args(args).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("domain/packs").join(name);
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_packs_of_the_build_are_listed_with_their_identities() {
    let output = packs(&["list"]);
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    for name in ["us-core@", "us-states@", "recording@", "ctia@", "eu@"] {
        assert!(told.contains(name), "{told}");
    }
    assert_eq!(told.matches("sha256:").count(), 5);
    assert!(told.contains("not legal advice"));
}

#[test]
fn a_faulty_pack_fails_with_every_fault_and_its_place() {
    let folder = tempfile();
    let file = folder.join("faulty.toml");
    let text = shipped("us-core.toml").replacen("until = \"2027-01-31\"", "until = \"2027-01-30\"", 1);
    fs::write(&file, text.replacen("url = \"https://", "url = \"ftp://", 1)).unwrap();
    let output = packs(&["validate", file.to_str().unwrap()]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("rule_missing") && told.contains("citation_missing"), "{told}");
    fs::write(&file, shipped("us-core.toml")).unwrap();
    assert!(packs(&["validate", file.to_str().unwrap()]).status.success());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn two_packs_compare_by_file_and_by_name() {
    let folder = tempfile();
    let file = folder.join("next.toml");
    fs::write(&file, shipped("us-core.toml").replacen("inquiry_months = 3", "inquiry_months = 2", 1))
        .unwrap();
    let output = packs(&["diff", "us-core", file.to_str().unwrap()]);
    let changes = told(&output);
    assert!(output.status.success(), "{changes}");
    assert!(changes.contains("~ relationship") && changes.contains("\"inquiry_months\":2"), "{changes}");
    assert_eq!(told(&packs(&["diff", "eu", "eu"])), "nothing changed\n");
    assert!(!packs(&["diff", "eu", "no-such-pack"]).status.success());
    fs::remove_dir_all(folder).unwrap();
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("packs-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
