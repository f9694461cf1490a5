use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::call::{Call, CallCommand, CallEvent, CallStatus, Outcome};
use seiketsu_domain::consent::{Consent, ConsentEvent};
use seiketsu_domain::escalation::{Escalation, EscalationCommand, Priority};
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::lead::{Lead, LeadCommand, LeadStatus};
use seiketsu_domain::permission::Effect;
use seiketsu_domain::values::{Purpose, Timestamp};
use seiketsu_projections::read_models::dashboard::{self, Dashboard, LiveDashboard};
use seiketsu_projections::{rebuild, store};
use serde_json::{Value, json};
use uuid::Uuid;

use super::history::{
    History, Step, any_throws, check, contact_lead, convert_lead, create_lead, end_call, feed, grant,
    qualify_lead, raise, revoke, set_appointment, start_call, turn,
};
use super::project;
use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

fn time(raw: &str) -> Timestamp {
    raw.parse().unwrap()
}

/// A time of the day the examples happen on.
fn today(time: &str) -> Timestamp {
    format!("2026-11-24T{time}Z").parse().unwrap()
}

fn yesterday(time: &str) -> Timestamp {
    format!("2026-11-23T{time}Z").parse().unwrap()
}

async fn shown(db: &TestDatabase, tenant: TenantId, now: Timestamp) -> Dashboard {
    let mut read = db.pools.read_as(tenant).await.unwrap();
    dashboard::get(&mut read, tenant, now).await.unwrap()
}

/// As clients see it, without how fresh it is.
async fn seen(db: &TestDatabase, tenant: TenantId, now: Timestamp) -> Value {
    let mut seen = serde_json::to_value(shown(db, tenant, now).await).unwrap();
    seen.as_object_mut().unwrap().remove("asOf").expect("it says how fresh it is");
    seen
}

/// An organization whose wishes are carried out by the server's own commands.
struct Organization<'a> {
    commands: &'a seiketsu::command::Commands,
    tenant: TenantId,
}

