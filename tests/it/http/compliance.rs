//! The compliance profile of an organization.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::server::Server;

fn terms(seller: &str) -> Value {
    json!({
        "sellers": [{ "name": seller, "verified": true, "registrations": ["10dlc"] }],
        "abilities": ["identify_caller", "ai_disclosure"], "emergencies": [],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_the_profile_an_auditor_reads_it_and_others_do_neither() {
    let server = Server::start().await;
    let owner = server.log_in().await;
    let before = owner.get("/compliance/profile").await;
    assert_eq!(before.body["terms"]["callsNeedPermits"], true, "{}", before.body);
    assert_eq!(before.body["packs"].as_array().map(Vec::len), Some(5), "those of the build are approved");
    let set = owner.put("/compliance/profile", terms("Acme Realty")).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    let auditor = server.log_in_by("auditor").await;
    let shown = auditor.get("/compliance/profile").await;
    assert_eq!(shown.body["terms"]["sellers"][0]["name"], "Acme Realty");
    assert_eq!(shown.body["version"], before.body["version"].as_i64().unwrap() + 1);
    for mailbox in ["auditor", "manager", "agent", "viewer"] {
        let caller = server.log_in_by(mailbox).await;
        for (path, body) in [
            ("/compliance/stop", json!({ "reason": "x" })),
            ("/compliance/resume", json!({ "reason": "x" })),
            ("/compliance/packs/us-core/approve", json!({ "version": "1", "sha256": "0".repeat(64) })),
        ] {
            assert_eq!(caller.post(path, body).await.status, StatusCode::FORBIDDEN, "{mailbox} {path}");
        }
        let set = caller.put("/compliance/profile", terms("Mine")).await;
        assert_eq!(set.status, StatusCode::FORBIDDEN, "{mailbox}");
    }
    assert_eq!(
        server.log_in_by("agent").await.get("/compliance/profile").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_belongs_to_one_organization() {
    let server = Server::start().await;
    let (owner, other) = (server.log_in().await, server.log_in_elsewhere().await);
    owner.put("/compliance/profile", terms("Acme Realty")).await;
    owner.post("/compliance/stop", json!({ "reason": "complaints" })).await;
    let theirs = other.get("/compliance/profile").await.body;
    assert_ne!(theirs["terms"]["sellers"][0]["name"], "Acme Realty");
    assert_eq!(theirs["stopped"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_set_is_refused_with_its_place() {
    let server = Server::start().await;
    let owner = server.log_in().await;
    let with = |pointer: &str, value: Value| {
        let mut terms = terms("Acme Realty");
        terms[pointer] = value;
        terms
    };
    for (body, pointer, code) in [
        (with("sellers", json!([])), "/sellers", "profile_sellers_missing"),
        (with("policy", json!({ "attempts": 0 })), "/policy/attempts", "profile_attempts_out_of_range"),
    ] {
        let answer = owner.put("/compliance/profile", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
        let error = &answer.body["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)));
    }
    let further = owner.put("/compliance/profile", with("policy", json!({ "revokeAll": true }))).await;
    assert_eq!(further.status, StatusCode::OK, "{}", further.body);
    let back = owner.put("/compliance/profile", terms("Acme Realty")).await;
    assert_eq!((back.status, &back.body["code"]), (StatusCode::CONFLICT, &json!("profile_revoke_all_stays")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_does_without_permits_has_its_calls_counted_and_can_stop_them() {
    let server = Server::start().await;
    let owner = server.log_in().await;
    let mut free = terms("Acme Realty");
    free["callsNeedPermits"] = json!(false);
    owner.put("/compliance/profile", free).await;
    let call = json!({ "phoneNumber": "+14155552671", "direction": "outbound", "purpose": "marketing" });
    let started = owner.post("/calls", call.clone()).await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.body);
    let listed = owner.put("/dnc/+14155552671", json!({ "reason": "asked" })).await;
    let attempt = &listed.body["attempts"][0];
    assert_eq!(
        (&attempt["callId"], &attempt["about"]["purpose"]),
        (&started.body["id"], &json!("marketing"))
    );
    owner.post("/compliance/stop", json!({ "reason": "complaints" })).await;
    let refused = owner.post("/calls", call.clone()).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::CONFLICT, &json!("contacts_stopped")));
    owner.post("/compliance/resume", json!({ "reason": "resolved" })).await;
    assert_eq!(owner.post("/calls", call).await.status, StatusCode::CREATED);
}
