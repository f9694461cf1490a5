use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::call::{Call, CallCommand, CallEvent, CallStatus, Outcome};
use seiketsu_domain::consent::ConsentEvent;
use seiketsu_domain::escalation::EscalationStatus;
use seiketsu_domain::ids::{AgentId, TenantId};
use seiketsu_domain::lead::LeadStatus;
use seiketsu_domain::permission::Effect;
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::read_models::analytics::{
    self, AgentMetrics, Analytics, AnalyticsError, CallMetrics, ConsentMetrics, EscalationMetrics, Interval,
    LeadMetrics, Measured, Period, Point, Rollups, Series, Subject,
};
use serde_json::{Value, json};
use sqlx::Executor;
use uuid::Uuid;

use super::history::{self, History, Step, any_throws, feed};
use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

const AGENT: AgentId = AgentId(Uuid::from_u128(3));

fn time(raw: &str) -> Timestamp {
    raw.parse().unwrap()
}

async fn answer(db: &TestDatabase, tenant: TenantId, subject: Subject, period: &Period) -> Analytics {
    let mut read = db.pools.read_as(tenant).await.unwrap();
    analytics::series(&mut read, tenant, subject, period).await.unwrap()
}

async fn seen(db: &TestDatabase, tenant: TenantId, subject: Subject, period: &Period) -> Value {
    serde_json::to_value(answer(db, tenant, subject, period).await).unwrap()
}

/// The steps of one stream.
fn stream<A: Decide>(commands: impl IntoIterator<Item = A::Command>) -> Vec<Step<A>> {
    let mut state = A::default();
    let mut steps = Vec::new();
    for command in commands {
        for event in state.decide(&command).unwrap() {
            let before = state.clone();
            state.evolve(&event);
            steps.push(Step { before, event, after: state.clone() });
        }
    }
    steps
}

/// A call over midnight, another the morning after, and one the day before.
fn three_calls() -> History {
    let connect = |at: &str| CallCommand::Connect { at: time(at) };
    let end = |outcome, at: &str| history::end_call(outcome, time(at));
    let over_midnight = stream::<Call>([
        history::start_call(Some(AGENT), time("2026-11-24T23:59:00Z")),
        connect("2026-11-24T23:59:10Z"),
        history::turn(300, time("2026-11-24T23:59:59.999Z")),
        history::turn(401, time("2026-11-25T00:00:00Z")),
        end(Outcome::Completed, "2026-11-25T00:01:10Z"),
    ]);
    let unanswered = stream::<Call>([
        history::start_call(None, time("2026-11-25T09:00:00Z")),
        end(Outcome::NoAnswer, "2026-11-25T09:00:40Z"),
    ]);
    let before = stream::<Call>([
        history::start_call(None, time("2026-11-23T12:00:00Z")),
        connect("2026-11-23T12:00:05Z"),
        end(Outcome::Escalated, "2026-11-23T12:00:35Z"),
    ]);
    History { calls: vec![over_midnight, unanswered, before], ..History::default() }
}

async fn with_three_calls(db: &TestDatabase) -> TenantId {
    let tenant = wishes::tenant();
    feed(db.pools.system(), &Rollups, &three_calls().interleaved(tenant, &[0]), &[3]).await;
    tenant
}

fn two_days() -> Period {
    Period::new(time("2026-11-24T00:00:00Z"), time("2026-11-26T00:00:00Z"), Interval::Day).unwrap()
}

