//! What operators are told of the read models.

use std::time::Duration;

use seiketsu_projections::read_models;
use serde_json::Value;

use crate::support::server::Server;
use crate::support::wait;

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_tell_how_far_each_read_model_is_behind() {
    let server = Server::start().await;
    server.log_in().await.lead("+14155552671").await;
    wait::until("every read model has arrived", Duration::from_secs(30), async || {
        let health: Value = fetch(&server, "/api/health/detailed").await.json().await.unwrap();
        read_models::all().iter().all(|model| has_arrived(&health, model.name()))
    })
    .await;
    let metrics = fetch(&server, "/metrics").await.text().await.unwrap();
    for model in read_models::all() {
        for gauge in ["position", "lag_events", "lag_seconds", "parked_events"] {
            let line = format!("projection_{gauge}{{projection=\"{}\"}} ", model.name());
            assert!(metrics.contains(&line), "{line} is missing");
        }
    }
}

async fn fetch(server: &Server, path: &str) -> reqwest::Response {
    reqwest::get(format!("{}{path}", server.credential("SEIKETSU_URL"))).await.unwrap()
}

fn has_arrived(health: &Value, read_model: &str) -> bool {
    let component = |name: String| {
        let components = health["components"].as_array().unwrap();
        components.iter().find(|component| component["component"] == name.as_str()).unwrap()
    };
    let shown = component(format!("projection:{read_model}"));
    assert!(shown["lagSeconds"].is_u64() && shown["parkedEvents"] == 0, "{shown}");
    shown["lagEvents"] == 0 && shown["position"] == component("database".to_owned())["position"]
}
