//! Kill the server in the middle of a load: everything acknowledged is there once, and what readers see is what the
//! events add up to.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::fold;
use crate::support::server::{Caller, Server};
use crate::support::wait;

const SENDERS: u32 = 16;

/// What a sender knows when the server is gone.
#[derive(Default)]
struct Known {
    /// Idempotency key and lead id of each acknowledged creation.
    acknowledged: Vec<(String, String)>,
    /// The key that was under way.
    unknown: Option<String>,
}

async fn send_until_cut_off(caller: Caller, sender: u32) -> Known {
    let mut known = Known::default();
    for n in 0.. {
        let key = format!("crash-{sender}-{n}");
        let request =
            caller.request(Method::POST, "/leads").header("idempotency-key", &key).json(&body(&key));
        let answered = match request.send().await {
            Ok(response) if response.status() == StatusCode::CREATED => response.json::<Value>().await.ok(),
            _ => None,
        };
        let Some(lead) = answered else {
            known.unknown = Some(key);
            return known;
        };
        known.acknowledged.push((key, lead["id"].as_str().unwrap().to_owned()));
    }
    known
}

fn body(key: &str) -> Value {
    json!({ "phone": "+14155552671", "source": key })
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_load_it_has_lost_and_doubled_nothing() {
    let mut server = Server::start().await;
    let caller = server.log_in().await;
    let senders: Vec<_> = (0..SENDERS).map(|n| tokio::spawn(send_until_cut_off(caller.clone(), n))).collect();
    wait::until("enough is stored", Duration::from_secs(30), async || {
        server.database.event_count().await > 500
    })
    .await;
    server.kill();
    let mut known = Vec::new();
    for sender in senders {
        known.push(sender.await.unwrap());
    }
    server.launch().await;

    let stored = sources(&server).await;
    let mut acknowledged = 0;
    for (key, lead) in known.iter().flat_map(|known| &known.acknowledged) {
        assert_eq!(
            stored.get(key).map(Vec::as_slice),
            Some([lead.clone()].as_slice()),
            "{key} is stored once"
        );
        acknowledged += 1;
    }
    let mut settled = 0;
    for key in known.iter().filter_map(|known| known.unknown.as_ref()) {
        let request = caller.request(Method::POST, "/leads").header("idempotency-key", key).json(&body(key));
        let lead: Value = request.send().await.unwrap().json().await.unwrap();
        let stored = sources(&server).await;
        assert_eq!(stored[key], [lead["id"].as_str().unwrap().to_owned()], "{key} is settled by a retry");
        settled += 1;
    }
    let agreed = fold::read_models_agree(&server.database).await;
    println!("{acknowledged} acknowledged, all stored once; {settled} unknown, all settled; {agreed}");
    assert_eq!(settled, SENDERS, "the kill cut every sender off");
}

/// Lead ids by the source they were created with, which here is the key.
async fn sources(server: &Server) -> HashMap<String, Vec<String>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select payload ->> 'source', aggregate_id::text from events where event_type = 'lead.created'",
    )
    .fetch_all(&mut server.database.superuser().await)
    .await
    .unwrap();
    let mut sources: HashMap<String, Vec<String>> = HashMap::new();
    for (source, lead) in rows {
        sources.entry(source).or_default().push(lead);
    }
    sources
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_softly_it_finishes_what_it_has() {
    let mut server = Server::start().await;
    let caller = server.log_in().await;
    caller.lead("+14155552671").await;
    let status = server.terminate();
    assert!(status.success(), "{}", server.log());
    server.launch().await;
    let agreed = fold::read_models_agree(&server.database).await;
    println!("{agreed}");
}