#[tokio::test]
async fn a_series_has_its_buckets_their_sum_and_the_period_before() {
    let db = database::create().await;
    let tenant = with_three_calls(&db).await;
    let nothing = json!({ "count": 0, "sum": 0, "average": null });
    let expected = json!({
        "series": [
            {
                "at": "2026-11-24T00:00:00.000Z",
                "started": 1, "connected": 1, "completed": 0, "failed": 0, "escalated": 0, "byOutcome": {},
                "durationSeconds": nothing, "responseTimeMs": { "count": 1, "sum": 300, "average": 300 },
            },
            {
                "at": "2026-11-25T00:00:00.000Z",
                "started": 1, "connected": 0, "completed": 1, "failed": 1, "escalated": 0,
                "byOutcome": { "completed": 1, "no_answer": 1 },
                "durationSeconds": { "count": 1, "sum": 120, "average": 120 },
                "responseTimeMs": { "count": 1, "sum": 401, "average": 401 },
            },
        ],
        "totals": {
            "started": 2, "connected": 1, "completed": 1, "failed": 1, "escalated": 0,
            "byOutcome": { "completed": 1, "no_answer": 1 },
            "durationSeconds": { "count": 1, "sum": 120, "average": 120 },
            "responseTimeMs": { "count": 2, "sum": 701, "average": 351 },
        },
        "previous": {
            "started": 1, "connected": 1, "completed": 0, "failed": 0, "escalated": 1,
            "byOutcome": { "escalated": 1 },
            "durationSeconds": { "count": 1, "sum": 30, "average": 30 }, "responseTimeMs": nothing,
        },
    });
    assert_eq!(seen(&db, tenant, Subject::Calls, &two_days()).await, expected);
}

#[tokio::test]
async fn agents_are_shown_one_by_one() {
    let db = database::create().await;
    let tenant = with_three_calls(&db).await;
    let seen = seen(&db, tenant, Subject::Agents, &two_days()).await;
    let id = AGENT.to_string();
    assert_eq!(seen["series"][0]["byAgent"][&id]["started"], 1);
    assert_eq!(seen["series"][1]["byAgent"][&id]["byOutcome"], json!({ "completed": 1 }));
    assert_eq!(seen["totals"]["byAgent"].as_object().unwrap().len(), 1);
    assert_eq!(seen["previous"]["byAgent"], json!({}));
}

#[tokio::test]
async fn hours_and_days_do_not_need_their_minutes() {
    let db = database::create().await;
    let tenant = with_three_calls(&db).await;
    let before = answer(&db, tenant, Subject::Calls, &two_days()).await;
    let mut superuser = db.superuser().await;
    superuser.execute("delete from read_models.analytics_rollups where grain = 'minute'").await.unwrap();
    assert_eq!(answer(&db, tenant, Subject::Calls, &two_days()).await, before);
}

#[tokio::test]
async fn another_organization_sees_nothing_of_it() {
    let db = database::create().await;
    let tenant = with_three_calls(&db).await;
    let stranger = wishes::tenant();
    for named in [stranger, tenant] {
        // The second query names the tenant, in a transaction of another one.
        let mut read = db.pools.read_as(stranger).await.unwrap();
        let seen = analytics::series(&mut read, named, Subject::Calls, &two_days()).await.unwrap();
        let Analytics::Calls(seen) = seen else { panic!("calls were asked for") };
        let empty = Point { at: time("2026-11-24T00:00:00Z"), metrics: CallMetrics::default() };
        assert_eq!((seen.totals, seen.previous), (CallMetrics::default(), CallMetrics::default()));
        assert_eq!((seen.series.len(), &seen.series[0]), (2, &empty));
    }
}

#[tokio::test]
async fn more_figures_than_one_answer_holds_are_refused() {
    let db = database::create().await;
    let tenant = wishes::tenant();
    let mut superuser = db.superuser().await;
    sqlx::query(
        "insert into read_models.analytics_rollups
         select $1, 'agents', 'day', '2026-11-24T00:00:00Z', gen_random_uuid()::text, 'started', 1, 0
           from generate_series(1, $2)",
    )
    .bind(tenant.0)
    .bind(i32::try_from(analytics::MAX_FIGURES).unwrap() + 1)
    .execute(&mut superuser)
    .await
    .unwrap();
    let mut read = db.pools.read_as(tenant).await.unwrap();
    let refused = analytics::series(&mut read, tenant, Subject::Agents, &two_days()).await;
    assert!(matches!(refused, Err(AnalyticsError::TooManyFigures)));
}

