//! A worker gives up waiting for the next batch whenever something else happens first: nothing of it may be lost, or come
//! twice.

use std::time::Duration;

use seiketsu_projections::kafka::KafkaSource;
use seiketsu_projections::source::{ResumePoint, Source, SourceError};
use seiketsu_projections::store::{events_after, head};

use super::{Traffic, escalate, polling, relay, relayed};
use crate::support::{database, kafka};

/// Shorter than a batch waits to fill, or a read of the store takes: hardly any call ends by itself.
const GIVE_UP: Duration = Duration::from_millis(1);
const EVENTS: usize = 600;

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_the_store_that_nobody_waited_for_are_handed_out_later() {
    let database = database::create().await;
    let traffic = Traffic::start(&database);
    let seen = read(Box::new(polling(&database))).await;
    traffic.stop().await;
    let stored = events_after(database.pools.system(), 0, i64::MAX).await.unwrap();
    let stored: Vec<i64> = stored.iter().map(|event| event.position).take(seen.len()).collect();
    assert_eq!(seen, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_kafka_that_nobody_waited_for_are_handed_out_later() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let (commands, relay) = (database.commands(), relay(&database, &kafka));
    for _ in 0..EVENTS / 5 {
        escalate(&commands, 5).await;
    }
    relayed(&database).await;
    let head = head(database.pools.system()).await.unwrap();
    let mut seen = read(Box::new(KafkaSource::new(kafka.clone(), 100))).await;
    relay.stop().await;
    seen.sort_unstable();
    assert_eq!(seen, (1..=head).collect::<Vec<_>>());
}

/// The positions of the first events of a source, as they come to somebody who has no patience.
async fn read(mut source: Box<dyn Source>) -> Vec<i64> {
    let (mut seen, mut given_up, mut batches) = (Vec::new(), 0, 0);
    source.resume(&ResumePoint::default()).await.unwrap();
    while seen.len() < EVENTS {
        match tokio::time::timeout(GIVE_UP, source.next()).await {
            Err(_) => given_up += 1,
            Ok(Err(SourceError::Reassigned)) => source.resume(&ResumePoint::default()).await.unwrap(),
            Ok(batch) => {
                let batch = batch.unwrap();
                batches += 1;
                seen.extend(batch.events.iter().map(|event| event.position));
                source.applied(&batch);
            }
        }
    }
    assert!(given_up > batches, "{given_up} calls were given up for {batches} batches");
    seen
}
