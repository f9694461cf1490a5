//! Permission as decided by the whole engine: the published vectors that make sense over HTTP, races, and withdrawals
//! under load. The server's clock is set to a Tuesday, since what is allowed depends on the time of day.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Datelike as _, Duration, TimeZone as _, Utc, Weekday};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::clean_lists;
use crate::support::server::{Answer, Caller, Server};

const CALIFORNIA: &str = "+14155552671";
const FLORIDA: &str = "+13055552671";
const CONNECTICUT: &str = "+18605552671";
const OKLAHOMA: &str = "+14055552671";

struct Scene {
    server: Server,
    owner: Caller,
    /// When the server believes to have started.
    started: DateTime<Utc>,
}

/// A server at this time of the next Tuesday, in UTC, with clean lists for these numbers.
async fn scene(hour: u32, minute: u32, phones: &[&str]) -> Scene {
    let today: DateTime<Utc> = seiketsu::clock::now().get();
    let tuesday = (1..=7)
        .map(|days| today.date_naive() + Duration::days(days))
        .find(|day| day.weekday() == Weekday::Tue)
        .unwrap();
    let started = Utc.from_utc_datetime(&tuesday.and_hms_opt(hour, minute, 0).unwrap());
    let offset = (started - today).num_seconds().to_string();
    let server = Server::start_with(&[("SEIKETSU_CLOCK_OFFSET_SECONDS", &offset)]).await;
    let owner = server.log_in().await;
    clean_lists::clean(&server.database, &owner.organization, phones, started).await;
    Scene { server, owner, started }
}

impl Scene {
    async fn grants(&self, phone: &str, level: &str, purposes: &[&str]) -> Answer {
        let at = (self.started - Duration::days(90)).to_rfc3339();
        let granted = self
            .owner
            .post(
                "/consents",
                json!({
                    "contact": { "phone": phone }, "channels": ["voice", "sms"], "purposes": purposes,
                    "level": level, "method": "web_form", "occurredAt": at,
                    "evidence": { "disclosureText": "I agree.", "url": "https://example.com/form", "capturedAt": at },
                }),
            )
            .await;
        assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
        granted
    }

    async fn asks(&self, phone: &str, more: Value) -> Value {
        ask(&self.owner, phone, more).await
    }

    async fn revokes(&self, phone: &str) {
        let revoked = self
            .owner
            .post("/consents/revoke", json!({ "contact": { "phone": phone }, "method": "voice" }))
            .await;
        assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.body);
    }

    async fn dials(&self, phone: &str, permit: &Value) -> Answer {
        dial(&self.owner, phone, permit).await
    }
}