#[tokio::test]
async fn a_sum_of_money_stays_at_the_end_of_64_bits() {
    let db = database::create().await;
    let tenant = wishes::tenant();
    let at = time("2026-11-24T12:00:00Z");
    let sold = || stream([history::create_lead(at), history::convert_lead(i64::MAX, "USD", at)]);
    let history = History { leads: vec![sold(), sold()], ..History::default() };
    feed(db.pools.system(), &Rollups, &history.interleaved(tenant, &[0]), &[2]).await;
    let seen = seen(&db, tenant, Subject::Leads, &two_days()).await;
    assert_eq!(seen["totals"]["valueCents"], json!({ "USD": i64::MAX }));
}

/// What happened from one moment to before another, by looking at every step there ever was.
struct Window<'a> {
    history: &'a History,
    from: Timestamp,
    to: Timestamp,
}

fn within<A: Decide>(
    streams: &[Vec<Step<A>>],
    from: Timestamp,
    to: Timestamp,
) -> impl Iterator<Item = &Step<A>> {
    streams.iter().flatten().filter(move |step| from <= step.at() && step.at() < to)
}

fn measured(values: &[i64]) -> Measured {
    let (count, sum) = (i64::try_from(values.len()).unwrap(), values.iter().sum::<i64>());
    let average = (count > 0).then(|| (sum as f64 / count as f64 + 0.5).floor() as i64);
    Measured { count, sum, average }
}