impl Organization<'_> {
    async fn does<A: Decide>(&self, commands: impl IntoIterator<Item = A::Command>) {
        let id: Uuid = seiketsu::ids::new();
        for command in commands {
            self.commands.execute::<A>(&wishes::of(self.tenant), id, command).await.unwrap();
        }
    }

    async fn calls(&self) {
        let connect = |at| CallCommand::Connect { at };
        let start = |at| start_call(None, at);
        self.does::<Call>([
            start(yesterday("23:59:50")),
            connect(today("00:00:10")),
            turn(400, today("00:00:20")),
            turn(601, today("00:00:30")),
            end_call(Outcome::Completed, today("00:02:10")),
        ])
        .await;
        self.does::<Call>([
            start(today("09:00:00")),
            connect(today("09:00:05")),
            turn(801, today("09:00:20")),
            CallCommand::Escalate { escalation_id: seiketsu::ids::new(), at: today("09:01:00") },
        ])
        .await;
        self.does::<Call>([start(today("10:00:00")), end_call(Outcome::NoAnswer, today("10:00:30"))]).await;
        self.does::<Call>([
            start(today("11:00:00")),
            connect(today("11:00:10")),
            end_call(Outcome::Escalated, today("11:00:51")),
        ])
        .await;
        self.does::<Call>([
            start(today("12:00:00")),
            connect(today("12:00:00")),
            CallCommand::Cancel { at: today("12:00:31") },
        ])
        .await;
        self.does::<Call>([
            start(yesterday("20:00:00")),
            connect(yesterday("20:00:00")),
            turn(5_000, yesterday("20:00:10")),
            end_call(Outcome::Completed, yesterday("20:10:00")),
        ])
        .await;
        self.does::<Call>([start(today("14:00:00"))]).await;
        // Escalated once, although it also ended handed over.
        self.does::<Call>([
            start(yesterday("23:00:00")),
            CallCommand::Escalate { escalation_id: seiketsu::ids::new(), at: yesterday("23:10:00") },
            end_call(Outcome::Escalated, today("00:00:05")),
        ])
        .await;
    }

    async fn leads(&self) {
        self.does::<Lead>([
            create_lead(yesterday("09:00:00")),
            contact_lead(yesterday("10:00:00")),
            qualify_lead(80, today("09:00:00")),
        ])
        .await;
        self.does::<Lead>([
            create_lead(today("09:00:00")),
            qualify_lead(90, today("09:30:00")),
            convert_lead(100, "USD", today("10:00:00")),
        ])
        .await;
        self.does::<Lead>([create_lead(today("09:00:00"))]).await;
        self.does::<Lead>([
            create_lead(today("09:00:00")),
            qualify_lead(95, today("09:01:00")),
            LeadCommand::Archive { at: today("09:02:00") },
        ])
        .await;
        self.does::<Lead>([
            create_lead(yesterday("09:00:00")),
            qualify_lead(75, yesterday("09:00:00")),
            LeadCommand::Lose { reason: "moved away".parse().unwrap(), at: today("09:00:00") },
        ])
        .await;
        self.does::<Lead>([
            create_lead(today("09:00:00")),
            set_appointment(today("09:00:00")),
            qualify_lead(70, today("09:05:00")),
        ])
        .await;
    }

    async fn escalations(&self) {
        let by: UserId = seiketsu::ids::new();
        let acknowledge = |at| EscalationCommand::Acknowledge { by, at };
        let resolve = |at| EscalationCommand::Resolve { resolution: "called back".parse().unwrap(), by, at };
        self.does::<Escalation>([raise(Priority::Critical, today("14:59:00"))]).await;
        self.does::<Escalation>([raise(Priority::High, today("14:58:00"))]).await;
        self.does::<Escalation>([
            raise(Priority::Normal, yesterday("23:59:30")),
            acknowledge(today("00:00:30")),
        ])
        .await;
        self.does::<Escalation>([
            raise(Priority::High, today("10:00:00")),
            EscalationCommand::Assign { to: by, at: today("10:00:45") },
            resolve(today("10:05:00")),
        ])
        .await;
        self.does::<Escalation>([
            raise(Priority::Critical, today("11:00:00")),
            EscalationCommand::TimeOut { at: today("11:01:00") },
        ])
        .await;
        self.does::<Escalation>([
            raise(Priority::Normal, today("12:00:00")),
            EscalationCommand::Connect { by, at: today("12:00:50") },
        ])
        .await;
        self.does::<Escalation>([
            raise(Priority::Normal, yesterday("12:00:00")),
            acknowledge(yesterday("12:20:00")),
            EscalationCommand::Cancel { reason: "a mistake".parse().unwrap(), by, at: today("08:00:00") },
        ])
        .await;
        self.does::<Escalation>([
            raise(Priority::High, today("13:00:00")),
            acknowledge(today("13:00:53")),
            resolve(today("13:10:00")),
        ])
        .await;
    }

    async fn consent(&self) {
        let asks = |at| check(Purpose::Transactional, at);
        self.does::<Consent>([
            grant(Some(time("2026-11-17T09:00:00Z")), today("08:00:00")),
            grant(None, today("09:00:00")),
            asks(today("09:30:00")),
            revoke(None, today("10:00:00")),
            asks(today("10:30:00")),
        ])
        .await;
        self.does::<Consent>([asks(yesterday("10:00:00")), asks(today("10:00:00")), asks(today("11:00:00"))])
            .await;
    }
}

async fn written_history(db: &TestDatabase) -> TenantId {
    let commands = db.commands();
    let organization = Organization { commands: &commands, tenant: wishes::tenant() };
    organization.calls().await;
    organization.leads().await;
    organization.escalations().await;
    organization.consent().await;
    organization.tenant
}

#[tokio::test]
async fn a_written_day_adds_up_to_what_anybody_can_count() {
    let db = database::create().await;
    let tenant = written_history(&db).await;
    project(&db, 7).await;
    let expected = json!({
        "calls": {
            "active": 2, "startedToday": 5, "completedToday": 1, "escalatedToday": 2,
            "averageDurationSeconds": 64, "averageResponseTimeMs": 601,
        },
        "leads": {
            "total": 5, "newToday": 4, "hot": 2, "conversionRate": 0.2,
            "byStatus": {
                "new": 1, "contacted": 0, "qualified": 1, "appointment_set": 1, "converted": 1, "lost": 1,
            },
        },
        "escalations": {
            "open": 4, "overdue": 1, "byPriority": { "critical": 1, "high": 1, "normal": 2 },
            "medianSecondsToAcknowledge": 52,
        },
        "consent": {
            "grantsToday": 1, "revocationsToday": 1, "checksToday": 4, "deniedToday": 3,
            "deniedByRule": { "REVOKED": 1, "CONSENT_MISSING": 2 },
        },
    });
    assert_eq!(seen(&db, tenant, today("15:00:00")).await, expected);
    let pool = db.pools.system();
    rebuild::rebuild(pool, std::sync::Arc::new(LiveDashboard), rebuild::How::new(4), |_| ()).await.unwrap();
    assert_eq!(seen(&db, tenant, today("15:00:00")).await, expected, "after a rebuild");
}

