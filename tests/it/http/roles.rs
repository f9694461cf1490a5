//! What an auditor may do, asked of every route there is: a new one is closed to them until it is named here.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::server::{Caller, Server};

/// Beginnings of paths an auditor may read: the evidence, and what it is about.
const READS: [&str; 8] =
    ["/audit/", "/calls", "/compliance/profile", "/consents", "/events", "/lists", "/stream", "/auth/me"];

async fn status(caller: &Caller, method: &Method, path: &str) -> (StatusCode, String) {
    let request = caller.request(method.clone(), path).header("content-type", "application/json").body("{}");
    let answer = request.send().await.unwrap();
    let status = answer.status();
    // The stream of events does not end.
    let body = if status.is_success() { String::new() } else { answer.text().await.unwrap() };
    (status, body)
}

fn filled_in(pattern: &str) -> String {
    let id = uuid::Uuid::from_u128(7).to_string();
    let path = pattern.replace("{id}", &id).replace("{phone}", "%2B14155552671").replace("{list}", "us-tx");
    let name = if pattern.starts_with("/compliance/packs") { "us-core" } else { "leads" };
    path.replace("{name}", name).replace("{position}", "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_reads_the_evidence_and_nothing_else() {
    let server = Server::start().await;
    let auditor = server.log_in_by("auditor").await;
    let document = reqwest::get(format!("{}/openapi.json", server.url)).await.unwrap();
    let document: Value = document.json().await.unwrap();
    let (mut open, mut closed) = (0, 0);
    for (full, operations) in document["paths"].as_object().unwrap() {
        let Some(pattern) = full.strip_prefix("/api/v1") else { continue };
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            // Whoever has credentials may log in and out.
            if pattern.starts_with("/auth/") && method == Method::POST {
                continue;
            }
            let may = method == Method::GET && READS.iter().any(|begin| pattern.starts_with(begin));
            let (status, body) = status(&auditor, &method, &filled_in(pattern)).await;
            assert_eq!(status == StatusCode::FORBIDDEN, !may, "{method} {pattern}: {status} {body}");
            assert!(!status.is_server_error(), "{method} {pattern}: {status} {body}");
            if may { open += 1 } else { closed += 1 }
        }
    }
    assert!(open > 10 && closed > 50, "{open} open and {closed} closed: was the document understood?");
}
