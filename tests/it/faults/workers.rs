use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::kafka::KafkaSource;
use seiketsu_projections::read_models::escalation_queue::EscalationQueue;
use seiketsu_projections::{ApplyError, Projection};
use seiketsu_trial::fault::process::Signal;
use seiketsu_trial::run::{Process, Role, Trial};
use sqlx::PgConnection;

use super::{FROM_KAFKA, PATIENCE, Stage, shared_kafka};
use crate::fan_out::{assert_faithful, caught_up, escalate, from_kafka, parked, relay, watermark, worker_of};
use crate::support::{database, kafka, wait};

/// F-10: workers join the group and leave it, softly and not, faster than it comes to rest.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; run by make chaos"]
async fn workers_that_come_and_go_apply_everything_once() {
    let database = database::create().await;
    let stage = Stage::with_kafka(&database.url, &shared_kafka(), &[FROM_KAFKA]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-10", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        let mut guests: Vec<Process> = Vec::new();
        for coming in 0..4 {
            guests.push(stage.start(Role::Projections).await);
            tokio::time::sleep(Duration::from_secs(2)).await;
            if coming % 2 == 1 {
                let signal = if trial.round() % 2 == 0 { Signal::Kill } else { Signal::Term };
                let mut leaving = guests.remove(0);
                leaving.signal(signal).unwrap();
                leaving.end().await.unwrap();
                struck += 1;
            }
        }
        // One that stands still for longer than its session lasts finds its partitions gone.
        guests[0].signal(Signal::Stop).unwrap();
        tokio::time::sleep(Duration::from_secs(11)).await;
        guests[0].signal(Signal::Cont).unwrap();
        trial.more(200).await.unwrap();
        struck += 1;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// The escalation queue, with something wrong with it.
struct Odd {
    /// For each event.
    takes: Duration,
    /// Panics at an event of this type.
    cannot_stand: &'static str,
}

#[async_trait]
impl Projection for Odd {
    fn name(&self) -> &'static str {
        EscalationQueue.name()
    }

    fn aggregates(&self) -> &'static [&'static str] {
        EscalationQueue.aggregates()
    }

    fn tables(&self) -> &'static [&'static str] {
        EscalationQueue.tables()
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        tokio::time::sleep(self.takes * u32::try_from(batch.len()).unwrap()).await;
        assert!(batch.iter().all(|event| event.event_type != self.cannot_stand), "cannot stand it");
        EscalationQueue.apply(rows, batch).await
    }
}

/// F-11: a consumer takes a fifth of a second per event.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_consumer_holds_nobody_up() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let (relay, commands) = (relay(&database, &kafka), database.commands());
    let slow: Arc<dyn Projection> = Arc::new(Odd { takes: Duration::from_millis(200), cannot_stand: "" });
    let worker = worker_of(&database, vec![slow], KafkaSource::new(kafka.clone(), 10));
    escalate(&commands, 5).await;
    wait::until("it is at work", PATIENCE, async || watermark(&database).await > 0).await;
    for _ in 0..10 {
        escalate(&commands, 20).await;
    }
    let events = database.event_count().await;
    wait::until("the relay has arrived", PATIENCE, async || {
        sqlx::query_scalar("select position = $1 from relay")
            .bind(events)
            .fetch_one(database.pools.system())
            .await
            .unwrap()
    })
    .await;
    assert!(watermark(&database).await < events, "it was to be slow");
    // Another worker of the group, which is not, does the rest.
    worker.stop().await;
    let worker = from_kafka(&database, &kafka);
    caught_up(&database).await;
    worker.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

/// F-12: code panics at an event. What cannot be read or does not follow is tried in `tests/it/fan_out/poison.rs`.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_makes_code_panic_is_parked_and_the_rest_goes_on() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let (relay, commands) = (relay(&database, &kafka), database.commands());
    let odd: Arc<dyn Projection> =
        Arc::new(Odd { takes: Duration::ZERO, cannot_stand: "escalation.assigned" });
    let worker = worker_of(&database, vec![odd], KafkaSource::new(kafka.clone(), 100));
    let (sick, well) = (escalate(&commands, 3).await, escalate(&commands, 1).await);
    caught_up(&database).await;
    worker.stop().await;
    relay.stop().await;
    let parked = parked(&database, "escalation_queue").await;
    assert_eq!(parked.iter().map(|event| (event.0, event.1)).collect::<Vec<_>>(), [(sick, 2), (sick, 3)]);
    assert!(parked[0].2.as_ref().unwrap().contains("cannot stand it"), "{parked:?}");
    let shown: Vec<uuid::Uuid> = sqlx::query_scalar("select id from read_models.escalations where id = $1")
        .bind(well)
        .fetch_all(database.pools.system())
        .await
        .unwrap();
    assert_eq!(shown, [well]);
}
