//! What an operator does at the machine.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use seiketsu::event_store::TenantTransaction;
use seiketsu::lists::{self, Answers};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::{Phone, Timestamp};

use super::days_ago;
use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

/// An organization and a folder for its files.
pub struct Desk {
    pub database: TestDatabase,
    pub tenant: TenantId,
    folder: PathBuf,
}

/// What a command came to.
pub struct Ran {
    pub status: ExitStatus,
    /// Both of its outputs.
    pub told: String,
}

const DOMAIN: &str = "lists.example";

impl Desk {
    pub async fn open() -> Self {
        let (database, tenant) = (database::create().await, wishes::tenant());
        sqlx::query("insert into organizations (tenant_id, name, domain, vertical, created_at) values ($1, 'Lists', $2, 'real_estate', now())")
            .bind(tenant.0)
            .bind(DOMAIN)
            .execute(&mut database.superuser().await)
            .await
            .unwrap();
        let folder = std::env::temp_dir().join(format!("lists-{}", tenant.0));
        std::fs::create_dir_all(&folder).unwrap();
        Self { database, tenant, folder }
    }

    /// Writes a file; its path.
    pub fn file(&self, text: &str) -> String {
        let path = self.folder.join("numbers.txt");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    pub fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_seiketsu"))
            .arg("lists")
            .args(args)
            .args(["--organization", DOMAIN])
            .env("SEIKETSU__DATABASE__URL", &self.database.url)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        Ran { status: output.status, told }
    }

    pub async fn read(&self) -> TenantTransaction {
        self.database.pools.read_as(self.tenant).await.unwrap()
    }

    pub async fn look_up(&self, phone: &str, known_at: Timestamp) -> Answers {
        let mut read = self.read().await;
        lists::look_up(&mut read, self.tenant, &Phone::try_new(phone).unwrap(), known_at).await.unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn yesterday() -> String {
    days_ago(1).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_national_list_is_imported_under_a_recorded_access() {
    let desk = Desk::open().await;
    let file = desk.file("415,5552671\n628,5550000\n");
    let import = ["import", "us-national", &file, "--as-of", &yesterday(), "--san", "1-2"];
    let early = desk.run(&import);
    assert!(!early.status.success() && early.told.contains("registry_access_missing"), "{}", early.told);

    let until = days_ago(-300).to_string();
    assert!(desk.run(&["access", "--san", "1-2", "--valid-until", &until]).status.success());
    let imported = desk.run(&import);
    assert!(imported.status.success() && imported.told.contains("2 numbers"), "{}", imported.told);
    assert!(desk.run(&import).told.contains("was taken over before"));
    let listed = desk.run(&["list"]).told;
    assert!(listed.contains("us-national@") && listed.contains("access 1-2"), "{listed}");
    let shown = desk.run(&["show", "+14155552671"]).told;
    assert!(shown.contains("\"listed\": true") && shown.contains("us-national@"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_file_is_refused_with_the_places() {
    let desk = Desk::open().await;
    let file = desk.file("4155552671\n+442079460958\nabc\n4155552672\n");
    let import = ["import", "us-tx", &file, "--as-of", &yesterday()];
    let refused = desk.run(&import);
    assert!(!refused.status.success());
    for place in
        ["numbers.txt:2: number_outside_plan", "numbers.txt:3: number_invalid", "nothing was taken over"]
    {
        assert!(refused.told.contains(place), "{}", refused.told);
    }
    assert_eq!(desk.database.event_count().await, 0);
    let skipped = desk.run(&[&import[..], &["--skip-bad-lines"]].concat());
    assert!(skipped.status.success() && skipped.told.contains("2 numbers"), "{}", skipped.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let desk = Desk::open().await;
    let file = desk.file("4155552671\n");
    let dry = desk.run(&["import", "us-tx", &file, "--as-of", &yesterday(), "--dry-run"]);
    assert!(dry.status.success() && dry.told.contains("would be taken over"), "{}", dry.told);
    let old = desk.run(&["import", "us-tx", &file, "--as-of", &days_ago(32).to_string(), "--dry-run"]);
    assert!(!old.status.success() && old.told.contains("extract_too_old"), "{}", old.told);
    assert_eq!(desk.database.event_count().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extract_is_retired_by_its_moment_and_digest() {
    let desk = Desk::open().await;
    let (file, as_of) = (desk.file("4155552671\n"), yesterday());
    let imported = desk.run(&["import", "us-tx", &file, "--as-of", &as_of]);
    let sha256 = imported.told.split("sha256 ").nth(1).unwrap()[..64].to_owned();
    let retire = ["retire", "us-tx", "--as-of", &as_of, "--sha256", &sha256, "--reason", "the wrong file"];
    let retired = desk.run(&retire);
    assert!(retired.status.success(), "{}", retired.told);
    assert!(desk.look_up("+14155552671", seiketsu::clock::now()).await.states.is_empty());
    assert!(desk.run(&["list"]).told.contains("retired"));
    assert!(!desk.run(&retire).status.success());
}