async fn ask(caller: &Caller, phone: &str, more: Value) -> Value {
    let mut question = json!({
        "contact": { "phone": phone }, "channel": "voice", "purpose": "marketing", "content": "other",
        "subject": "listing 7", "callerState": "NV", "recording": true,
    });
    question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = caller.post("/consents/check", question).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

async fn dial(caller: &Caller, phone: &str, permit: &Value) -> Answer {
    caller.post("/calls", json!({ "phoneNumber": phone, "direction": "outbound", "permitId": permit })).await
}

#[track_caller]
fn denied(decision: &Value, rule: &str) {
    let found = decision["reasons"].as_array().unwrap().iter().find(|reason| reason["rule"] == rule);
    assert_eq!(
        (&decision["effect"], &decision["primary"]),
        (&json!("deny"), &json!(rule)),
        "{found:?} {decision}"
    );
    assert_eq!(decision["permit"], Value::Null);
}

#[track_caller]
fn allowed(decision: &Value) {
    let denying = decision["reasons"].as_array().unwrap().iter().filter(|reason| reason["effect"] == "deny");
    assert_eq!(decision["effect"], "allow", "{:?}", denying.collect::<Vec<_>>());
    assert!(decision["permit"]["id"].is_string() && decision["validUntil"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_1_to_4_the_consent_a_voice_agent_needs() {
    let scene = scene(18, 0, &[CALIFORNIA]).await;
    denied(&scene.asks(CALIFORNIA, json!({})).await, "CONSENT_MISSING");
    scene.grants(CALIFORNIA, "pec", &["marketing", "healthcare"]).await;
    denied(&scene.asks(CALIFORNIA, json!({})).await, "CONSENT_LEVEL");
    let reminder = scene.asks(CALIFORNIA, json!({ "purpose": "healthcare" })).await;
    allowed(&reminder);
    let obliges =
        |decision: &Value, to: &str| decision["obligations"].as_array().unwrap().contains(&json!(to));
    assert!(!obliges(&reminder, "opt_out_mechanism"), "{}", reminder["obligations"]);
    scene.grants(CALIFORNIA, "pewc", &["marketing"]).await;
    let marketing = scene.asks(CALIFORNIA, json!({})).await;
    allowed(&marketing);
    for to in
        ["identify_caller", "ai_disclosure", "opt_out_mechanism", "prompt_first_audio", "recording_notice"]
    {
        assert!(obliges(&marketing, to), "{to}: {}", marketing["obligations"]);
    }
    assert_eq!(marketing["location"]["states"], json!(["CA"]));
    let missing = marketing["reasons"].as_array().unwrap().iter().find(|r| r["rule"] == "CONSENT_MISSING");
    assert!(!missing.unwrap()["facts"].as_array().unwrap().is_empty(), "an allow names what it rests on");
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_9_and_14_hours_of_states() {
    let evening = scene(1, 30, &[FLORIDA]).await;
    evening.grants(FLORIDA, "pewc", &["marketing"]).await;
    let late = evening.asks(FLORIDA, json!({})).await;
    denied(&late, "STATE_HOURS");
    let opens = late["retryAt"].as_str().unwrap();
    assert!(opens.ends_with("T13:00:00.000Z"), "Florida opens at eight: {opens}");
    let morning = scene(13, 30, &[CONNECTICUT]).await;
    morning.grants(CONNECTICUT, "pewc", &["marketing"]).await;
    denied(&morning.asks(CONNECTICUT, json!({})).await, "STATE_HOURS");
}

#[tokio::test(flavor = "multi_thread")]
async fn vector_15_three_contacts_in_a_day() {
    let scene = scene(20, 0, &[OKLAHOMA]).await;
    scene.grants(OKLAHOMA, "pewc", &["marketing"]).await;
    for _ in 0..3 {
        let permit = scene.asks(OKLAHOMA, json!({})).await["permit"]["id"].clone();
        let dialled = scene.dials(OKLAHOMA, &permit).await;
        assert_eq!(dialled.status, StatusCode::CREATED, "{}", dialled.body);
    }
    let fourth = scene.asks(OKLAHOMA, json!({})).await;
    denied(&fourth, "FREQUENCY");
    let retry: DateTime<Utc> = fourth["retryAt"].as_str().unwrap().parse().unwrap();
    let after = retry - scene.started;
    assert!(after > Duration::hours(23) && after < Duration::hours(25), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn vector_19_business_never_stands_in_for_consent_to_a_voice_agent() {
    let scene = scene(18, 0, &[CALIFORNIA]).await;
    let bought = (scene.started - Duration::days(60)).to_rfc3339();
    let business = json!({ "contact": { "phone": CALIFORNIA }, "kind": "purchase", "occurredAt": bought, "source": "crm" });
    assert_eq!(scene.owner.post("/consents/business", business).await.status, StatusCode::OK);
    denied(&scene.asks(CALIFORNIA, json!({})).await, "CONSENT_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn vector_26_what_another_organization_holds_neither_counts_nor_shows() {
    let scene = scene(18, 0, &[CALIFORNIA]).await;
    let other = scene.server.log_in_elsewhere().await;
    clean_lists::clean(&scene.server.database, &other.organization, &[CALIFORNIA], scene.started).await;
    scene.grants(CALIFORNIA, "pewc", &["marketing"]).await;
    let theirs = ask(&other, CALIFORNIA, json!({})).await;
    denied(&theirs, "CONSENT_MISSING");
    let reasons = theirs["reasons"].as_array().unwrap();
    assert!(reasons.iter().all(|reason| reason["facts"].as_array().unwrap().is_empty()), "{theirs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn vector_32_a_revocation_between_permit_and_call_stops_the_call() {
    let scene = scene(18, 0, &[CALIFORNIA]).await;
    scene.grants(CALIFORNIA, "pewc", &["marketing"]).await;
    let permit = scene.asks(CALIFORNIA, json!({})).await["permit"]["id"].clone();
    assert_eq!(scene.dials(CALIFORNIA, &permit).await.status, StatusCode::CREATED);
    let again = scene.dials(CALIFORNIA, &permit).await;
    assert_eq!((again.status, &again.body["code"]), (StatusCode::CONFLICT, &json!("permit_redeemed")));
    let permit = scene.asks(CALIFORNIA, json!({})).await["permit"]["id"].clone();
    scene.revokes(CALIFORNIA).await;
    let events = scene.server.database.event_count().await;
    let refused = scene.dials(CALIFORNIA, &permit).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::CONFLICT, &json!("fence_conflict")));
    assert_eq!(scene.server.database.event_count().await, events, "no call");
    denied(&scene.asks(CALIFORNIA, json!({})).await, "REVOKED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_denies_at_once_and_voids_permits() {
    let scene = scene(18, 0, &[CALIFORNIA]).await;
    scene.grants(CALIFORNIA, "pewc", &["marketing"]).await;
    let permit = scene.asks(CALIFORNIA, json!({})).await["permit"]["id"].clone();
    scene.owner.post("/compliance/stop", json!({ "reason": "complaints" })).await;
    let refused = scene.dials(CALIFORNIA, &permit).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::CONFLICT, &json!("fence_conflict")));
    denied(&scene.asks(CALIFORNIA, json!({})).await, "TENANT_BLOCKED");
    scene.owner.post("/compliance/resume", json!({ "reason": "resolved" })).await;
    allowed(&scene.asks(CALIFORNIA, json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_denies() {
    let scene = scene(18, 0, &[CALIFORNIA]).await;
    scene.grants(FLORIDA, "pewc", &["marketing"]).await;
    denied(&scene.asks(FLORIDA, json!({})).await, "LINE_PROHIBITED");
    scene.grants(CALIFORNIA, "pec", &["informational"]).await;
    let unclassified = json!({ "purpose": "informational", "content": null });
    denied(&scene.asks(CALIFORNIA, unclassified).await, "UNCLASSIFIED_PURPOSE");
    let somebody = scene.asks(CALIFORNIA, json!({ "seller": "Somebody Else" })).await;
    denied(&somebody, "TENANT_BLOCKED");
    let recall = json!({ "purpose": "emergency", "emergency": { "reason": "recall" } });
    let recall = scene.asks(CALIFORNIA, recall).await;
    allowed(&recall);
    assert_eq!(recall["flagged"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_permits_at_once_make_no_more_than_three_calls() {
    let scene = Arc::new(scene(20, 0, &[OKLAHOMA]).await);
    scene.grants(OKLAHOMA, "pewc", &["marketing"]).await;
    let mut made = 0;
    for _ in 0..6 {
        let tries = (0..40).map(|_| {
            let scene = Arc::clone(&scene);
            tokio::spawn(async move {
                let permit = scene.asks(OKLAHOMA, json!({})).await["permit"]["id"].clone();
                permit.is_string() && scene.dials(OKLAHOMA, &permit).await.status == StatusCode::CREATED
            })
        });
        for tried in futures::future::join_all(tries).await {
            made += i32::from(tried.unwrap());
        }
    }
    assert_eq!(made, 3, "all that is allowed, and no more");
    denied(&scene.asks(OKLAHOMA, json!({})).await, "FREQUENCY");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_allowed_or_redeemed_after_a_withdrawal_was_answered() {
    let phones: Vec<String> = (0..60).map(|n| format!("+14155550{:03}", 100 + n % 100)).collect();
    let named: Vec<&str> = phones.iter().map(String::as_str).collect();
    let scene = Arc::new(scene(18, 0, &named).await);
    let rounds = phones.into_iter().map(|phone| {
        let scene = Arc::clone(&scene);
        async move { withdraw_among_callers(&scene, &phone).await }
    });
    let rounds: Vec<(u32, u32)> = futures::stream::StreamExt::collect(
        futures::stream::StreamExt::buffer_unordered(futures::stream::iter(rounds), 4),
    )
    .await;
    let (asked, calls) = rounds.iter().fold((0, 0), |(a, c), (asked, calls)| (a + asked, c + calls));
    println!("{asked} questions, {calls} calls before their withdrawals");
    assert!(asked > 1000 && calls > 20, "{asked} questions and {calls} calls say little");
}

/// Four connections ask and dial until a while after the withdrawal; how often they asked, and dialled with success.
async fn withdraw_among_callers(scene: &Arc<Scene>, phone: &str) -> (u32, u32) {
    scene.grants(phone, "pewc", &["marketing"]).await;
    let withdrawn = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (scene, withdrawn, phone) = (Arc::clone(scene), Arc::clone(&withdrawn), phone.to_owned());
            tokio::spawn(async move {
                let (mut asked, mut calls, mut left) = (0, 0, 8);
                while left > 0 {
                    left -= i32::from(withdrawn.load(Ordering::SeqCst));
                    let before = withdrawn.load(Ordering::SeqCst);
                    let decision = scene.asks(&phone, json!({})).await;
                    asked += 1;
                    assert!(!before || decision["effect"] == "deny", "allowed after the withdrawal");
                    let before = withdrawn.load(Ordering::SeqCst);
                    if decision["permit"]["id"].is_string() {
                        let dialled = scene.dials(&phone, &decision["permit"]["id"]).await;
                        let made = dialled.status == StatusCode::CREATED;
                        assert!(!(before && made), "called after the withdrawal");
                        calls += u32::from(made);
                    }
                }
                (asked, calls)
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    scene.revokes(phone).await;
    withdrawn.store(true, Ordering::SeqCst);
    let mut sums = (0, 0);
    for caller in callers {
        let (asked, calls) = caller.await.unwrap();
        sums = (sums.0 + asked, sums.1 + calls);
    }
    sums
}
