//! A paused projection stands still, the others of its worker go on; resumed, it has lost nothing.

use std::sync::Arc;

use seiketsu_domain::lead::Lead;
use seiketsu_projections::kafka::KafkaSource;
use seiketsu_projections::read_models::escalation_queue::EscalationQueue;
use seiketsu_projections::read_models::leads::Leads;
use seiketsu_projections::{Projection, pause, store};

use super::{PATIENCE, assert_faithful, caught_up, escalate, polling, relay, worker_of};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wait, wishes};

/// Waits until the list of leads has everything that is stored.
async fn leads_caught_up(database: &TestDatabase) {
    let head = store::head(database.pools.system()).await.unwrap();
    wait::until("the leads have caught up", PATIENCE, async || {
        let at: i64 = sqlx::query_scalar("select projection_watermark('leads', $1)")
            .bind(Leads.version())
            .fetch_one(database.pools.system())
            .await
            .unwrap();
        at >= head
    })
    .await;
}

async fn escalations(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from read_models.escalations")
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}

async fn lead(database: &TestDatabase) {
    let (tenant, id) = (wishes::tenant(), seiketsu::ids::new());
    let commands = database.commands();
    commands.create::<Lead>(&wishes::of(tenant), id, wishes::create_lead(tenant, id)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_projection_stands_still_until_it_is_resumed() {
    for through_kafka in [false, true] {
        let (database, kafka) = (database::create().await, kafka::settings().await);
        let relay = relay(&database, &kafka);
        let both: Vec<Arc<dyn Projection>> = vec![Arc::new(EscalationQueue), Arc::new(Leads)];
        let worker = if through_kafka {
            worker_of(&database, both, KafkaSource::new(kafka.clone(), 100))
        } else {
            worker_of(&database, both, polling(&database))
        };
        let pool = database.more_pools().system().clone();
        escalate(&database.commands(), 3).await;
        caught_up(&database).await;
        assert!(pause::pause(&pool, "escalation_queue", "to look", "cli:ada").await.unwrap());
        assert!(!pause::pause(&pool, "escalation_queue", "again", "cli:ada").await.unwrap());

        escalate(&database.commands(), 3).await;
        lead(&database).await;
        leads_caught_up(&database).await;
        assert_eq!(escalations(&database).await, 1, "the others went on, it did not");
        let [paused] = pause::paused(&pool).await.unwrap().try_into().unwrap();
        assert_eq!((paused.reason.as_str(), paused.paused_by.as_str()), ("to look", "cli:ada"));

        assert!(pause::resume(&pool, "escalation_queue").await.unwrap());
        escalate(&database.commands(), 3).await;
        caught_up(&database).await;
        worker.stop().await;
        relay.stop().await;
        assert_faithful(&database).await;
    }
}
