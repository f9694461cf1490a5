//! Database and broker fail under relay and workers: nothing is lost or applied twice, and nobody restarts them.

use std::time::Duration;

use seiketsu_domain::escalation::Escalation;
use seiketsu_projections::kafka::topics;

use super::{PATIENCE, assert_faithful, caught_up, escalate, from_kafka, from_store, relay};
use crate::support::broker::Broker;
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wait, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stops_answering_delays_events_and_loses_none() {
    let broker = tokio::task::spawn_blocking(Broker::start).await.unwrap();
    let kafka = kafka::settings_at(broker.address.clone());
    topics::ensure(&kafka, 1).await.unwrap();
    let database = database::create().await;
    let commands = database.commands();
    let running = [relay(&database, &kafka), from_kafka(&database, &kafka)];
    escalate(&commands, 10).await;
    caught_up(&database).await;
    let before = relayed(&database).await;

    broker.pause();
    for _ in 0..20 {
        escalate(&commands, 10).await;
    }
    // Long enough for requests under way to be given up and sent anew.
    tokio::time::sleep(OUTAGE).await;
    assert_eq!(relayed(&database).await, before, "the broker was to answer nothing");
    assert_eq!(database.event_count().await, before + 200, "commands do not wait for Kafka");

    broker.resume();
    caught_up(&database).await;
    for running in running {
        running.stop().await;
    }
    assert_faithful(&database).await;
}

/// The relay's checkpoint.
async fn relayed(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select position from relay").fetch_one(database.pools.system()).await.unwrap()
}

/// How long the broker answers nothing.
const OUTAGE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn relay_and_workers_survive_the_loss_of_their_connections() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let running = [relay(&database, &kafka), from_kafka(&database, &kafka), from_store(&database)];
    let tenant = wishes::tenant();
    for round in 0..10 {
        for _ in 0..10 {
            // The outcome is unknown where the connection is lost; here it does not matter.
            let id = seiketsu::ids::new();
            drop(
                commands
                    .create::<Escalation>(&wishes::of(tenant), id, wishes::raise_escalation(tenant, id))
                    .await,
            );
        }
        if round % 2 == 0 {
            // One after the other too: whoever reconnects is killed again.
            let mut killed = 0;
            wait::until("connections are killed", PATIENCE, async || {
                killed += database.kill_connections().await;
                killed > 3
            })
            .await;
        }
    }
    caught_up(&database).await;
    for running in running {
        running.stop().await;
    }
    assert_faithful(&database).await;
}
