//! The event feed.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_resumes_by_cursor_without_gap_or_repetition() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    for n in 0..25 {
        caller.lead(&format!("+1415555{:04}", 2000 + n)).await;
    }
    let mut cursor = "earliest".to_owned();
    let mut positions = Vec::new();
    loop {
        let page = caller.get(&format!("/events?after={cursor}&limit=10&types=lead.*")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert_eq!(page.header("content-type"), "application/cloudevents-batch+json");
        positions
            .extend(page.body.as_array().unwrap().iter().map(|event| event["position"].as_i64().unwrap()));
        cursor = page.header("next-cursor");
        if page.header("has-more") == "false" {
            break;
        }
    }
    assert_eq!(positions.len(), 25);
    assert!(positions.is_sorted_by(|a, b| a < b));
    let nothing = caller.get(&format!("/events?after={cursor}")).await;
    assert_eq!(nothing.body, json!([]));
    assert_eq!(nothing.header("next-cursor"), cursor);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_answers_when_something_happens() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let waiting = {
        let caller = caller.clone();
        tokio::spawn(async move {
            let started = Instant::now();
            (caller.get("/events?after=latest&wait=20").await, started.elapsed())
        })
    };
    // Whenever the poll begins, something happens after it: leads are created until it answers.
    let mut created = 0;
    while !waiting.is_finished() {
        caller.lead(&format!("+1415555{:04}", 2000 + created)).await;
        created += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (answer, took) = waiting.await.unwrap();
    assert_eq!(answer.body[0]["type"], "lead.created");
    assert!(took < Duration::from_secs(15), "answered by the event, not by the end of the wait: {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_sends_each_event_once_and_ends_when_the_server_stops() {
    let mut server = Server::start().await;
    let caller = server.log_in().await;
    let response =
        caller.request(Method::GET, "/stream?after=earliest&types=lead.created").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let reader = tokio::spawn(async move {
        let mut text = String::new();
        let mut chunks = response.bytes_stream();
        while let Some(Ok(chunk)) = chunks.next().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        text
    });
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(caller.lead(&format!("+1415555{:04}", 2000 + n)).await);
    }
    // Seen by another reader of the same feed, and streams look at least that often.
    caller.get("/events?after=earliest&limit=5").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let started = Instant::now();
    assert!(server.terminate().success(), "{}", server.log());
    assert!(started.elapsed() < Duration::from_secs(15), "an open stream does not hold up the shutdown");
    let text = reader.await.unwrap();
    let seen: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str::<Value>(data).unwrap()["subject"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen, ids);
}
