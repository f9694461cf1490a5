use std::time::Duration;

use seiketsu_trial::fault::process::Signal;
use seiketsu_trial::run::{Process, Role, Trial};
use uuid::Uuid;

use super::{FROM_KAFKA, PATIENCE, Stage, private, shared_kafka};
use crate::support::database::{self, TestDatabase};
use crate::support::kafka::{configure, records};
use crate::support::wait;

/// F-08: Kafka stands still, and is killed with events under way.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; run by make chaos"]
async fn without_kafka_commands_go_on_and_events_arrive_later() {
    let (mut kafka, database) = (private("kafka").await, database::create().await);
    let brokers = kafka.variable("SEIKETSU_TEST_KAFKA_BROKERS").to_owned();
    let stage = Stage::with_kafka(&database.url, &brokers, &[]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-08", stage.scene(&[&server], &["librdkafka"])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(200).await.unwrap();
        kafka.pause().unwrap();
        nothing_is_relayed(&trial, &database).await;
        assert!(lag(&server).await > 0.0, "the lag was to grow");
        kafka.resume().unwrap();
        trial.more(100).await.unwrap();

        kafka.end_by(Signal::Kill).unwrap();
        nothing_is_relayed(&trial, &database).await;
        kafka.start_again().unwrap();
        trial.more(100).await.unwrap();
        struck += 2;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// Waits until commands have gone on for a while and the relay has not.
async fn nothing_is_relayed(trial: &Trial, database: &TestDatabase) {
    trial.more(50).await.unwrap();
    let (relayed, acknowledged) = (checkpoint(database).await, trial.load.counts().acknowledged());
    trial.more(300).await.unwrap();
    assert_eq!(checkpoint(database).await, relayed, "the broker was to answer nothing");
    assert!(trial.load.counts().acknowledged() >= acknowledged + 50, "commands do not wait for Kafka");
}

async fn checkpoint(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select position from relay").fetch_one(&mut database.superuser().await).await.unwrap()
}

/// The age of the oldest event that is not in Kafka, in seconds.
async fn lag(server: &Process) -> f64 {
    let metrics = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("relay_lag_seconds "));
    line.expect("no relay_lag_seconds").parse().unwrap()
}

/// F-07: of a stretch of events those of one topic are refused and all others acknowledged; then the relay is killed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_behind_a_gap_is_sent_again_and_the_gap_is_closed() {
    let database = database::create().await;
    let stage = Stage::with_kafka(&database.url, &shared_kafka(), &[]);
    // Its relay would go on while the one that is watched is away.
    let without_relay = [("SEIKETSU__KAFKA__BROKERS", "")];
    let server = stage.installation.start(Role::Everything, &without_relay).await.unwrap();
    let mut relay = stage.start(Role::Relay).await;
    let mut trial = Trial::start("F-07", stage.scene(&[&server], &["librdkafka"])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(100).await.unwrap();
        relay.signal(Signal::Kill).unwrap();
        relay.end().await.unwrap();
        stage.refuse_leads_older_than(1).await;
        trial.more(200).await.unwrap();
        let (gap, before_it) = next_lead(&database).await;
        let calls = stage.calls_in_kafka().await;
        stage.installation.start_again(&mut relay, &[]).await.unwrap();
        wait::until("calls behind the gap are acknowledged", PATIENCE, async || {
            stage.calls_in_kafka().await > calls + before_it
        })
        .await;
        assert!(checkpoint(&database).await < gap, "leads were to be refused, and nothing passes them");
        struck += 1;

        relay.signal(Signal::Kill).unwrap();
        relay.end().await.unwrap();
        stage.refuse_leads_older_than(i64::MAX).await;
        stage.installation.start_again(&mut relay, &[]).await.unwrap();
        wait::until("it goes on", PATIENCE, async || checkpoint(&database).await > gap).await;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// The position of the next event of a lead to be relayed, and how many events of calls come before it.
async fn next_lead(database: &TestDatabase) -> (i64, i64) {
    sqlx::query_as(
        "with due as (select e.position, e.aggregate_type from events e, relay where e.position > relay.position),
              gap as (select min(position) as position from due where aggregate_type = 'lead')
         select gap.position, (select count(*) from due where due.position < gap.position and aggregate_type = 'call')
           from gap",
    )
    .fetch_one(&mut database.superuser().await)
    .await
    .unwrap()
}

impl Stage {
    /// In milliseconds. What the broker refuses for its age it refuses however often it is sent.
    async fn refuse_leads_older_than(&self, age: i64) {
        let kafka = self.kafka.as_ref().unwrap();
        let topic = format!("{}.lead.events.v1", kafka.topic_prefix);
        configure(&kafka.brokers, &topic, "message.timestamp.before.max.ms", &age.to_string()).await;
    }

    async fn calls_in_kafka(&self) -> i64 {
        let kafka = self.kafka.as_ref().unwrap();
        records(&kafka.brokers, &format!("{}.call.events.v1", kafka.topic_prefix)).await
    }
}

/// F-06: the relay stands still beyond its lease, another takes over, and the first goes on where it stood.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; run by make chaos"]
async fn a_relay_that_was_replaced_while_it_slept_moves_nothing() {
    let database = database::create().await;
    let stage = Stage::with_kafka(&database.url, &shared_kafka(), &[]);
    // Its own relay is one of the two.
    let server = stage.start(Role::Everything).await;
    let relays = [stage.start(Role::Relay).await, stage.start(Role::Relay).await];
    let mut trial = Trial::start("F-06", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(100).await.unwrap();
        let (owner, epoch) = lease(&database).await;
        // Which process that is nobody tells: let each of them sleep in turn, the one that serves too.
        for process in relays.iter().chain([&server]) {
            process.signal(Signal::Stop).unwrap();
            tokio::time::sleep(LEASE * 2).await;
            process.signal(Signal::Cont).unwrap();
            trial.more(100).await.unwrap();
        }
        let (other, later) = lease(&database).await;
        assert!(later > epoch, "nobody took over from {owner:?}: {other:?}");
        struck += u64::try_from(later - epoch).unwrap();
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// What [`Stage::with_kafka`] sets.
const LEASE: Duration = Duration::from_secs(2);

async fn lease(database: &TestDatabase) -> (Option<Uuid>, i64) {
    sqlx::query_as("select owner, epoch from relay").fetch_one(&mut database.superuser().await).await.unwrap()
}

/// F-09: everything comes again, as after a database that forgot how far the relay was.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_twice_are_applied_once() {
    let database = database::create().await;
    let stage = Stage::with_kafka(&database.url, &shared_kafka(), &[FROM_KAFKA]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-09", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(300).await.unwrap();
        let before = checkpoint(&database).await;
        sqlx::query("update relay set position = 0").execute(&mut database.superuser().await).await.unwrap();
        wait::until("everything has come again", PATIENCE, async || checkpoint(&database).await > before)
            .await;
        struck += u64::try_from(before).unwrap();
    }
    trial.end(struck).await.unwrap().must_be_sound();
}