#[tokio::test]
async fn a_dashboard_says_how_fresh_it_is() {
    let db = database::create().await;
    let tenant = written_history(&db).await;
    project(&db, 7).await;
    let head = store::head(db.pools.system()).await.unwrap();
    assert_eq!(shown(&db, tenant, today("15:00:00")).await.as_of.position, head);
}

#[tokio::test]
async fn today_ends_at_midnight_and_what_is_open_stays_open() {
    let db = database::create().await;
    let tenant = written_history(&db).await;
    project(&db, 7).await;
    let evening = shown(&db, tenant, today("23:59:59.999")).await;
    assert_eq!((evening.calls.started_today, evening.consent.checks_today), (5, 4));
    let midnight = shown(&db, tenant, time("2026-11-25T00:00:00Z")).await;
    assert_eq!((midnight.calls.started_today, midnight.consent.checks_today), (0, 0));
    assert_eq!(midnight.calls.average_duration_seconds, None);
    assert_eq!(midnight.escalations.median_seconds_to_acknowledge, None);
    assert_eq!((midnight.calls.active, midnight.leads.total, midnight.escalations.open), (2, 5, 4));
    assert_eq!((evening.escalations.overdue, midnight.escalations.overdue), (2, 2));
}

#[tokio::test]
async fn an_escalation_is_overdue_from_the_moment_it_is_due() {
    let db = database::create().await;
    let tenant = written_history(&db).await;
    project(&db, 7).await;
    assert_eq!(shown(&db, tenant, today("14:59:59.999")).await.escalations.overdue, 0);
    assert_eq!(shown(&db, tenant, today("15:00:00")).await.escalations.overdue, 1);
}

#[tokio::test]
async fn another_organization_sees_nothing_of_it() {
    let db = database::create().await;
    let tenant = written_history(&db).await;
    project(&db, 7).await;
    let nothing = json!({
        "calls": {
            "active": 0, "startedToday": 0, "completedToday": 0, "escalatedToday": 0,
            "averageDurationSeconds": null, "averageResponseTimeMs": null,
        },
        "leads": {
            "total": 0, "newToday": 0, "hot": 0, "conversionRate": null,
            "byStatus": {
                "new": 0, "contacted": 0, "qualified": 0, "appointment_set": 0, "converted": 0, "lost": 0,
            },
        },
        "escalations": {
            "open": 0, "overdue": 0, "byPriority": { "critical": 0, "high": 0, "normal": 0 },
            "medianSecondsToAcknowledge": null,
        },
        "consent": {
            "grantsToday": 0, "revocationsToday": 0, "checksToday": 0, "deniedToday": 0, "deniedByRule": {},
        },
    });
    let stranger = wishes::tenant();
    assert_eq!(seen(&db, stranger, today("15:00:00")).await, nothing);
    // Even a query that names the tenant finds nothing in a transaction of another one.
    let mut read = db.pools.read_as(stranger).await.unwrap();
    let seen = dashboard::get(&mut read, tenant, today("15:00:00")).await.unwrap();
    assert_eq!((seen.calls.active, seen.leads.total, seen.escalations.open), (0, 0, 0));
}

/// The same numbers, taken from what each stream has become rather than from what its events add.
fn by_hand(history: &History, now: Timestamp) -> Value {
    json!({
        "calls": calls_by_hand(history, now),
        "leads": leads_by_hand(history, now),
        "escalations": escalations_by_hand(history, now),
        "consent": consent_by_hand(history, now),
    })
}

fn last<A: Decide>(streams: &[Vec<Step<A>>]) -> Vec<&A> {
    streams.iter().filter_map(|steps| steps.last()).map(|step| &step.after).collect()
}

fn rounded(values: &[i64]) -> Option<i64> {
    let exact = values.iter().sum::<i64>() as f64 / values.len() as f64;
    (!values.is_empty()).then(|| (exact + 0.5).floor() as i64)
}

fn calls_by_hand(history: &History, now: Timestamp) -> Value {
    let is_today = |at: Timestamp| at.date() == now.date();
    let calls = last(&history.calls);
    let ended: Vec<_> = calls.iter().filter(|call| call.ended_at.is_some_and(is_today)).collect();
    let talks: Vec<i64> = ended
        .iter()
        .filter(|call| call.connected_at.is_some())
        .filter_map(|call| call.duration_seconds)
        .collect();
    let steps = || history.calls.iter().flatten().filter(|step| is_today(step.at()));
    let turns: Vec<i64> = steps()
        .filter_map(|step| match &step.event {
            CallEvent::QualityRecorded(turn) => Some(i64::from(turn.response_time_ms)),
            _ => None,
        })
        .collect();
    json!({
        "active": calls.iter().filter(|call| call.status == CallStatus::Active).count(),
        "startedToday": calls.iter().filter(|call| is_today(call.started_at)).count(),
        "completedToday": ended.iter().filter(|call| call.status == CallStatus::Completed).count(),
        "escalatedToday": steps().filter(|step| step.after.escalated && !step.before.escalated).count(),
        "averageDurationSeconds": rounded(&talks),
        "averageResponseTimeMs": rounded(&turns),
    })
}

