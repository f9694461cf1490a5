//! The ledger of consent, now and at past moments.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::server::{Caller, Server};

const CONTACT: &str = "phone=%2B14155552671";

async fn grant(caller: &Caller, occurred_at: &str) {
    let granted = caller
        .post("/consents", json!({
            "contact": { "phone": "+14155552671" }, "channels": ["voice", "sms"], "purposes": ["marketing"],
            "level": "pewc", "method": "web_form", "occurredAt": occurred_at,
            "evidence": { "disclosureText": "I agree to be called.", "url": "https://example.com/form", "capturedAt": occurred_at },
        }))
        .await;
    assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_at_a_moment_knows_what_had_occurred_by_then() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    grant(&caller, "2026-01-01T00:00:00Z").await;
    let revoked = caller
        .post("/consents/revoke", json!({
            "contact": { "phone": "+14155552671" }, "method": "voicemail", "occurredAt": "2026-02-01T00:00:00Z",
        }))
        .await;
    let counts = async |query: &str| {
        let state = caller.get_after(&revoked, &format!("/consents/state?{CONTACT}{query}")).await;
        let count = |field: &str| state.body[field].as_array().map(Vec::len);
        (count("grants"), count("revocations"))
    };
    assert_eq!(counts("").await, (Some(1), Some(1)));
    assert_eq!(counts("&at=2025-12-31T00:00:00Z").await, (Some(0), Some(0)));
    assert_eq!(counts("&at=2026-01-15T00:00:00Z").await, (Some(1), Some(0)));
    assert_eq!(
        counts("&knownAt=2026-01-15T00:00:00Z").await,
        (Some(0), Some(0)),
        "both were recorded just now"
    );
    let history = caller.get_after(&revoked, &format!("/consents/history?{CONTACT}&limit=1")).await;
    assert_eq!(history.body["data"][0]["type"], "consent.revoked");
    let next = history.body["nextCursor"].as_str().unwrap();
    let rest = caller.get(&format!("/consents/history?{CONTACT}&limit=1&cursor={next}")).await;
    assert_eq!(
        (&rest.body["data"][0]["type"], &rest.body["hasMore"]),
        (&json!("consent.granted"), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_points_are_listed_by_what_stands_out() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    grant(&caller, "2026-01-01T00:00:00Z").await;
    let csv = "phone,reason\n+14155552672,asked\n12,bad\n+14155552672,again\n";
    let request =
        caller.request(reqwest::Method::POST, "/dnc/import").header("content-type", "text/csv").body(csv);
    let imported = crate::support::server::answer(request).await;
    assert_eq!(imported.body["listed"], 1);
    assert_eq!(imported.body["refused"][0]["pointer"], "/lines/3");
    let listed = caller.put("/dnc/+14155552673", json!({ "reason": "asked" })).await;
    let count = async |query: &str| {
        let page = caller.get_after(&listed, &format!("/consents?{query}")).await;
        page.body["data"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("status=granted").await, 1);
    assert_eq!(count("status=dnc").await, 2);
    assert_eq!(count("status=revoked").await, 0);
    assert_eq!(count("channel=sms").await, 1);
    assert_eq!(count("channel=email").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_can_be_made_again_on_what_was_known_then() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let contact = json!({ "email": "ada@example.com" });
    let granted = caller
        .post("/consents", json!({
            "contact": contact, "channels": ["email"], "purposes": ["marketing"], "level": "opt_in",
            "method": "web_form", "occurredAt": "2026-01-01T00:00:00Z",
            "evidence": { "disclosureText": "I agree.", "url": "https://example.com/form", "capturedAt": "2026-01-01T00:00:00Z" },
        }))
        .await;
    assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
    let ask = async |more: Value| {
        let mut question = json!({ "contact": contact, "channel": "email", "purpose": "marketing" });
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        caller.post("/consents/check", question).await.body
    };
    let now = ask(json!({})).await;
    assert_eq!(now["effect"], "allow", "{now}");
    let before = ask(json!({ "knownAt": "2026-01-02T00:00:00Z" })).await;
    assert_eq!(
        (&before["effect"], &before["permit"], &before["decisionId"]),
        (&json!("deny"), &Value::Null, &Value::Null),
        "nothing was known by then"
    );
    let since = ask(json!({ "knownAt": "2199-01-01T00:00:00Z" })).await;
    assert_eq!(since["effect"], "allow", "{since}");
}
