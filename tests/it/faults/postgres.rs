use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::StatusCode;
use seiketsu_trial::fault::process::{self, Signal};
use seiketsu_trial::fault::service::Service;
use seiketsu_trial::run::{Role, Trial};
use sqlx::{Connection, PgConnection};

use super::{PATIENCE, Stage, WITHOUT_DATABASE, private};
use crate::support::{database, wait};

const URL: &str = "SEIKETSU_TEST_DATABASE_URL";

/// F-13: Postgres is stopped knowingly, as in a crash, and killed; and one of its backends is, which it takes for a
/// crash of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_restarts_loses_nothing_and_nobody_restarts_us() {
    let mut postgres = private("postgres").await;
    let url = postgres.variable(URL).to_owned();
    let stage = Stage::on(&url, &url, &[]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-13", stage.scene(&[&server], WITHOUT_DATABASE)).await.unwrap();
    let (mut struck, mut slowest) = (0, Duration::ZERO);
    while trial.goes_on() {
        for signal in [Signal::Int, Signal::Quit, Signal::Kill] {
            trial.more(150).await.unwrap();
            postgres.end_by(signal).unwrap();
            assert_eq!(ready(&server.url).await, StatusCode::SERVICE_UNAVAILABLE);
            postgres.start_again().unwrap();
            slowest = slowest.max(accepting_again(&trial, &url).await);
            struck += 1;
        }
        trial.more(150).await.unwrap();
        kill_a_backend(&url).await;
        slowest = slowest.max(accepting_again(&trial, &url).await);
        struck += 1;
    }
    println!("F-13: at most {slowest:?} from Postgres being ready to the first command that is acknowledged");
    trial.end(struck).await.unwrap().must_be_sound();
}

async fn ready(server: &str) -> StatusCode {
    reqwest::get(format!("{server}/api/health/ready")).await.unwrap().status()
}

/// Waits for Postgres, then for a command to be acknowledged; how long the latter took.
async fn accepting_again(trial: &Trial, url: &str) -> Duration {
    wait::until("Postgres answers", PATIENCE, async || PgConnection::connect(url).await.is_ok()).await;
    let (since, before) = (Instant::now(), trial.load.counts().acknowledged());
    wait::until("commands are acknowledged", PATIENCE, async || trial.load.counts().acknowledged() > before)
        .await;
    since.elapsed()
}

async fn kill_a_backend(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let pid: i32 =
        sqlx::query_scalar("select pid from pg_stat_activity where application_name = 'seiketsu' limit 1")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    process::signal(u32::try_from(pid).unwrap(), Signal::Kill).unwrap();
}

/// F-18: somebody else holds all connections Postgres has; then, all of ours wait for a table.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_connection_requests_are_turned_away_at_once() {
    let mut postgres = private("postgres").await;
    let url = postgres.variable(URL).to_owned();
    only_connections(&mut postgres, &url, 24).await;
    let stage = Stage::on(&url, &url, &[]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-18", stage.scene(&[&server], ENDED_BY_US)).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(200).await.unwrap();
        let hold = hold_all_connections(&url).await;
        turned_away(&trial).await;
        assert_eq!(live(&server.url).await, StatusCode::OK, "restarting it would not help");
        join_all(hold.into_iter().map(PgConnection::close)).await;
        accepting_again(&trial, &url).await;

        let mut blocker = PgConnection::connect(&url).await.unwrap();
        let mut transaction = blocker.begin().await.unwrap();
        sqlx::query("lock table read_models.lead_states").execute(&mut *transaction).await.unwrap();
        turned_away(&trial).await;
        assert_eq!(live(&server.url).await, StatusCode::OK);
        transaction.rollback().await.unwrap();
        struck += 2;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// The trial also ends connections that are just being made; the pool says so in its own words.
const ENDED_BY_US: &[&str] = &["append failed", "terminating connection due to administrator command"];

async fn only_connections(postgres: &mut Service, url: &str, count: u32) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(&format!("alter system set max_connections = {count}"))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    postgres.end_by(Signal::Int).unwrap();
    postgres.start_again().unwrap();
    wait::until("Postgres answers", PATIENCE, async || PgConnection::connect(url).await.is_ok()).await;
}

/// Every connection that can be had, taking those of the server as they come free.
async fn hold_all_connections(url: &str) -> Vec<PgConnection> {
    let mut held = vec![PgConnection::connect(url).await.unwrap()];
    for _ in 0..3 {
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'seiketsu'",
        )
        .execute(&mut held[0])
        .await
        .unwrap();
        while let Ok(connection) = PgConnection::connect(url).await {
            held.push(connection);
        }
    }
    held
}

/// Waits until requests fail for want of the database, and none of them hangs.
async fn turned_away(trial: &Trial) {
    let failed = || -> u64 { trial.load.counts().kinds.values().map(|ended| ended.fail + ended.info).sum() };
    let before = failed();
    wait::until("requests are turned away", PATIENCE, async || failed() >= before + 20).await;
}

async fn live(server: &str) -> StatusCode {
    reqwest::get(format!("{server}/api/health/live")).await.unwrap().status()
}

/// F-20: somebody's transaction stays open: one that has written, and one that keeps all appends waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_left_open_delays_what_it_locks_and_nothing_else() {
    let database = database::create().await;
    let stage = Stage::on(&database.url, &database.url, &[]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-20", stage.scene(&[&server], WITHOUT_DATABASE)).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(100).await.unwrap();
        let mut somebody = database.superuser().await;
        let mut open = somebody.begin().await.unwrap();
        sqlx::query("create table left_open (n int)").execute(&mut *open).await.unwrap();
        let acknowledged = trial.load.counts().acknowledged();
        trial.more(200).await.unwrap();
        assert!(trial.load.counts().acknowledged() > acknowledged, "commands do not wait for it");
        // Read models go on under it: a client that waits for its write sees it.
        let head = database.event_count().await;
        wait::until("read models pass it by", PATIENCE, async || {
            sqlx::query_scalar("select projection_watermark('leads', version) >= $1 from projection_checkpoints where projection = 'leads' and partition = '*'")
                .bind(head)
                .fetch_one(&mut database.superuser().await)
                .await
                .unwrap()
        })
        .await;
        open.rollback().await.unwrap();

        // The lock every append takes (`migrations/0005_append.sql`).
        let mut open = somebody.begin().await.unwrap();
        sqlx::query("select pg_advisory_xact_lock(7310003)").execute(&mut *open).await.unwrap();
        database.waits_for_a_lock().await;
        let before = database.event_count().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(database.event_count().await, before, "appends were to wait");
        open.rollback().await.unwrap();
        struck += 2;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}