fn leads_by_hand(history: &History, now: Timestamp) -> Value {
    let all = last(&history.leads);
    let leads: Vec<&&Lead> = all.iter().filter(|lead| !lead.archived).collect();
    let with = |status| leads.iter().filter(|lead| lead.status == status).count();
    let rate = with(LeadStatus::Converted) as f64 / leads.len() as f64;
    json!({
        "total": leads.len(),
        "newToday": all.iter().filter(|lead| lead.created_at.date() == now.date()).count(),
        "byStatus": {
            "new": with(LeadStatus::New),
            "contacted": with(LeadStatus::Contacted),
            "qualified": with(LeadStatus::Qualified),
            "appointment_set": with(LeadStatus::AppointmentSet),
            "converted": with(LeadStatus::Converted),
            "lost": with(LeadStatus::Lost),
        },
        "hot": leads.iter().filter(|lead| lead.is_hot()).count(),
        "conversionRate": (!leads.is_empty()).then(|| (rate * 1e6).round() / 1e6),
    })
}

fn escalations_by_hand(history: &History, now: Timestamp) -> Value {
    let all = last(&history.escalations);
    let open: Vec<_> = all.iter().filter(|escalation| escalation.status.is_open()).collect();
    let with = |priority| open.iter().filter(|escalation| escalation.priority == priority).count();
    let mut waited: Vec<i64> = all
        .iter()
        .filter_map(|escalation| Some((escalation, escalation.acknowledged_at?)))
        .filter(|(_, noticed)| noticed.date() == now.date())
        .map(|(escalation, noticed)| noticed.seconds_since(escalation.raised_at).max(0))
        .collect();
    waited.sort_unstable();
    let middle = match waited.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(waited[odd / 2]),
        even => rounded(&waited[even / 2 - 1..=even / 2]),
    };
    let overdue =
        |escalation: &&&&Escalation| escalation.acknowledged_at.is_none() && escalation.due_at <= now;
    json!({
        "open": open.len(),
        "overdue": open.iter().filter(overdue).count(),
        "byPriority": {
            "critical": with(Priority::Critical),
            "high": with(Priority::High),
            "normal": with(Priority::Normal),
        },
        "medianSecondsToAcknowledge": middle,
    })
}

fn consent_by_hand(history: &History, now: Timestamp) -> Value {
    let (mut grants, mut revocations, mut checks, mut denied) = (0, 0, 0, 0);
    let mut by_rule: BTreeMap<String, i64> = BTreeMap::new();
    for step in history.consents.iter().flatten().filter(|step| step.at().date() == now.date()) {
        match &step.event {
            ConsentEvent::Granted(_) => grants += 1,
            ConsentEvent::Revoked(_) => revocations += 1,
            ConsentEvent::Checked(check) => {
                checks += 1;
                if check.effect == Effect::Deny {
                    denied += 1;
                    let rule = json!(check.primary).as_str().unwrap().to_owned();
                    *by_rule.entry(rule).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    json!({
        "grantsToday": grants, "revocationsToday": revocations, "checksToday": checks, "deniedToday": denied,
        "deniedByRule": by_rule,
    })
}

#[test]
fn any_history_in_any_order_and_any_batches_gives_the_numbers_counted_by_hand() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = runtime.block_on(database::create());
    let inputs =
        (any_throws(), prop::collection::vec(any::<u8>(), 1..50), prop::collection::vec(1..40_usize, 1..6));
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&inputs, |(throws, choices, sizes)| {
        let history = History::of(&throws);
        let tenant = wishes::tenant();
        let events = history.interleaved(tenant, &choices);
        runtime.block_on(feed(db.pools.system(), &LiveDashboard, &events, &sizes));
        for now in [
            "2026-11-24T23:59:59.999Z",
            "2026-11-25T00:00:00Z",
            "2026-11-25T12:00:00Z",
            "2026-11-27T00:00:00Z",
        ] {
            let seen = runtime.block_on(seen(&db, tenant, time(now)));
            prop_assert_eq!(seen, by_hand(&history, time(now)), "at {}", now);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
