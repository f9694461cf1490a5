//! A rebuild beside a live read model.

use std::sync::Arc;

use seiketsu_projections::read_models::escalation_queue::EscalationQueue;
use seiketsu_projections::rebuild::rebuild;
use sqlx::Executor;

use super::{Traffic, assert_faithful, caught_up, from_kafka, from_store, more_events, relay};
use crate::support::{database, kafka};

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_equals_the_live_read_model_and_the_worker_goes_on() {
    for through_kafka in [false, true] {
        let (database, kafka) = (database::create().await, kafka::settings().await);
        let relay = relay(&database, &kafka);
        let worker = if through_kafka { from_kafka(&database, &kafka) } else { from_store(&database) };
        let traffic = Traffic::start(&database);
        more_events(&database, 200).await;
        // Rows nobody would miss if the rebuild only added to the old ones.
        database
            .superuser()
            .await
            .execute("update read_models.escalations set state = '{}' where random() < 0.5")
            .await
            .unwrap();
        let mut heard = Vec::new();
        let pool = database.more_pools().system().clone();
        let rebuilt =
            rebuild(&pool, Arc::new(EscalationQueue), |at, goal| heard.push((at, goal))).await.unwrap();
        more_events(&database, 200).await;
        traffic.stop().await;
        caught_up(&database).await;
        worker.stop().await;
        relay.stop().await;

        assert!(rebuilt.events >= 200);
        assert_eq!(heard.last().unwrap().0, heard.last().unwrap().1);
        assert_eq!(rebuilt.parked, 0);
        assert_faithful(&database).await;
    }
}
