//! What every command promises, shown on leads and calls.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::server::{Server, answer};

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_answers_with_the_resource_its_place_its_version_and_a_token() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let created = caller.post("/leads", json!({ "phone": "+14155552671", "source": "website" })).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let id = created.text("id");
    assert_eq!(created.header("location"), format!("/api/v1/leads/{id}"));
    assert_eq!(created.header("etag"), "\"1\"");
    assert_eq!(created.body["organizationId"], caller.organization.as_str());
    let read = caller.get_after(&created, &format!("/leads/{id}")).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    let mut shown = read.body;
    shown.as_object_mut().unwrap().remove("asOf");
    assert_eq!(shown, created.body, "the read model shows what the command answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_one_effect_and_one_answer() {
    let server = Server::start().await;
    let before = server.database.event_count().await;
    let caller = server.log_in().await;
    let send = async |body: serde_json::Value| {
        answer(caller.request(Method::POST, "/leads").header("idempotency-key", "once").json(&body)).await
    };
    let body = json!({ "phone": "+14155552671", "source": "website" });
    let first = send(body.clone()).await;
    let second = send(body).await;
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("consistency-token"), second.header("consistency-token"));
    assert_eq!(second.header("idempotent-replayed"), "true");
    let other = send(json!({ "phone": "+14155552672", "source": "website" })).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.body["code"], "idempotency_key_reused");
    assert_eq!(server.database.event_count().await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_end_of_a_call_replays_even_though_the_call_has_ended() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let id = caller.connected_call("+14155552671").await;
    let end = async || {
        let request =
            caller.request(Method::POST, &format!("/calls/{id}/end")).header("idempotency-key", "end");
        answer(request.json(&json!({ "outcome": "completed", "summary": "all said" }))).await
    };
    let first = end().await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let note = caller
        .post(
            &format!("/calls/{id}/transcript"),
            json!({ "segments": [
        { "speaker": "agent", "text": "one more thing", "startMs": 0, "endMs": 10 }
    ] }),
        )
        .await;
    assert_eq!((note.status, &note.body["code"]), (StatusCode::CONFLICT, &json!("call_ended")));
    let second = end().await;
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("idempotent-replayed"), "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_senders_of_one_key_have_one_effect() {
    let server = Server::start().await;
    let before = server.database.event_count().await;
    let caller = server.log_in().await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let caller = caller.clone();
            tokio::spawn(async move {
                loop {
                    let request =
                        caller.request(Method::POST, "/leads").header("idempotency-key", "all-at-once");
                    let answer =
                        answer(request.json(&json!({ "phone": "+14155552671", "source": "website" }))).await;
                    // In flight, or no connection free on a busy machine: the contract says to come back.
                    if answer.body["retryable"] != true {
                        return answer;
                    }
                    assert!(answer.headers.contains_key("retry-after"), "{}", answer.body);
                }
            })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for task in tasks {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        ids.insert(answer.text("id"));
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(server.database.event_count().await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_is_refused_and_names_the_current_one() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let id = caller.lead("+14155552671").await;
    let update = async |version: &str| {
        let request = caller.request(Method::PUT, &format!("/leads/{id}")).header("if-match", version);
        answer(request.json(&json!({ "firstName": format!("Name {}", version.len()) }))).await
    };
    assert_eq!(update("\"1\"").await.header("etag"), "\"2\"");
    let stale = update("\"1\"").await;
    assert_eq!(
        (stale.status, &stale.body["code"]),
        (StatusCode::PRECONDITION_FAILED, &json!("version_mismatch"))
    );
    assert!(stale.body["detail"].as_str().unwrap().contains('2'));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_marks_its_call_in_the_same_step() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let call = caller.connected_call("+14155552671").await;
    let raised = caller
        .post(
            "/escalations",
            json!({ "callId": call, "trigger": "explicit_request", "reason": "wants a person" }),
        )
        .await;
    assert_eq!(raised.status, StatusCode::CREATED, "{}", raised.body);
    let shown = caller.get_after(&raised, &format!("/calls/{call}")).await;
    assert_eq!((&shown.body["escalated"], &shown.body["escalationId"]), (&json!(true), &raised.body["id"]));
    let unknown = caller
        .post("/escalations", json!({ "callId": uuid::Uuid::nil(), "trigger": "override", "reason": "x" }))
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_call_needs_a_permit_for_its_own_number_direction_and_purpose() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let granted = caller
        .post(
            "/consents",
            json!({
                "contact": { "email": "ada@example.com" }, "channels": ["email"], "purposes": ["marketing"],
                "level": "opt_in", "method": "web_form",
                "evidence": { "disclosureText": "I agree.", "capturedAt": "2026-01-02T03:04:05Z" },
            }),
        )
        .await;
    assert_eq!(granted.status, StatusCode::CREATED, "{}", granted.body);
    let question =
        json!({ "contact": { "email": "ada@example.com" }, "channel": "email", "purpose": "marketing" });
    let permit = caller.post("/consents/check", question).await.body["permit"]["id"].clone();
    assert!(permit.is_string(), "an allow carries a permit");
    let refused = async |more: serde_json::Value| {
        let mut call = json!({ "phoneNumber": "+14155552671", "direction": "outbound" });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = caller.post("/calls", call).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/permitId", "{}", answer.body);
        answer.body["errors"][0]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(json!({})).await, "permit_required");
    assert_eq!(refused(json!({ "permitId": uuid::Uuid::nil() })).await, "permit_unknown");
    assert_eq!(refused(json!({ "permitId": permit })).await, "permit_for_another_number");
    let inbound = json!({ "direction": "inbound", "permitId": permit });
    assert_eq!(refused(inbound).await, "permit_not_for_inbound");
    let other = server.log_in_elsewhere().await;
    let theirs = json!({ "phoneNumber": "+14155552671", "direction": "outbound", "permitId": permit });
    let theirs = other.post("/calls", theirs).await;
    assert_eq!(theirs.body["errors"][0]["code"], "permit_unknown", "{}", theirs.body);
}
