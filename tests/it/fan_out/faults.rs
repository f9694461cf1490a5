//! The database fails under relay and workers: nothing is lost or applied twice, and nobody restarts them.

use seiketsu_domain::escalation::Escalation;

use super::{PATIENCE, assert_faithful, caught_up, from_kafka, from_store, relay};
use crate::support::{database, kafka, wait, wishes};

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
