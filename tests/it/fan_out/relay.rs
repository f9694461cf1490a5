//! The relay alone: what is on the wire.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use seiketsu::ids;
use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::kafka::{KafkaSettings, record};
use seiketsu_projections::store::events_after;
use sqlx::Connection;
use uuid::Uuid;

use super::{PATIENCE, Traffic, escalate, more_events, parked, relay, relay_with};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wait};

/// All records of the escalation topic, from the first on.
pub(super) struct Wire {
    consumer: StreamConsumer,
    records: Vec<(i32, Envelope)>,
}

impl Wire {
    pub(super) fn tap(settings: &KafkaSettings) -> Self {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", &settings.brokers)
            .set("group.id", format!("{}-tap", settings.group))
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        let mut all = TopicPartitionList::new();
        for number in 0..settings.partitions {
            let topic = settings.topic("escalation");
            all.add_partition_offset(&topic, i32::from(number), Offset::Beginning).unwrap();
        }
        consumer.assign(&all).unwrap();
        Self { consumer, records: Vec::new() }
    }

    /// Reads until so many different events have been seen.
    pub(super) async fn read_until(&mut self, events: i64) {
        let mut seen: HashSet<Uuid> = self.records.iter().map(|(_, event)| event.event_id).collect();
        let reading = async {
            while (seen.len() as i64) < events {
                seen.insert(self.read().await);
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("not all events arrived");
    }

    /// Reads until there are so many records, repeats included.
    async fn read_records(&mut self, records: usize) {
        let reading = async {
            while self.records.len() < records {
                self.read().await;
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("not all records arrived");
    }

    async fn read(&mut self) -> Uuid {
        let message = self.consumer.recv().await.unwrap();
        let event = record::decode(&message).unwrap();
        assert_eq!(message.key(), Some(record::key(&event).as_bytes()));
        let event_id = event.event_id;
        self.records.push((message.partition(), event));
        event_id
    }

    /// Of one stream, as they came.
    pub(super) fn sequences_of(&self, id: Uuid) -> Vec<i64> {
        let of_stream = self.records.iter().filter(|(_, event)| event.aggregate_id == id);
        of_stream.map(|(_, event)| event.sequence).collect()
    }

    /// Each event once, in the order in which its partition showed it first; also how many were repeats.
    fn first_seen(&self) -> (HashMap<i32, Vec<&Envelope>>, usize) {
        let mut seen = HashSet::new();
        let mut partitions: HashMap<i32, Vec<&Envelope>> = HashMap::new();
        for (partition, event) in &self.records {
            if seen.insert((partition, event.event_id)) {
                partitions.entry(*partition).or_default().push(event);
            }
        }
        (partitions, self.records.len() - seen.len())
    }

    /// What is promised, whatever happened: every event of the store, in its partition, in order. How many repeats.
    async fn assert_complete(&self, database: &TestDatabase) -> usize {
        let (partitions, repeats) = self.first_seen();
        for events in partitions.values() {
            assert!(events.is_sorted_by_key(|event| event.position), "a partition is out of order");
        }
        let stored = events_after(database.pools.system(), 0, i64::MAX).await.unwrap();
        let mut relayed: HashMap<Uuid, i32> = HashMap::new();
        for (partition, events) in partitions {
            relayed.extend(events.iter().map(|event| (event.event_id, partition)));
        }
        assert_eq!(relayed.len(), stored.len());
        for event in stored {
            assert_eq!(relayed.get(&event.event_id), Some(&i32::from(event.slot % super::PARTITIONS)));
        }
        repeats
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_on_the_wire_once_and_as_stored() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let relay = relay(&database, &kafka);
    for _ in 0..20 {
        escalate(&commands, 3).await;
    }

    let mut wire = Wire::tap(&kafka);
    wire.read_until(database.event_count().await).await;
    wait::until("the checkpoint has followed", PATIENCE, async || checkpoint(&database).await == 60).await;
    relay.stop().await;
    assert_eq!(wire.assert_complete(&database).await, 0);
    let stored = events_after(database.pools.system(), 0, 1000).await.unwrap();
    let mut relayed: Vec<&Envelope> = wire.records.iter().map(|(_, event)| event).collect();
    relayed.sort_by_key(|event| event.position);
    for (stored, relayed) in stored.iter().zip(relayed) {
        assert_eq!(format!("{stored:?}"), format!("{relayed:?}"));
    }
    assert_eq!(last_positions(&database).await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_before_its_checkpoint_repeats_and_leaves_no_gap() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let first = relay_with(&database, &kafka, Duration::from_secs(600), 100);
    escalate(&commands, 1).await;
    wait::until("the relay is at work", PATIENCE, async || checkpoint(&database).await == 1).await;

    // Its row is held, so that it produces and cannot note it.
    let mut superuser = database.superuser().await;
    let mut hold = superuser.begin().await.unwrap();
    sqlx::query("select from relay for update").execute(&mut *hold).await.unwrap();
    escalate(&commands, 20).await;
    let mut wire = Wire::tap(&kafka);
    wire.read_until(2).await;
    first.kill().await;
    hold.rollback().await.unwrap();

    let second = relay(&database, &kafka);
    assert_eq!(checkpoint(&database).await, 1);
    sqlx::query("update relay set lease_until = now()").execute(database.pools.system()).await.unwrap();
    wait::until("another relay has caught up", PATIENCE, async || checkpoint(&database).await == 21).await;
    escalate(&commands, 1).await;
    wire.read_until(22).await;
    second.stop().await;
    assert!(wire.assert_complete(&database).await > 0, "the kill was to leave repeats");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_relays_one_is_active_and_the_other_takes_over() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    // Renewed every five seconds, so that a busy machine is in time too.
    let lease = Duration::from_secs(15);
    let traffic = Traffic::start(&database);
    let first = relay_with(&database, &kafka, lease, 100);
    wait::until("the first is at work", PATIENCE, async || checkpoint(&database).await > 0).await;
    let second = relay_with(&database, &kafka, lease, 100);
    let taken_until = lease_until(&database).await;
    wait::until("the first renews", PATIENCE, async || lease_until(&database).await > taken_until).await;
    assert_eq!(epoch(&database).await, 1, "the second waits while the first renews");

    first.kill().await;
    more_events(&database, 20).await;
    assert_eq!(epoch(&database).await, 1, "what is killed releases nothing");
    sqlx::query("update relay set lease_until = now()").execute(database.pools.system()).await.unwrap();
    wait::until("the second takes over", PATIENCE, async || epoch(&database).await == 2).await;
    more_events(&database, 20).await;
    // Told to stop, it gives the lease back: nobody waits for it to run out.
    second.stop().await;
    assert_eq!(owner(&database).await, None);
    let third = relay_with(&database, &kafka, Duration::from_secs(600), 100);
    wait::until("the third is at work", PATIENCE, async || epoch(&database).await == 3).await;
    traffic.stop().await;

    let mut wire = Wire::tap(&kafka);
    wire.read_until(database.event_count().await).await;
    third.stop().await;
    wire.assert_complete(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_replaced_unnoticed_cannot_move_the_checkpoint() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let replaced = relay_with(&database, &kafka, Duration::from_secs(600), 100);
    escalate(&commands, 1).await;
    wait::until("it is at work", PATIENCE, async || checkpoint(&database).await == 1).await;

    // As another relay does after the lease ran out; this one will not look at it for minutes.
    let other = Uuid::from_u128(1);
    sqlx::query("update relay set epoch = epoch + 1, owner = $1, lease_until = 'infinity'")
        .bind(other)
        .execute(database.pools.system())
        .await
        .unwrap();
    escalate(&commands, 1).await;
    let mut wire = Wire::tap(&kafka);
    wire.read_until(2).await;
    replaced.stop().await;
    assert_eq!(checkpoint(&database).await, 1);
    assert_eq!(owner(&database).await, Some(other), "nor can it release what is not its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_set_back_is_relayed_from_again() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let relay = relay(&database, &kafka);
    escalate(&commands, 10).await;
    wait::until("the relay has caught up", PATIENCE, async || checkpoint(&database).await == 10).await;
    // By an operator, or by a database that crashed and forgot what need not be on disk.
    sqlx::query("update relay set position = 5").execute(database.pools.system()).await.unwrap();
    escalate(&commands, 1).await;
    wait::until("the relay has caught up again", PATIENCE, async || checkpoint(&database).await == 11).await;
    relay.stop().await;

    // 1 to 11, the last of them sent before the relay noticed, then 6 to 11 again.
    let mut wire = Wire::tap(&kafka);
    wire.read_records(17).await;
    assert_eq!(wire.assert_complete(&database).await, 6, "from there on everything is repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_large_for_kafka_is_parked_with_its_stream_and_the_rest_goes_on() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let (large, small) = (escalate(&commands, 1).await, escalate(&commands, 1).await);
    let mut superuser = database.superuser().await;
    for (id, sequence, size) in [(large, 2, 1_500_000), (large, 3, 10), (small, 2, 10)] {
        insert_event(&mut superuser, id, sequence, size).await;
    }

    let relay = relay(&database, &kafka);
    wait::until("everything is dealt with", PATIENCE, async || checkpoint(&database).await == 5).await;
    // A relay that starts later knows what is parked.
    relay.stop().await;
    insert_event(&mut superuser, large, 4, 10).await;
    let relay = super::relay(&database, &kafka);
    wait::until("that too", PATIENCE, async || checkpoint(&database).await == 6).await;
    relay.stop().await;

    let mut wire = Wire::tap(&kafka);
    wire.read_until(3).await;
    assert_eq!(wire.records.len(), 3);
    let parked = parked(&database, "relay").await;
    assert_eq!(
        parked.iter().map(|(id, sequence, reason)| (*id, *sequence, reason.is_some())).collect::<Vec<_>>(),
        [(large, 2, true), (large, 3, false), (large, 4, false)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_the_broker_refuses_is_found_and_parked() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    kafka::limit_records(&kafka, "escalation", 20_000).await;
    let relay = relay(&database, &kafka);
    let mut superuser = database.superuser().await;
    let ids = [escalate(&commands, 1).await, escalate(&commands, 1).await, escalate(&commands, 1).await];
    wait::until("the relay is at work", PATIENCE, async || checkpoint(&database).await == 3).await;
    // The client lets them pass; the broker does not, and cannot say which of a batch it was.
    let mut batch = superuser.begin().await.unwrap();
    for (id, sequence, size) in [(ids[0], 2, 10), (ids[1], 2, 60_000), (ids[1], 3, 10), (ids[2], 2, 10)] {
        insert_event(&mut batch, id, sequence, size).await;
    }
    batch.commit().await.unwrap();
    wait::until("everything is dealt with", PATIENCE, async || checkpoint(&database).await == 7).await;
    relay.stop().await;

    let mut wire = Wire::tap(&kafka);
    wire.read_until(5).await;
    let parked = parked(&database, "relay").await;
    assert_eq!(
        parked.iter().map(|(id, sequence, _)| (*id, *sequence)).collect::<Vec<_>>(),
        [(ids[1], 2), (ids[1], 3)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregate_this_code_does_not_know_gets_its_topic() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         values (nextval('event_position'), gen_random_uuid(), 'visit', gen_random_uuid(), 1, 5, gen_random_uuid(),
                 'visit.begun', 1, '{}', '{}', now(), now())",
    )
    .execute(&mut database.superuser().await)
    .await
    .unwrap();
    wait::until("it is relayed", PATIENCE, async || checkpoint(&database).await == 1).await;
    relay.stop().await;
}

pub(super) async fn insert_event(connection: &mut sqlx::PgConnection, id: Uuid, sequence: i64, size: usize) {
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         select nextval('event_position'), tenant_id, aggregate_type, aggregate_id, $2, slot, gen_random_uuid(),
                'escalation.timed_out', 1, to_json($3::text), metadata, now(), now()
           from events where aggregate_id = $1 and sequence = 1",
    )
    .bind(id)
    .bind(sequence)
    .bind(incompressible(size))
    .execute(connection)
    .await
    .unwrap();
}

fn incompressible(size: usize) -> String {
    std::iter::repeat_with(|| ids::new::<Uuid>().simple().to_string()[16..].to_owned())
        .take(size / 16 + 1)
        .collect()
}

pub(super) async fn checkpoint(database: &TestDatabase) -> i64 {
    let position: Option<i64> = sqlx::query_scalar("select max(position) from relay")
        .fetch_one(database.pools.system())
        .await
        .unwrap();
    position.unwrap_or(0)
}

async fn last_positions(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select max(position) from relay_partitions")
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}

async fn epoch(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select epoch from relay").fetch_one(database.pools.system()).await.unwrap()
}

async fn lease_until(database: &TestDatabase) -> DateTime<Utc> {
    sqlx::query_scalar("select lease_until from relay").fetch_one(database.pools.system()).await.unwrap()
}

async fn owner(database: &TestDatabase) -> Option<Uuid> {
    sqlx::query_scalar("select owner from relay").fetch_one(database.pools.system()).await.unwrap()
}
