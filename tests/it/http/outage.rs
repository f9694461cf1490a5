//! The database goes away under a load and comes back: the server says so, loses nothing, and nobody restarts it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Caller, Server, answer};
use crate::support::{fold, wait};

const SENDERS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Load {
    over: AtomicBool,
    accepted: AtomicU32,
    turned_away: AtomicU32,
}

/// Sends command after command, each until it is accepted; returns the lead ids by key.
async fn insist(caller: Caller, load: Arc<Load>, sender: u32) -> Vec<(String, String)> {
    let mut accepted = Vec::new();
    while !load.over.load(SeqCst) {
        let key = format!("outage-{sender}-{}", accepted.len());
        accepted.push((key.clone(), send_until_accepted(&caller, &load, &key).await));
    }
    accepted
}

async fn send_until_accepted(caller: &Caller, load: &Load, key: &str) -> String {
    loop {
        let body = json!({ "phone": "+14155552671", "source": key });
        let request = caller.request(Method::POST, "/leads").header("idempotency-key", key).json(&body);
        let answer = answer(request).await;
        if answer.status == StatusCode::CREATED {
            load.accepted.fetch_add(1, SeqCst);
            return answer.text("id");
        }
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
        assert_eq!(answer.body["retryable"], Value::Bool(true), "{}", answer.body);
        let _seconds: u32 = answer.header("retry-after").parse().unwrap();
        load.turned_away.fetch_add(1, SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_it_says_so_and_recovers_by_itself() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let load = Arc::new(Load::default());
    let senders: Vec<_> =
        (0..SENDERS).map(|n| tokio::spawn(insist(caller.clone(), Arc::clone(&load), n))).collect();
    let accepts = async |more: u32| {
        let wanted = load.accepted.load(SeqCst) + more;
        wait::until("commands are accepted", PATIENCE, async || load.accepted.load(SeqCst) >= wanted).await;
    };
    accepts(200).await;

    server.database.take_away().await;
    wait::until("commands are turned away", PATIENCE, async || load.turned_away.load(SeqCst) >= 50).await;
    let query = caller.get("/leads").await;
    assert_eq!(query.status, StatusCode::SERVICE_UNAVAILABLE, "{}", query.body);
    let health = |path| reqwest::get(format!("{}/api/health/{path}", server.url));
    assert_eq!(health("live").await.unwrap().status(), StatusCode::OK, "restarting it would not help");
    assert_eq!(health("ready").await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);

    server.database.give_back().await;
    accepts(200).await;
    assert_eq!(health("ready").await.unwrap().status(), StatusCode::OK);
    load.over.store(true, SeqCst);
    let mut acknowledged = HashMap::new();
    for sender in senders {
        acknowledged.extend(sender.await.unwrap());
    }

    let stored: Vec<(String, String)> = sqlx::query_as(
        "select payload ->> 'source', aggregate_id::text from events where event_type = 'lead.created'",
    )
    .fetch_all(&mut server.database.superuser().await)
    .await
    .unwrap();
    assert_eq!(stored.len(), acknowledged.len(), "every key has one effect");
    assert_eq!(stored.into_iter().collect::<HashMap<_, _>>(), acknowledged);
    let agreed = fold::read_models_agree(&server.database).await;
    let (accepted, turned_away) = (load.accepted.load(SeqCst), load.turned_away.load(SeqCst));
    println!("{accepted} accepted, all stored once; {turned_away} turned away meanwhile; {agreed}");
}
