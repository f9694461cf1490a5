use std::time::Duration;

use seiketsu_trial::fault::disk::{Disk, Sync};
use seiketsu_trial::fault::service::Service;
use seiketsu_trial::run::{Role, Trial};
use sqlx::{Connection, PgConnection};

use super::{PATIENCE, Stage, WITHOUT_DATABASE, private};
use crate::support::wait;

/// Processes of a Postgres but the first, which would pass the fault on to all that come later.
async fn processes(url: &str) -> Vec<u32> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let pids: Vec<i32> = sqlx::query_scalar("select pid from pg_stat_activity where pid <> pg_backend_pid()")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    pids.into_iter().map(|pid| u32::try_from(pid).unwrap()).collect()
}

async fn on_a_disk_of_its_own() -> (Service, String, Stage) {
    let postgres = private("postgres").await;
    let url = postgres.variable("SEIKETSU_TEST_DATABASE_URL").to_owned();
    let stage = Stage::on(&url, &url, &[]);
    (postgres, url, stage)
}

/// F-16: the disk fails under a commit. Postgres takes that for a crash, and what was acknowledged is there after it.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "strace is Linux's")]
async fn a_disk_that_fails_under_a_commit_makes_it_fail() {
    let (postgres, url, stage) = on_a_disk_of_its_own().await;
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-16", stage.scene(&[&server], WITHOUT_DATABASE)).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(200).await.unwrap();
        let crashes = crashes(&postgres);
        let disk = Disk::under(&processes(&url).await, false, Sync::Fails).unwrap();
        wait::until("the disk fails", PATIENCE, async || disk.struck() > 0).await;
        wait::until("Postgres crashes", PATIENCE, async || self::crashes(&postgres) > crashes).await;
        struck += disk.struck();
        drop(disk);
        wait::until("Postgres answers", PATIENCE, async || PgConnection::connect(&url).await.is_ok()).await;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

fn crashes(postgres: &Service) -> usize {
    postgres.log().unwrap().matches("PANIC:").count()
}

/// F-17: every commit takes a fifth of a second longer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; run by make chaos"]
async fn a_slow_disk_makes_commands_slow_and_nothing_else() {
    let (postgres, url, stage) = on_a_disk_of_its_own().await;
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-17", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(100).await.unwrap();
        let mut pids = processes(&url).await;
        pids.push(postgres.pid());
        let disk = Disk::under(&pids, true, Sync::Takes(Duration::from_millis(200))).unwrap();
        let unknown = unknown(&trial);
        trial.more(400).await.unwrap();
        struck += disk.struck();
        // Clients that go away on purpose know nothing either.
        assert!(self::unknown(&trial) - unknown < 100, "commands time out instead of taking longer");
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

fn unknown(trial: &Trial) -> u64 {
    trial.load.counts().kinds.values().map(|ended| ended.info).sum()
}
