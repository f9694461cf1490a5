//! Reading what was written.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::server::{Server, answer};
use crate::support::wait;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_makes_every_write_readable_at_once() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    for n in 0..50 {
        let created = caller
            .post("/leads", json!({ "phone": format!("+1415555{:04}", 2000 + n), "source": "web" }))
            .await;
        let read = caller.get_after(&created, &format!("/leads/{}", created.text("id"))).await;
        assert_eq!(read.status, StatusCode::OK);
        let list = caller.get_after(&created, "/leads?limit=1").await;
        assert_eq!(list.body["data"][0]["id"], created.body["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_a_write_is_readable_within_moments() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let id = caller.lead("+14155552671").await;
    wait::until("the lead is visible", Duration::from_secs(5), async || {
        caller.get(&format!("/leads/{id}")).await.status == StatusCode::OK
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_never_comes_is_told_as_lagging_or_stale() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let lagging =
        answer(caller.request(Method::GET, "/leads?after_position=999999").header("prefer", "wait=0")).await;
    assert_eq!(
        (lagging.status, &lagging.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("projection_lagging"))
    );
    assert!(lagging.headers.contains_key("retry-after"));
    let request = caller.request(Method::GET, "/leads?after_position=999999");
    let stale = answer(request.header("prefer", "wait=0, handling=lenient")).await;
    assert_eq!((stale.status, stale.header("consistency").as_str()), (StatusCode::OK, "stale"));
}
