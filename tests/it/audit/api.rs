use std::time::Duration;

use reqwest::StatusCode;
use seiketsu_proof::{Evidence, VerifierKey};
use serde_json::Value;

use crate::support::server::{Caller, Server};
use crate::support::wait;

/// The first organization's user, given this role before they log in.
async fn log_in_as(server: &Server, role: &str) -> Caller {
    sqlx::query("update users set role = $1 where email = $2")
        .bind(role)
        .bind(server.credential("SEIKETSU_EMAIL"))
        .execute(&mut server.database.superuser().await)
        .await
        .unwrap();
    server.log_in().await
}

/// The feed, once the last event of it is in the log.
async fn logged(caller: &Caller) -> Vec<Value> {
    let feed = caller.get("/events").await.body.as_array().unwrap().clone();
    let last = feed.last().unwrap()["position"].as_i64().unwrap();
    wait::until("the last event is in the log", Duration::from_secs(20), async || {
        caller.get(&format!("/audit/proofs?position={last}")).await.status == StatusCode::OK
    })
    .await;
    feed
}

fn evidence(body: &Value) -> Evidence {
    serde_json::from_value(body.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_auditor_is_given_verifies_with_the_public_key_alone() {
    let server = Server::start().await;
    server.log_in().await.lead("+14155552671").await;
    let auditor = log_in_as(&server, "auditor").await;
    let feed = logged(&auditor).await;
    let first = auditor.get("/audit/checkpoints").await;
    let (kept, size) = (first.body["data"][0]["note"].as_str().unwrap(), &first.body["data"][0]["size"]);
    let key: VerifierKey = first.body["data"][0]["publicKey"].as_str().unwrap().parse().unwrap();

    for event in &feed {
        let (position, id, subject) =
            (&event["position"], event["id"].as_str().unwrap(), event["subject"].as_str().unwrap());
        let by_position = auditor.get(&format!("/audit/proofs?position={position}")).await;
        let by_id = auditor.get(&format!("/audit/proofs?eventId={id}&subject={subject}&size={size}")).await;
        for answer in [by_position, by_id] {
            let evidence = evidence(&answer.body);
            assert_eq!(evidence.events[0].event.event_id.to_string(), id);
            assert_eq!(evidence.verify(&key, Some(kept)).faults, Vec::<String>::new());
        }
    }
    let grown = auditor.get(&format!("/audit/growth?from={size}")).await;
    assert_eq!(evidence(&grown.body).verify(&key, Some(kept)).faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_are_for_auditors_of_the_organization() {
    let server = Server::start().await;
    let manager = log_in_as(&server, "manager").await;
    manager.lead("+14155552671").await;
    let elsewhere = server.log_in_elsewhere().await;
    for path in ["/audit/checkpoints", "/audit/proofs?position=1", "/audit/growth?from=1"] {
        assert_eq!(manager.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let auditor = log_in_as(&server, "auditor").await;
    let position = logged(&auditor).await[0]["position"].clone();
    sqlx::query("update users set role = 'auditor'")
        .execute(&mut server.database.superuser().await)
        .await
        .unwrap();
    let others = server.log_in_elsewhere().await;
    assert_eq!(elsewhere.organization, others.organization);
    let proof = others.get(&format!("/audit/proofs?position={position}")).await;
    assert_eq!((proof.status, proof.text("code").as_str()), (StatusCode::NOT_FOUND, "event_not_found"));
    let checkpoints = others.get("/audit/checkpoints").await.body["data"].clone();
    let origin = format!("seiketsu/{}\n", others.organization);
    let own = |checkpoint: &Value| checkpoint["note"].as_str().unwrap().starts_with(&origin);
    assert!(checkpoints.as_array().unwrap().iter().all(own), "{checkpoints}");

    for (query, status, code) in [
        ("proofs", StatusCode::BAD_REQUEST, "event_not_named"),
        (
            "proofs?position=1&eventId=0193a1b2-0000-7000-8000-000000000000",
            StatusCode::BAD_REQUEST,
            "event_not_named",
        ),
        ("proofs?eventId=0193a1b2-0000-7000-8000-000000000000", StatusCode::BAD_REQUEST, "event_not_named"),
        ("proofs?position=-9223372036854775808", StatusCode::NOT_FOUND, "event_not_found"),
        ("proofs?position=9223372036854775807", StatusCode::NOT_FOUND, "event_not_found"),
        ("growth?from=9223372036854775807", StatusCode::NOT_FOUND, "checkpoint_not_found"),
        ("growth?from=-1", StatusCode::NOT_FOUND, "checkpoint_not_found"),
    ] {
        let refused = auditor.get(&format!("/audit/{query}")).await;
        assert_eq!(refused.status, status, "{query}: {}", refused.body);
        assert!(refused.body.to_string().contains(code), "{query}: {}", refused.body);
    }
}
