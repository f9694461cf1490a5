//! What the relay could not send: sent again, or gone without.

use seiketsu::relay::retry;
use seiketsu_projections::kafka::KafkaSettings;
use seiketsu_projections::skip::{SkipError, skipped};
use uuid::Uuid;

use super::relay::{Wire, checkpoint, insert_event};
use super::{PATIENCE, escalate, parked, relay, relayed};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wait};

/// Two streams parked by a relay at work: of the first the event at position 4 was refused, of the second that at 6; what
/// waits behind each is at the position after it.
async fn two_parked_streams(database: &TestDatabase, kafka: &KafkaSettings) -> [Uuid; 2] {
    let commands = database.commands();
    kafka::limit_records(kafka, "escalation", 20_000).await;
    let ids = [escalate(&commands, 1).await, escalate(&commands, 1).await];
    escalate(&commands, 1).await;
    relayed(database).await;
    let mut superuser = database.superuser().await;
    for (id, sequence, size) in [(ids[0], 2, 60_000), (ids[0], 3, 10), (ids[1], 2, 60_000), (ids[1], 3, 10)] {
        insert_event(&mut superuser, id, sequence, size).await;
    }
    wait::until("they are parked", PATIENCE, async || parked(database, "relay").await.len() == 4).await;
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_events_are_sent_again_in_order_and_what_follows_goes_its_usual_way() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    let [first, second] = two_parked_streams(&database, &kafka).await;
    let pool = database.pools.system();

    // Still too large: it is parked again, for this reason, and what waits still waits.
    assert_eq!(retry::ask(pool, Some(7)).await.unwrap(), 2);
    wait::until("it was tried", PATIENCE, async || nobody_asks(&database).await).await;
    assert_eq!(parked(&database, "relay").await.len(), 4);
    kafka::limit_records(&kafka, "escalation", 1_000_000).await;
    sent_in_the_end(&database, Some(5), 2).await;
    insert_event(&mut database.superuser().await, first, 4, 10).await;
    insert_event(&mut database.superuser().await, second, 4, 10).await;
    wait::until("what came since is dealt with", PATIENCE, async || checkpoint(&database).await == 9).await;
    assert_eq!(parked(&database, "relay").await.len(), 3, "the second is parked as before");
    sent_in_the_end(&database, None, 0).await;
    relay.stop().await;

    let mut wire = Wire::tap(&kafka);
    wire.read_until(9).await;
    assert_eq!((wire.sequences_of(first), wire.sequences_of(second)), (vec![1, 2, 3, 4], vec![1, 2, 3, 4]));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_skipped_event_the_relay_goes_on() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    let [first, _] = two_parked_streams(&database, &kafka).await;
    let pool = database.pools.system();
    let refused = retry::skip(pool, 5, ("too large", "cli:ada")).await;
    assert!(matches!(refused, Err(SkipError::OnlyWaits(4))), "{refused:?}");
    assert_eq!(retry::skip(pool, 4, ("too large", "cli:ada")).await.unwrap(), 1);
    wait::until("what waited is sent", PATIENCE, async || parked(&database, "relay").await.len() == 2).await;
    relay.stop().await;

    let skipped = skipped(pool, Some("relay"), 10).await.unwrap();
    let skipped: Vec<_> = skipped.iter().map(|event| (event.position, event.skipped_by.as_str())).collect();
    assert_eq!(skipped, [(4, "cli:ada")]);
    let mut wire = Wire::tap(&kafka);
    wire.read_until(4).await;
    assert_eq!(wire.sequences_of(first), [1, 3]);
}

/// Asks until no more are parked than are to stay; now and then a broker is slow to take larger records.
async fn sent_in_the_end(database: &TestDatabase, position: Option<i64>, left: usize) {
    wait::until("they are sent", PATIENCE, async || {
        let done = parked(database, "relay").await.len() == left;
        if !done && nobody_asks(database).await {
            retry::ask(database.pools.system(), position).await.unwrap();
        }
        done
    })
    .await;
}

async fn nobody_asks(database: &TestDatabase) -> bool {
    sqlx::query_scalar("select not exists (select from dead_letters where asked_at is not null)")
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}
