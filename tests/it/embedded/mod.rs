//! The private server of `seiketsu dev`, started for real from the programs of this machine.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use seiketsu::embedded::{EmbeddedError, EmbeddedPostgres};
use seiketsu::ids;
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

/// A directory of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(mode: u32) -> Self {
        let path = std::env::temp_dir().join(format!("seiketsu-embedded-{}", ids::new::<Uuid>().simple()));
        std::fs::DirBuilder::new().mode(mode).create(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn connect(server: &EmbeddedPostgres) -> PgConnection {
    PgConnection::connect(server.url().expose()).await.unwrap()
}

async fn answers(url: &str) -> bool {
    PgConnection::connect(url).await.is_ok()
}

fn postmaster(folder: &Path) -> String {
    let status = std::fs::read_to_string(folder.join("postgres/server/data/postmaster.pid")).unwrap();
    status.lines().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn data_and_address_stay_between_runs() {
    let folder = Folder::new(0o755);
    let first = EmbeddedPostgres::start(&folder.0).await.unwrap();
    let url = first.url().expose().to_owned();
    connect(&first).await.execute("create table kept as select 42 as answer").await.unwrap();
    first.stop().await.unwrap();
    assert!(!answers(&url).await, "the server outlived its stop");

    let second = EmbeddedPostgres::start(&folder.0).await.unwrap();
    assert_eq!(second.url().expose(), url);
    let kept: i32 =
        sqlx::query_scalar("select answer from kept").fetch_one(&mut connect(&second).await).await.unwrap();
    assert_eq!(kept, 42);
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_durable_private_and_asks_for_its_password() {
    let folder = Folder::new(0o755);
    let server = EmbeddedPostgres::start(&folder.0).await.unwrap();
    let mut connection = connect(&server).await;
    for (setting, expected) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
    ] {
        let found: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, expected, "{setting}");
    }
    let url = server.url().expose();
    let password = url.split(['@', ':']).nth(2).unwrap();
    assert!(!answers(&url.replace(password, "guess")).await, "any password opens it");
    assert!(!format!("{server:?}").contains(password), "Debug shows the password");
    let file = std::fs::metadata(folder.0.join("postgres/password")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    drop(connection);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_user_stops_it() {
    let folder = Folder::new(0o755);
    // At the same time: one creates, the other joins.
    let (one, other) = tokio::join!(EmbeddedPostgres::start(&folder.0), EmbeddedPostgres::start(&folder.0));
    let (one, other) = (one.unwrap(), other.unwrap());
    let url = one.url().expose().to_owned();
    assert_eq!(other.url().expose(), url);
    one.stop().await.unwrap();
    assert!(answers(&url).await, "stopped while in use");
    drop(other);
    crate::support::wait::until("the server ends", std::time::Duration::from_secs(20), async || {
        !answers(&url).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_server_recovers() {
    let folder = Folder::new(0o755);
    let first = EmbeddedPostgres::start(&folder.0).await.unwrap();
    connect(&first).await.execute("create table kept as select generate_series(1, 1000) as n").await.unwrap();
    let killed = Command::new("kill").args(["-KILL", &postmaster(&folder.0)]).status().unwrap();
    assert!(killed.success());
    // Its session processes notice on their own; a start before that is refused by Postgres.
    crate::support::wait::until("the server is gone", std::time::Duration::from_secs(10), async || {
        !answers(first.url().expose()).await
    })
    .await;
    drop(first);
    let second = EmbeddedPostgres::start(&folder.0).await.unwrap();
    let kept: i64 =
        sqlx::query_scalar("select count(*) from kept").fetch_one(&mut connect(&second).await).await.unwrap();
    assert_eq!(kept, 1000);
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_left_behind_by_a_killed_process_is_taken_over() {
    let folder = Folder::new(0o755);
    let process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "embedded::a_process_that_dies_without_a_word", "--ignored"])
        .env("SEIKETSU_TEST_FOLDER", &folder.0)
        .output()
        .unwrap();
    assert!(!process.status.success());
    let left_behind = postmaster(&folder.0);

    let server = EmbeddedPostgres::start(&folder.0).await.unwrap();
    assert_eq!(postmaster(&folder.0), left_behind);
    let url = server.url().expose().to_owned();
    server.stop().await.unwrap();
    assert!(!answers(&url).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_server_left_behind_by_a_killed_process_is_taken_over"]
async fn a_process_that_dies_without_a_word() {
    let folder = std::env::var("SEIKETSU_TEST_FOLDER").unwrap();
    let _server = EmbeddedPostgres::start(Path::new(&folder)).await.unwrap();
    std::process::abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_the_servers_user_cannot_enter_is_replaced() {
    let folder = Folder::new(0o700);
    let server = EmbeddedPostgres::start(&folder.0).await.unwrap();
    let elsewhere = server.directory().to_owned();
    let we_are_root = std::fs::metadata(&folder.0).unwrap().uid() == 0;
    assert_eq!(!elsewhere.starts_with(&folder.0), we_are_root);
    connect(&server).await.close().await.unwrap();
    server.stop().await.unwrap();
    if we_are_root {
        std::fs::remove_dir_all(elsewhere.parent().unwrap()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_version_that_is_not_installed_is_not_touched() {
    let folder = Folder::new(0o755);
    let data = folder.0.join("postgres/server/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let error = EmbeddedPostgres::start(&folder.0).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::OtherVersion { needed: 9, .. }), "{error}");
    assert!(error.to_string().contains("made by PostgreSQL 9, which is not installed"), "{error}");
}
