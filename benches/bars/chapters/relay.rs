//! How fast the relay brings a backlog to Kafka.

use std::time::{Duration, Instant};

use crate::rig::log::Log;
use crate::rig::server::Installation;

/// Events that wait for the relay.
const BACKLOG: i64 = 300_000;

pub async fn run(admin: &str) {
    let Some(installation) = Installation::with_kafka(admin, "bench_relay").await else {
        println!("not measured, this run has no broker");
        return;
    };
    let mut log = Log::open(&installation.url).await;
    let tenant = log.tenant(&installation.organization()).await;
    log.add_leads(BACKLOG, &[tenant]).await;
    log.settle().await;

    let mut relay = installation.role("relay");
    let position = "select coalesce(max(position), 0) from relay";
    // Topics are created first; the clock starts with the first event.
    while log.number(position).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (began, from) = (Instant::now(), log.number(position).await);
    let mut reached = from;
    while reached < BACKLOG {
        assert!(began.elapsed() < Duration::from_secs(120), "the relay stands at {reached}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        reached = log.number(position).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let per_second = (reached - from) as f64 / began.elapsed().as_secs_f64();
    println!("catching up with {BACKLOG} events: {per_second:.0} events/s");
    relay.kill().await.expect("it was running");
}
