//! The schema, brought up to date by any number of processes at once.

use axum::body::Body;
use axum::http::Request;
use metrics_exporter_prometheus::PrometheusBuilder;
use seiketsu::event_store::Pools;
use seiketsu::migrate::{self, SchemaError};
use seiketsu::telemetry::ops_router;
use sqlx::Executor;
use tower::ServiceExt;

use crate::support::database;

#[tokio::test]
async fn an_empty_database_is_brought_up_to_date_once() {
    let database = database::create_empty().await;
    let expected = migrate::pending(&mut database.superuser().await).await.unwrap();
    assert!(!expected.is_empty());
    assert_eq!(migrate::run(&database.url).await.unwrap(), expected);
    assert_eq!(migrate::pending(&mut database.superuser().await).await.unwrap(), []);
    assert_eq!(migrate::run(&database.url).await.unwrap(), []);
}

#[tokio::test]
async fn of_many_processes_one_migrates_and_the_others_wait() {
    let database = database::create_empty().await;
    let all = migrate::pending(&mut database.superuser().await).await.unwrap();
    let mut applied: Vec<_> =
        futures::future::try_join_all((0..4).map(|_| migrate::run(&database.url))).await.unwrap();
    applied.retain(|steps| !steps.is_empty());
    assert_eq!(applied, [all]);
}

#[tokio::test]
async fn readiness_may_ask_through_the_pool() {
    let database = database::create_empty().await;
    migrate::run(&database.url).await.unwrap();
    let mut connection = database.pools.system().acquire().await.unwrap();
    assert_eq!(migrate::pending(&mut connection).await.unwrap(), []);
}

#[tokio::test]
async fn a_migration_that_changed_after_it_was_applied_is_noticed() {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    superuser.execute("update _sqlx_migrations set checksum = '\\x00' where version = 2").await.unwrap();
    assert!(matches!(migrate::run(&database.url).await, Err(SchemaError::Changed(2))));
}

#[tokio::test]
async fn what_a_newer_release_applied_is_left_alone() {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    let newer = "insert into _sqlx_migrations values (999999, 'from the future', now(), true, '\\x00', 0)";
    superuser.execute(newer).await.unwrap();
    assert_eq!(migrate::run(&database.url).await.unwrap(), []);
    assert_eq!(migrate::unknown(&mut superuser).await.unwrap(), [999_999]);
}

#[tokio::test]
async fn a_role_without_the_api_is_ready_once_the_schema_is_there() {
    let database = database::create_empty().await;
    assert_eq!(status("/api/health/live", &database.pools).await, 200);
    assert_eq!(status("/api/health/ready", &database.pools).await, 503);
    migrate::run(&database.url).await.unwrap();
    assert_eq!(status("/api/health/ready", &database.pools).await, 200);
    assert_eq!(status("/metrics", &database.pools).await, 200);
}

async fn status(path: &str, pools: &Pools) -> u16 {
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let request = Request::get(path).body(Body::empty()).unwrap();
    ops_router(metrics, pools.clone()).oneshot(request).await.unwrap().status().as_u16()
}
