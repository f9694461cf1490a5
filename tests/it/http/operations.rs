//! What operators do with projections over HTTP, and nobody else does.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::server::{Caller, Server, answer};
use crate::support::wait;

/// The component of a read model in the detailed health.
async fn health(server: &Server, name: &str) -> Value {
    let detail: Value =
        reqwest::get(format!("{}/api/health/detailed", server.url)).await.unwrap().json().await.unwrap();
    let component = format!("projection:{name}");
    let found = detail["components"].as_array().unwrap().iter().find(|one| one["component"] == component);
    found.unwrap().clone()
}

async fn standing(operator: &Caller, name: &str) -> Value {
    let all = operator.get("/projections").await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.body);
    all.body["data"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_read_model_lags_says_so_and_goes_on_when_resumed() {
    let server = Server::start().await;
    let (caller, operator) = (server.log_in().await, server.log_in_operator().await);
    caller.lead("+14155552671").await;
    let paused = operator.post("/projections/leads/pause", json!({ "reason": "to look" })).await;
    assert_eq!((paused.status, &paused.body["changed"]), (StatusCode::OK, &json!(true)));
    let again = operator.post("/projections/leads/pause", json!({ "reason": "to look" })).await;
    assert_eq!((again.status, &again.body["changed"]), (StatusCode::OK, &json!(false)));

    let written = caller.post("/leads", json!({ "phone": "+14155552672", "source": "web" })).await;
    let read = caller.request(Method::GET, "/leads").header("prefer", "wait=1");
    let read = answer(read.header("consistency-token", written.header("consistency-token"))).await;
    assert_eq!(
        (read.status, &read.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("projection_lagging"))
    );
    assert_eq!(health(&server, "leads").await["status"], "paused");
    let stands = standing(&operator, "leads").await;
    assert_eq!(stands["paused"]["reason"], "to look");
    assert_eq!(stands["paused"]["pausedBy"], format!("user:{}", operator.user));
    assert!(stands["lagEvents"].as_i64().unwrap() > 0, "{stands}");

    let resumed = operator.post("/projections/leads/resume", json!({})).await;
    assert_eq!((resumed.status, &resumed.body["changed"]), (StatusCode::OK, &json!(true)));
    let read = caller.get_after(&written, "/leads").await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    assert!(standing(&operator, "leads").await["paused"].is_null());
}

/// A lead with an event nobody knows, and one behind it; the positions of the two.
async fn sick_lead(server: &Server, caller: &Caller) -> (i64, i64) {
    let lead = caller.lead("+14155552671").await;
    for event_type in ["lead.abducted", "lead.note_added"] {
        let append = format!(
            "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                                 event_version, payload, metadata, occurred_at, recorded_at)
             select nextval('event_position'), tenant_id, aggregate_type, aggregate_id, sequence + 1, slot,
                    gen_random_uuid(), '{event_type}', 1,
                    json_build_object('text', 'hello', 'by', aggregate_id, 'at', '2026-01-01T00:00:00Z'),
                    metadata, now(), now()
               from events where aggregate_id = '{lead}' order by sequence desc limit 1"
        );
        server.database.superuser().await.execute(append.as_str()).await.unwrap();
    }
    sqlx::query_as(
        "select max(position) filter (where sequence = 2), max(position) filter (where sequence = 3)
           from events where aggregate_id = $1::uuid",
    )
    .bind(lead)
    .fetch_one(&mut server.database.superuser().await)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_event_is_shown_retried_and_skipped() {
    let server = Server::start().await;
    let (caller, operator) = (server.log_in().await, server.log_in_operator().await);
    let (failed, waits) = sick_lead(&server, &caller).await;
    let path = format!("/projections/leads/parked/{failed}");
    wait::until("both events are parked", Duration::from_secs(20), async || {
        operator.get(&path).await.body["data"].as_array().is_some_and(|events| events.len() == 2)
    })
    .await;
    let [stream] = operator.get("/projections/leads/parked").await.body["data"]
        .as_array()
        .unwrap()
        .clone()
        .try_into()
        .unwrap();
    assert_eq!((stream["position"].as_i64(), stream["events"].as_i64()), (Some(failed), Some(2)));

    let retried = operator.post(&format!("{path}/retry"), json!({})).await;
    assert_eq!((retried.status, &retried.body), (StatusCode::OK, &json!({ "applied": 0, "parked": 2 })));
    let early = operator
        .post(&format!("/projections/leads/parked/{waits}/skip"), json!({ "reason": "impatient" }))
        .await;
    assert_eq!((early.status, &early.body["code"]), (StatusCode::CONFLICT, &json!("event_only_waits")));
    let skipped = operator.post(&format!("{path}/skip"), json!({ "reason": "nobody knows it" })).await;
    assert_eq!((skipped.status, &skipped.body), (StatusCode::OK, &json!({ "applied": 1, "parked": 0 })));

    let gone = operator.post(&format!("{path}/retry"), json!({})).await;
    assert_eq!((gone.status, &gone.body["code"]), (StatusCode::NOT_FOUND, &json!("event_not_parked")));
    let kept = operator.get("/projections/leads/skipped").await;
    let kept = &kept.body["data"][0];
    assert_eq!((kept["position"].as_i64(), &kept["reason"]), (Some(failed), &json!("nobody knows it")));
    assert_eq!(kept["skippedBy"], format!("user:{}", operator.user));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_may_and_what_is_not_there_is_told() {
    let server = Server::start().await;
    let (caller, operator) = (server.log_in().await, server.log_in_operator().await);
    for path in ["/projections", "/projections/leads/parked", "/projections/leads/skipped"] {
        assert_eq!(caller.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["pause", "parked/1/skip"] {
        let refused = caller.post(&format!("/projections/leads/{path}"), json!({ "reason": "x" })).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    for (path, status, code) in [
        ("/projections/nonsense/parked", StatusCode::NOT_FOUND, "projection_not_found"),
        ("/projections/leads/parked/1", StatusCode::NOT_FOUND, "event_not_parked"),
        ("/projections/leads/parked/x", StatusCode::BAD_REQUEST, "invalid_request"),
        ("/projections/leads/parked?limit=0", StatusCode::BAD_REQUEST, "invalid_request"),
    ] {
        let refused = operator.get(path).await;
        assert_eq!((refused.status, &refused.body["code"]), (status, &json!(code)), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_relay_has_parked_is_listed_asked_for_and_gone_without() {
    let server = Server::start().await;
    let (caller, operator) = (server.log_in().await, server.log_in_operator().await);
    caller.lead("+14155552671").await;
    let position: i64 = sqlx::query_scalar(
        "insert into dead_letters (projection, position, tenant_id, aggregate_type, aggregate_id, sequence, event_type, error)
         select 'relay', position, tenant_id, aggregate_type, aggregate_id, sequence, event_type, 'too large'
           from events where event_type = 'lead.created' order by position desc limit 1 returning position",
    )
    .fetch_one(&mut server.database.superuser().await)
    .await
    .unwrap();
    let parked = operator.get("/projections/relay/parked").await;
    assert_eq!(parked.body["data"][0]["position"], position, "{}", parked.body);
    let path = format!("/projections/relay/parked/{position}");
    assert_eq!(operator.get(&path).await.body["data"][0]["error"], "too large");

    let asked = operator.post(&format!("{path}/retry"), json!({})).await;
    assert_eq!((asked.status, &asked.body), (StatusCode::ACCEPTED, &json!({ "asked": 1 })));
    let nothing = operator.post("/projections/relay/parked/0/retry", json!({})).await;
    assert_eq!((nothing.status, &nothing.body["code"]), (StatusCode::NOT_FOUND, &json!("event_not_parked")));
    let skipped = operator.post(&format!("{path}/skip"), json!({ "reason": "nobody needs it" })).await;
    assert_eq!((skipped.status, &skipped.body), (StatusCode::ACCEPTED, &json!({ "asked": 0 })));
    let skipped = operator.get("/projections/relay/skipped").await;
    assert_eq!(skipped.body["data"][0]["skippedBy"], format!("user:{}", operator.user));
    let refused = caller.post("/projections/relay/parked/retry", json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
