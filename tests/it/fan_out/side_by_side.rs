//! Groups of read models of one worker: what holds one up does not hold up the others at once, and in the end all agree.

use std::time::Duration;

use seiketsu_projections::arrival::Arrivals;
use seiketsu_projections::driver::Worker;
use seiketsu_projections::read_models;
use seiketsu_projections::store::head;
use sqlx::{Connection, Executor};

use super::{PARTITIONS, PATIENCE, Running, Traffic, assert_faithful, escalate, more_events, polling};
use crate::support::database::TestDatabase;
use crate::support::fold::read_models_agree;
use crate::support::{database, wait};

fn all_side_by_side(database: &TestDatabase) -> Running {
    let pool = database.more_pools().system().clone();
    let groups = read_models::groups(read_models::all());
    assert!(groups.len() > 1);
    let worker = Worker::side_by_side(pool, groups, PARTITIONS, Arrivals::default());
    let source = polling(database);
    Running::start(|stop| worker.run(Box::new(source), stop))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_that_waits_for_a_lock_does_not_keep_those_of_other_groups_waiting() {
    let database = database::create().await;
    let commands = database.commands();
    let worker = all_side_by_side(&database);
    escalate(&commands, 2).await;
    arrived(&database, "call_timeline").await;

    let mut superuser = database.superuser().await;
    let mut lock = superuser.begin().await.unwrap();
    lock.execute("lock table read_models.call_timeline in access exclusive mode").await.unwrap();
    escalate(&commands, 2).await;
    arrived(&database, "escalation_queue").await;
    arrived(&database, "dashboard").await;
    let newest = head(database.pools.system()).await.unwrap();
    assert!(watermark(&database, "call_timeline").await < newest, "it was to wait for the lock");
    lock.rollback().await.unwrap();

    arrived(&database, "call_timeline").await;
    worker.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_are_stopped_and_killed_again_and_again_end_up_where_the_log_is() {
    let database = database::create().await;
    let traffic = Traffic::start(&database);
    for round in 0..8 {
        let worker = all_side_by_side(&database);
        more_events(&database, 100).await;
        tokio::time::sleep(Duration::from_millis(50 * round)).await;
        if round % 2 == 0 { worker.kill().await } else { worker.stop().await }
    }
    traffic.stop().await;
    let worker = all_side_by_side(&database);
    read_models_agree(&database).await;
    worker.stop().await;
    assert_faithful(&database).await;
}

async fn watermark(database: &TestDatabase, projection: &str) -> i64 {
    sqlx::query_scalar("select projection_watermark($1, 1)")
        .bind(projection)
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}

/// Waits until a read model has applied all there is now.
async fn arrived(database: &TestDatabase, projection: &str) {
    let head = head(database.pools.system()).await.unwrap();
    wait::until("the read model has arrived", PATIENCE, async || {
        watermark(database, projection).await >= head
    })
    .await;
}
