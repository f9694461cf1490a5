//! The way out: an idempotent producer that acknowledges in order or not at all.

use std::collections::HashSet;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::{DeliveryFuture, FutureProducer, FutureRecord};
use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::dead_letter::StreamKey;
use seiketsu_projections::kafka::{KafkaSettings, record};
use seiketsu_projections::{crash_point, planted};

use super::checkpoint::Progress;

/// Sends events to their topics and partitions.
pub(super) struct Outlet {
    settings: KafkaSettings,
    producer: Option<FutureProducer>,
}

/// What became of an event on its way.
enum Fate {
    Underway(DeliveryFuture),
    /// It cannot be sent, for this reason; without one it only follows such an event of its stream.
    SetAside(Option<String>),
}

/// How a stretch of events went out: the part without gaps, and what ended it.
pub(super) struct Sent<'a> {
    pub progress: Progress<'a>,
    pub failure: Option<KafkaError>,
}

impl Outlet {
    /// A producer of its own; what an earlier one has in flight is repeated by it.
    pub fn connect(settings: &KafkaSettings) -> Result<Self, KafkaError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &settings.brokers)
            .set("client.id", "seiketsu-relay")
            // Acknowledged by all replicas in sync, retried without duplicates or inversions.
            .set("enable.idempotence", "true")
            // One event that fails for good fails all behind it, so that none overtakes it.
            .set("enable.gapless.guarantee", "true")
            // Never given up: the broker is waited for.
            .set("message.timeout.ms", "0")
            // A stretch is handed over at once, and nothing follows before it has arrived.
            .set("linger.ms", "1")
            .set("compression.type", "lz4")
            .set("queue.buffering.max.kbytes", "65536")
            .set("socket.keepalive.enable", "true")
            .set("allow.auto.create.topics", "false")
            .create()?;
        Ok(Self { settings: settings.clone(), producer: Some(producer) })
    }

    /// Sends all events and waits for all reports. Streams in `parked` are set aside; an event that is too large
    /// adds its own.
    pub async fn send<'a>(&self, events: &'a [Envelope], parked: &mut HashSet<StreamKey>) -> Sent<'a> {
        let mut fates = Vec::with_capacity(events.len());
        let mut failure = None;
        for event in events {
            match self.hand_over(event, parked).await {
                Ok(fate) => fates.push(fate),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let mut progress = Progress::default();
        for (event, fate) in events.iter().zip(fates) {
            if let Err(error) = self.settle(event, fate, &mut progress).await {
                return Sent { progress, failure: Some(error) };
            }
        }
        Sent { progress, failure }
    }

    /// Puts an event into the producer's queue, waiting for room.
    async fn hand_over(&self, event: &Envelope, parked: &mut HashSet<StreamKey>) -> Result<Fate, KafkaError> {
        if !parked.is_empty() && parked.contains(&StreamKey::of(event)) {
            return Ok(Fate::SetAside(None));
        }
        loop {
            match self.enqueue(event) {
                Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) if is_about_the_event(&error) => {
                    parked.insert(StreamKey::of(event));
                    return Ok(Fate::SetAside(Some(error.to_string())));
                }
                enqueued => return enqueued.map(Fate::Underway),
            }
        }
    }

    fn enqueue(&self, event: &Envelope) -> Result<DeliveryFuture, KafkaError> {
        let producer = self.producer.as_ref().ok_or(KafkaError::Canceled)?;
        let key = record::key(event);
        let topic = self.settings.topic(&event.aggregate_type);
        let slot = if planted::bug("wrong-partition") { event.sequence as i16 } else { event.slot };
        let record = FutureRecord::to(&topic)
            .partition(i32::from(slot % self.settings.partitions))
            .key(&key)
            .payload(&event.payload)
            .timestamp(event.recorded_at.get().timestamp_millis())
            .headers(record::headers(event));
        producer.send_result(record).map_err(|(error, _)| error)
    }

    async fn settle<'a>(
        &self,
        event: &'a Envelope,
        fate: Fate,
        progress: &mut Progress<'a>,
    ) -> Result<(), KafkaError> {
        match fate {
            Fate::Underway(report) => {
                report.await.map_err(|_| KafkaError::Canceled)?.map_err(|(error, _)| error)?;
                let number = event.slot % self.settings.partitions;
                progress.partitions.insert((&event.aggregate_type, number), event.position);
                crash_point::reached("relay.acknowledged");
            }
            Fate::SetAside(reason) => progress.set_aside.push((event, reason)),
        }
        progress.position = event.position;
        Ok(())
    }
}

impl Drop for Outlet {
    /// Dropping a producer waits for its thread, which must not hold up ours.
    fn drop(&mut self) {
        let producer = self.producer.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || drop(producer));
        }
    }
}

/// Whether it is the event that Kafka does not take, now and at every other time.
pub(super) fn is_about_the_event(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidRecord)
    )
}
