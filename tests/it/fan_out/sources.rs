//! Read models fed from the store and from Kafka: the same rows, whichever it is and whenever that changes.

use seiketsu_projections::kafka::KafkaSettings;
use seiketsu_projections::store::head;

use super::{
    PATIENCE, Traffic, assert_faithful, caught_up, escalate, from_kafka, from_store, more_events, relay,
    relayed, watermark,
};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wait};

#[tokio::test(flavor = "multi_thread")]
async fn everything_appended_arrives_through_kafka_once() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let (relay, worker) = (relay(&database, &kafka), from_kafka(&database, &kafka));
    let traffic = Traffic::start(&database);
    more_events(&database, 500).await;
    traffic.stop().await;
    caught_up(&database).await;
    worker.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_can_be_switched_there_and_back_with_traffic_running() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    let traffic = Traffic::start(&database);
    for round in 0..2 {
        let worker = from_store(&database);
        applied_more(&database).await;
        worker.stop().await;
        more_events(&database, 50).await;
        let worker = from_kafka(&database, &kafka);
        applied_more(&database).await;
        if round == 0 {
            worker.stop().await
        } else {
            worker.kill().await
        }
        more_events(&database, 50).await;
    }
    let worker = from_store(&database);
    applied_more(&database).await;
    traffic.stop().await;
    caught_up(&database).await;
    worker.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_on_both_sources_at_once_do_not_apply_an_event_twice() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    let traffic = Traffic::start(&database);
    let workers = [from_store(&database), from_kafka(&database, &kafka), from_store(&database)];
    applied_more(&database).await;
    applied_more(&database).await;
    traffic.stop().await;
    caught_up(&database).await;
    for worker in workers {
        worker.stop().await;
    }
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_a_group_may_come_go_and_die() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    let traffic = Traffic::start(&database);
    let first = from_kafka(&database, &kafka);
    applied_more(&database).await;
    let second = from_kafka(&database, &kafka);
    shared_by_two(&database, &kafka).await;
    applied_more(&database).await;
    first.stop().await;
    applied_more(&database).await;
    let third = from_kafka(&database, &kafka);
    applied_more(&database).await;
    second.kill().await;
    applied_more(&database).await;
    traffic.stop().await;
    caught_up(&database).await;
    third.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kafka_has_forgotten_is_read_from_the_store() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let relay = relay(&database, &kafka);
    // The first part is applied through Kafka, the second is forgotten before it is, the third is there.
    for part in 0..3 {
        for _ in 0..20 {
            escalate(&commands, 3).await;
        }
        relayed(&database).await;
        match part {
            0 => {
                let worker = from_kafka(&database, &kafka);
                caught_up(&database).await;
                worker.stop().await;
            }
            1 => kafka::forget(&kafka, "escalation").await,
            _ => {}
        }
    }
    let worker = from_kafka(&database, &kafka);
    caught_up(&database).await;
    worker.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_that_is_new_gets_what_kafka_has_forgotten_from_the_store() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let relay = relay(&database, &kafka);
    for _ in 0..20 {
        escalate(&commands, 3).await;
    }
    relayed(&database).await;
    kafka::forget(&kafka, "escalation").await;
    let worker = from_kafka(&database, &kafka);
    for _ in 0..20 {
        escalate(&commands, 3).await;
    }
    caught_up(&database).await;
    worker.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

/// Waits until the worker has done something, and traffic has gone on.
async fn applied_more(database: &TestDatabase) {
    let head = head(database.pools.system()).await.unwrap();
    wait::until("the read model has moved", PATIENCE, async || watermark(database).await > head).await;
}

/// Waits until two members of the group have partitions.
async fn shared_by_two(_database: &TestDatabase, kafka: &KafkaSettings) {
    wait::until("both workers have partitions", PATIENCE, async || {
        kafka::members_with_partitions(kafka).await == 2
    })
    .await;
}
