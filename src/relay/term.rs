use std::collections::HashSet;
use std::time::Duration;

use futures::future;
use seiketsu_domain::catalogue::AGGREGATES;
use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::dead_letter::{self, StreamKey};
use seiketsu_projections::deadline::in_time;
use seiketsu_projections::kafka::topics;
use seiketsu_projections::store::events_after;
use seiketsu_projections::{crash_point, planted};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::checkpoint::{self, Progress};
use super::lease::Held;
use super::produce::{Outlet, Sent, is_about_the_event};
use super::{Failure, NAME, Relay, RelaySettings, retry};
use crate::clock;

/// Shortest time between two looks that find nothing. After each such look it is twice as long, up to the configured one: where
/// events come all the time the next one is not far.
const QUICK: Duration = Duration::from_millis(10);
/// How long events under way may take to arrive once the relay is told to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// One relay's time as the active one.
pub(super) struct Term {
    pub held: Held,
    /// Up to here events go out one by one, because Kafka refused one of them.
    pub singly_up_to: i64,
    pool: PgPool,
    settings: RelaySettings,
    hint: watch::Receiver<i64>,
    /// How long to wait for news.
    rest: Duration,
    parked: HashSet<StreamKey>,
    /// Aggregates whose topic is known to exist.
    topics: HashSet<String>,
}

impl Term {
    pub fn new(relay: &Relay, held: Held) -> Self {
        Self {
            held,
            singly_up_to: relay.singly_up_to,
            pool: relay.pool.clone(),
            settings: relay.settings.clone(),
            hint: relay.hint.clone(),
            rest: QUICK,
            parked: HashSet::new(),
            topics: HashSet::new(),
        }
    }

    /// Relays from the checkpoint on, until told to stop or something fails.
    pub async fn run(&mut self, stop: &CancellationToken) -> Result<(), Failure> {
        tokio::select! {
            sent = retry::send_asked(&self.pool, &self.settings.kafka, &mut self.held) => sent?,
            () = drained(stop) => return Ok(()),
        }
        self.parked = in_time(dead_letter::parked_streams(&self.pool, NAME)).await?;
        let outlet = Outlet::connect(&self.settings.kafka)?;
        tokio::select! {
            outcome = self.relay_through(&outlet, stop) => outcome,
            () = drained(stop) => Ok(()),
        }
    }

    async fn relay_through(&mut self, outlet: &Outlet, stop: &CancellationToken) -> Result<(), Failure> {
        self.ensure_topics(AGGREGATES.iter().map(|aggregate| aggregate.name.to_owned()).collect()).await?;
        let mut events = self.read_after(self.held.position).await?;
        while !stop.is_cancelled() {
            events = if events.is_empty() {
                self.await_news(stop).await?;
                self.read_after(self.held.position).await?
            } else {
                self.rest = QUICK;
                self.ensure_topics(aggregates_of(&events)).await?;
                self.relay(outlet, &events).await?
            };
        }
        Ok(())
    }

    /// Relays a stretch of events, and meanwhile reads the next one.
    async fn relay(&mut self, outlet: &Outlet, events: &[Envelope]) -> Result<Vec<Envelope>, Failure> {
        let last = events.last().map_or(self.held.position, |event| event.position);
        let next = self.read_after(last);
        if planted::bug("checkpoint-before-produce") {
            let early = Progress { position: last, ..Progress::default() };
            checkpoint::advance(&self.pool, self.held.epoch, self.held.position, &early).await?;
            self.held.position = last;
            // Long enough to be met in the middle.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut parked = self.parked.clone();
        let sending = outlet.send(events, &mut parked);
        let (sent, next) = self.held.while_renewing(future::join(sending, next), || note_lag(events)).await?;
        self.parked = parked;
        self.conclude(events, sent).await?;
        Ok(next?)
    }

    /// Moves the checkpoint over what arrived; then, where something did not, fails.
    async fn conclude<'a>(&mut self, events: &'a [Envelope], mut sent: Sent<'a>) -> Result<(), Failure> {
        if let Some(error) = sent.failure.as_ref().filter(|error| is_about_the_event(error)) {
            match events {
                [event] => {
                    sent.progress.set_aside.push((event, Some(error.to_string())));
                    sent.progress.position = event.position;
                }
                // The producer cannot tell which one it was.
                [.., last] => self.singly_up_to = last.position,
                [] => {}
            }
        }
        if sent.progress.position > self.held.position {
            crash_point::reached("relay.produced");
            let (epoch, from) = (self.held.epoch, self.held.position);
            in_time(checkpoint::advance(&self.pool, epoch, from, &sent.progress)).await?;
            self.held.position = sent.progress.position;
            metrics::gauge!("relay_position").set(self.held.position as f64);
            metrics::histogram!("relay_batch_events").record(events.len() as f64);
            if let Some(first) = events.first() {
                metrics::histogram!("relay_age_seconds").record(age(first));
            }
        }
        sent.failure.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn await_news(&mut self, stop: &CancellationToken) -> Result<(), Failure> {
        metrics::gauge!("relay_lag_seconds").set(0.0);
        let rest = self.rest.min(self.settings.poll);
        self.rest = rest * 2;
        let hint = &mut self.hint;
        let news = async {
            let woken_after = Instant::now() + rest.min(QUICK);
            // Timed out, woken, or no hinter left: look again in each case.
            if let Ok(Err(_closed)) = tokio::time::timeout(rest, hint.changed()).await {
                tokio::time::sleep(rest).await;
            }
            tokio::time::sleep_until(woken_after).await;
        };
        let news_or_stop = future::select(Box::pin(news), Box::pin(stop.cancelled()));
        self.held.while_renewing(news_or_stop, || ()).await?;
        Ok(())
    }

    fn read_after(&self, position: i64) -> impl Future<Output = Result<Vec<Envelope>, sqlx::Error>> + use<> {
        let limit = if position < self.singly_up_to { 1 } else { self.settings.batch };
        let pool = self.pool.clone();
        async move {
            let mut events = events_after(&pool, position, limit).await?;
            if planted::bug("reversed-batch")
                && let [earlier @ .., _last] = events.as_mut_slice()
            {
                earlier.reverse();
            }
            Ok(events)
        }
    }

    /// An aggregate may be younger than this code, in the middle of an upgrade.
    async fn ensure_topics(&mut self, aggregates: HashSet<String>) -> Result<(), Failure> {
        let missing: Vec<String> = aggregates.difference(&self.topics).cloned().collect();
        if !missing.is_empty() {
            let ensuring = topics::ensure_for(&self.settings.kafka, self.settings.replication, &missing);
            self.held.while_renewing(ensuring, || ()).await??;
            self.topics.extend(missing);
        }
        Ok(())
    }
}

fn aggregates_of(events: &[Envelope]) -> HashSet<String> {
    events.iter().map(|event| event.aggregate_type.clone()).collect()
}

/// The age of the oldest event that is not known to be in Kafka.
fn note_lag(events: &[Envelope]) {
    if let Some(oldest) = events.first() {
        metrics::gauge!("relay_lag_seconds").set(age(oldest));
    }
}

/// Seconds since an event was recorded.
fn age(event: &Envelope) -> f64 {
    clock::now().millis_since(event.recorded_at) as f64 / 1000.0
}

/// Completes a while after `stop`.
async fn drained(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}
