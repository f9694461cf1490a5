//! Hints between processes: they hasten readers, and nothing depends on them.

use std::time::Duration;

use seiketsu::hint::Hint;
use seiketsu::hint::redis::Exchange;
use seiketsu::ids;
use seiketsu_projections::source::StoreSource;
use uuid::Uuid;

use super::{PATIENCE, Running, assert_faithful, caught_up, escalate, worker};
use crate::support::database::TestDatabase;
use crate::support::{database, redis, wait};

fn exchange(url: &str, channel: &str, hint: &Hint) -> Running {
    let exchange = Exchange::new(url, channel, hint.clone()).unwrap();
    Running::start(|stop| exchange.run(stop))
}

fn channel() -> String {
    format!("hints-{}", ids::new::<Uuid>())
}

/// A worker that would look by itself only after an hour.
fn patient_worker(database: &TestDatabase, hint: &Hint) -> Running {
    let pool = database.more_pools().system().clone();
    worker(database, StoreSource::new(pool, hint.subscribe(), Duration::from_secs(3600), 100))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_one_process_wakes_readers_in_another() {
    let database = database::create().await;
    let (here, there, channel) = (Hint::default(), Hint::default(), channel());
    let exchanges = [exchange(&redis::url(), &channel, &here), exchange(&redis::url(), &channel, &there)];
    let worker = patient_worker(&database, &there);
    let commands = database.commands_hinting(&here);
    // The subscription takes a moment; what was announced before it is announced again by the next commit.
    wait::until("the first hint arrives", PATIENCE, async || {
        escalate(&commands, 1).await;
        *there.subscribe().borrow() > 0
    })
    .await;
    caught_up(&database).await;
    assert_faithful(&database).await;
    for running in exchanges.into_iter().chain([worker]) {
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_lost_are_made_anew() {
    let (here, there, channel) = (Hint::default(), Hint::default(), channel());
    let exchanges = [exchange(&redis::url(), &channel, &here), exchange(&redis::url(), &channel, &there)];
    let mut position = 0;
    for round in 0..3 {
        let before = position;
        wait::until("hints arrive", PATIENCE, async || {
            position += 1;
            here.committed(position);
            *there.subscribe().borrow() > before
        })
        .await;
        if round < 2 {
            assert!(redis::kill_connections().await > 0);
        }
    }
    for running in exchanges {
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_commands_and_readers_go_on() {
    let database = database::create().await;
    let hint = Hint::default();
    let exchange = exchange(&redis::dead_url().await, &channel(), &hint);
    let pool = database.more_pools().system().clone();
    // Another process's reader, which no hint reaches, and one of this process, which looks at hints only.
    let polling = worker(
        &database,
        StoreSource::new(pool, Hint::default().subscribe(), Duration::from_millis(20), 100),
    );
    let commands = database.commands_hinting(&hint);
    escalate(&commands, 5).await;
    caught_up(&database).await;
    polling.stop().await;
    let hinted = patient_worker(&database, &hint);
    escalate(&commands, 5).await;
    caught_up(&database).await;
    hinted.stop().await;
    exchange.stop().await;
    assert_faithful(&database).await;
}
