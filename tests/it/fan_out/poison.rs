//! An event that cannot be applied parks its stream, from either source; all others go on.

use std::sync::Arc;

use seiketsu_domain::escalation::Escalation;
use seiketsu_projections::read_models::escalation_queue::EscalationQueue;
use seiketsu_projections::retry::{Retried, retry};
use seiketsu_projections::{Projection, dead_letter};
use uuid::Uuid;

use super::{
    Traffic, assert_faithful, caught_up, escalate, from_kafka, from_store, more_events, parked, relay,
};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_parks_its_stream_and_the_others_go_on() {
    for through_kafka in [false, true] {
        let (database, kafka) = (database::create().await, kafka::settings().await);
        let relay = relay(&database, &kafka);
        let worker = if through_kafka { from_kafka(&database, &kafka) } else { from_store(&database) };
        let commands = database.commands();
        let (sick, well) = (escalate(&commands, 2).await, escalate(&commands, 2).await);
        append_to(&database, sick, "escalation.abducted").await;
        append_to(&database, sick, "escalation.timed_out").await;
        append_to(&database, well, "escalation.timed_out").await;
        let later = escalate(&commands, 3).await;
        caught_up(&database).await;
        // Also what comes when the stream is known to be parked.
        append_to(&database, sick, "escalation.timed_out").await;
        caught_up(&database).await;
        worker.stop().await;
        relay.stop().await;

        let parked = parked(&database, "escalation_queue").await;
        assert_eq!(
            parked.iter().map(|event| (event.0, event.1)).collect::<Vec<_>>(),
            [(sick, 3), (sick, 4), (sick, 5)]
        );
        assert!(parked[0].2.as_ref().unwrap().contains("unknown event type escalation.abducted"));
        assert_eq!((&parked[1].2, &parked[2].2), (&None, &None));
        assert_eq!(versions(&database, [sick, well, later]).await, [2, 3, 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_stream_is_listed_with_the_event_that_failed() {
    let database = database::create().await;
    let worker = from_store(&database);
    let commands = database.commands();
    let (sick, _well) = (escalate(&commands, 2).await, escalate(&commands, 2).await);
    append_to(&database, sick, "escalation.abducted").await;
    append_to(&database, sick, "escalation.timed_out").await;
    caught_up(&database).await;
    worker.stop().await;

    let list = async |of| dead_letter::list(database.pools.system(), of, 100).await.unwrap();
    let listed = list(Some("escalation_queue")).await;
    let [stream] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((stream.aggregate_id, stream.sequence, stream.events), (sick, 3, 2));
    assert!(stream.error.contains("unknown event type escalation.abducted"));
    assert_eq!(list(None).await.len(), 1);
    assert!(list(Some("leads")).await.is_empty());
}

/// An event as newer code might have written it, or nobody.
async fn append_to(database: &TestDatabase, id: Uuid, event_type: &str) {
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         select nextval('event_position'), tenant_id, aggregate_type, aggregate_id, sequence + 1, slot,
                gen_random_uuid(), $2, 1, '{\"at\":\"2026-01-01T00:00:00Z\"}', metadata, now(), now()
           from events where aggregate_id = $1 order by sequence desc limit 1",
    )
    .bind(id)
    .bind(event_type)
    .execute(&mut database.superuser().await)
    .await
    .unwrap();
}

async fn versions(database: &TestDatabase, ids: [Uuid; 3]) -> Vec<i64> {
    sqlx::query_scalar(
        "select (e.state ->> 'version')::bigint from unnest($1::uuid[]) with ordinality as k(id, n)
           join read_models.escalations e using (id) order by k.n",
    )
    .bind(ids)
    .fetch_all(database.pools.system())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_events_are_applied_in_order_once_their_cause_is_gone() {
    for through_kafka in [false, true] {
        let (database, kafka) = (database::create().await, kafka::settings().await);
        let relay = relay(&database, &kafka);
        let worker = if through_kafka { from_kafka(&database, &kafka) } else { from_store(&database) };
        let commands = database.commands();
        let traffic = Traffic::start(&database);
        let (tenant, id) = (wishes::tenant(), seiketsu::ids::new());
        let wish = wishes::of(tenant);
        commands.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.unwrap();
        caught_up(&database).await;
        let row = exchange_state(&database, id, "{}").await;
        for _ in 0..3 {
            commands.execute::<Escalation>(&wish, id, wishes::reassign()).await.unwrap();
        }
        caught_up(&database).await;
        assert_eq!(parked(&database, "escalation_queue").await.len(), 3);

        // While the row is as it is, trying again changes nothing.
        let queue: Arc<dyn Projection> = Arc::new(EscalationQueue);
        let pool = database.more_pools().system().clone();
        assert_eq!(retry(&pool, &queue).await.unwrap(), Retried { applied: 0, parked: 3 });
        exchange_state(&database, id, &row).await;
        let retried = retry(&pool, &queue).await.unwrap();
        assert_eq!(retried, Retried { applied: 3, parked: 0 });
        // The worker knows: what comes now is not held back.
        commands.execute::<Escalation>(&wish, id, wishes::reassign()).await.unwrap();
        more_events(&database, 20).await;
        traffic.stop().await;
        caught_up(&database).await;
        worker.stop().await;
        relay.stop().await;
        assert_faithful(&database).await;
    }
}

/// Puts another state into a row of the queue, and returns the one that was there.
async fn exchange_state(database: &TestDatabase, id: Uuid, state: &str) -> String {
    sqlx::query_scalar(
        "with before as (select id, state from read_models.escalations where id = $1)
         update read_models.escalations e set state = $2::json from before where e.id = before.id
         returning before.state::text",
    )
    .bind(id)
    .bind(state)
    .fetch_one(database.pools.system())
    .await
    .unwrap()
}