impl Window<'_> {
    fn calls(&self, counts: impl Fn(&Call) -> bool) -> CallMetrics {
        let (mut seen, mut talks, mut turns) = (CallMetrics::default(), vec![], vec![]);
        for step in within(&self.history.calls, self.from, self.to).filter(|step| counts(&step.after)) {
            let (before, after) = (&step.before, &step.after);
            seen.started += i64::from(before.version == 0);
            seen.connected += i64::from(before.connected_at.is_none() && after.connected_at.is_some());
            seen.escalated += i64::from(!before.escalated && after.escalated);
            if let CallEvent::QualityRecorded(turn) = &step.event {
                turns.push(i64::from(turn.response_time_ms));
            }
            if let (None, Some(outcome)) = (before.outcome, after.outcome) {
                *seen.by_outcome.entry(outcome).or_default() += 1;
                seen.completed += i64::from(after.status == CallStatus::Completed);
                seen.failed += i64::from(after.status == CallStatus::Failed);
                talks.extend(after.connected_at.and(after.duration_seconds));
            }
        }
        CallMetrics { duration_seconds: measured(&talks), response_time_ms: measured(&turns), ..seen }
    }

    fn agents(&self) -> AgentMetrics {
        let agents: BTreeSet<AgentId> = within(&self.history.calls, self.from, self.to)
            .filter(|step| matches_metric(&step.event))
            .filter_map(|step| step.after.agent_id)
            .collect();
        let of = |agent| (agent, self.calls(|call| call.agent_id == Some(agent)));
        AgentMetrics { by_agent: agents.into_iter().map(of).collect() }
    }

    fn leads(&self) -> LeadMetrics {
        let mut seen = LeadMetrics::default();
        for step in within(&self.history.leads, self.from, self.to) {
            seen.created += i64::from(step.before.version == 0);
            let reached = |status| i64::from(step.before.status != status && step.after.status == status);
            seen.contacted += reached(LeadStatus::Contacted);
            seen.qualified += reached(LeadStatus::Qualified);
            seen.appointments += reached(LeadStatus::AppointmentSet);
            seen.converted += reached(LeadStatus::Converted);
            seen.lost += reached(LeadStatus::Lost);
            if let (None, Some(won)) = (&step.before.conversion, &step.after.conversion) {
                let sum = seen.value_cents.entry(won.currency.clone().unwrap()).or_default();
                *sum = sum.saturating_add(won.value_cents.unwrap());
            }
        }
        seen
    }

    fn escalations(&self) -> EscalationMetrics {
        let (mut seen, mut waits) = (EscalationMetrics::default(), vec![]);
        for step in within(&self.history.escalations, self.from, self.to) {
            let (before, after) = (&step.before, &step.after);
            seen.raised += i64::from(before.version == 0);
            let became = |status| i64::from(before.status != status && after.status == status);
            seen.resolved += became(EscalationStatus::Resolved);
            seen.cancelled += became(EscalationStatus::Cancelled);
            seen.timed_out += became(EscalationStatus::TimedOut);
            if let (None, Some(noticed)) = (before.acknowledged_at, after.acknowledged_at) {
                waits.push(noticed.seconds_since(after.raised_at).max(0));
            }
        }
        let acknowledged = i64::try_from(waits.len()).unwrap();
        EscalationMetrics { acknowledged, seconds_to_acknowledge: measured(&waits), ..seen }
    }

    fn consent(&self) -> ConsentMetrics {
        let mut seen = ConsentMetrics::default();
        for step in within(&self.history.consents, self.from, self.to) {
            match &step.event {
                ConsentEvent::Granted(_) => seen.grants += 1,
                ConsentEvent::Revoked(_) => seen.revocations += 1,
                ConsentEvent::Checked(check) => {
                    seen.checks += 1;
                    seen.allowed += i64::from(check.effect == Effect::Allow);
                    seen.denied += i64::from(check.effect == Effect::Deny);
                    if let Some(rule) = check.primary {
                        *seen.denied_by_rule.entry(rule).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        seen
    }
}

/// Whether a call's event changes any metric: an agent without such an event is not listed.
fn matches_metric(event: &CallEvent) -> bool {
    use CallEvent as E;
    matches!(
        event,
        E::Started(_)
            | E::Connected(_)
            | E::QualityRecorded(_)
            | E::Escalated(_)
            | E::Ended(_)
            | E::Cancelled(_)
    )
}

/// A period of whole buckets, cut by hand.
struct Cut {
    interval: Interval,
    from: Timestamp,
    width: TimeDelta,
    buckets: i32,
}

impl Cut {
    fn at(&self, bucket: i32) -> Timestamp {
        Timestamp::new(self.from.get() + self.width * bucket)
    }

    fn series<M>(&self, history: &History, metrics: impl Fn(&Window<'_>) -> M) -> Series<M> {
        let between = |first, end| metrics(&Window { history, from: self.at(first), to: self.at(end) });
        let point = |bucket| Point { at: self.at(bucket), metrics: between(bucket, bucket + 1) };
        Series {
            series: (0..self.buckets).map(point).collect(),
            totals: between(0, self.buckets),
            previous: between(-self.buckets, 0),
        }
    }

    fn by_hand(&self, history: &History, subject: Subject) -> Analytics {
        match subject {
            Subject::Calls => Analytics::Calls(self.series(history, |window| window.calls(|_| true))),
            Subject::Agents => Analytics::Agents(self.series(history, |window| window.agents())),
            Subject::Leads => Analytics::Leads(self.series(history, |window| window.leads())),
            Subject::Escalations => {
                Analytics::Escalations(self.series(history, |window| window.escalations()))
            }
            Subject::Consent => Analytics::Consent(self.series(history, |window| window.consent())),
        }
    }
}

fn cuts() -> [Cut; 3] {
    let midnight = time("2026-11-25T00:00:00Z");
    [
        Cut { interval: Interval::Minute, from: midnight, width: TimeDelta::minutes(1), buckets: 60 },
        Cut { interval: Interval::Hour, from: midnight, width: TimeDelta::hours(1), buckets: 24 },
        Cut { interval: Interval::Day, from: midnight, width: TimeDelta::days(1), buckets: 3 },
    ]
}

#[test]
fn any_history_in_any_order_and_any_batches_gives_the_figures_counted_by_hand() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = runtime.block_on(database::create());
    let inputs =
        (any_throws(), prop::collection::vec(any::<u8>(), 1..50), prop::collection::vec(1..40_usize, 1..6));
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&inputs, |(throws, choices, sizes)| {
        let history = History::of(&throws);
        let tenant = wishes::tenant();
        let events = history.interleaved(tenant, &choices);
        runtime.block_on(feed(db.pools.system(), &Rollups, &events, &sizes));
        for cut in cuts() {
            let period = Period::new(cut.at(0), cut.at(cut.buckets), cut.interval).unwrap();
            use Subject as S;
            for subject in [S::Calls, S::Leads, S::Agents, S::Escalations, S::Consent] {
                let seen = runtime.block_on(answer(&db, tenant, subject, &period));
                prop_assert_eq!(seen, cut.by_hand(&history, subject));
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
