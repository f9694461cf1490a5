//! An event that cannot be applied parks its stream, from either source; all others go on.

use uuid::Uuid;

use super::{caught_up, escalate, from_kafka, from_store, parked, relay};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka};

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
