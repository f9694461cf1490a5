//! Lists, filters and searches over a million leads of one organization, and how long all read models took to get there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::rig::client::{Work, load};
use crate::rig::log::Log;
use crate::rig::server::Installation;
use crate::seconds;

const CONNECTIONS: usize = 4;

/// What dashboards ask for; several values each, so that one hot page does not stand for all.
const QUERIES: [(&str, &[&str]); 8] = [
    ("newest first", &["/api/v1/leads?limit=20"]),
    ("by source", &["/api/v1/leads?source=zillow", "/api/v1/leads?source=walk_in"]),
    ("by status", &["/api/v1/leads?status=new", "/api/v1/leads?status=qualified"]),
    ("by tag", &["/api/v1/leads?tag=investor", "/api/v1/leads?tag=buyer"]),
    ("sorted by last name", &["/api/v1/leads?sort=lastName", "/api/v1/leads?sort=-lastName"]),
    ("search, a rare name", &["/api/v1/leads?q=Bacedo", "/api/v1/leads?q=Toselag", "/api/v1/leads?q=Vimera"]),
    ("search, a common name", &["/api/v1/leads?q=Grace", "/api/v1/leads?q=Ada"]),
    (
        "search within a source",
        &["/api/v1/leads?q=Alan&source=referral", "/api/v1/leads?q=Ken&source=facebook"],
    ),
];

/// Leads, unless `BENCH_LEADS` says otherwise.
fn leads() -> i64 {
    std::env::var("BENCH_LEADS").ok().and_then(|raw| raw.parse().ok()).unwrap_or(1_000_000)
}

pub async fn run(admin: &str) {
    let installation = Installation::new(admin, "bench_queries").await;
    let mut log = Log::open(&installation.url).await;
    let tenant = log.tenant(&installation.organization()).await;
    let leads = leads();
    log.add_leads(leads, &[tenant]).await;
    log.settle().await;
    let server = installation.serve().await;

    let began = Instant::now();
    let mut workers = installation.role("project");
    let slowest = "select coalesce(min(position), 0) from projection_checkpoints where partition = '*'";
    while log.number(slowest).await < leads {
        assert!(
            began.elapsed() < Duration::from_secs(900),
            "the read models stand at {}",
            log.number(slowest).await
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "a million")]
    let per_second = leads as f64 / began.elapsed().as_secs_f64();
    println!("all read models caught up with {leads} new leads: {per_second:.0} events/s");
    workers.kill().await.expect("it was running");
    log.analyze().await;

    println!("{CONNECTIONS} connections:");
    for (name, paths) in QUERIES {
        let paths = Arc::new(paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        load(&server, CONNECTIONS, Duration::from_millis(500), Work::Get(Arc::clone(&paths))).await;
        let measured = load(&server, CONNECTIONS, seconds(), Work::Get(paths)).await;
        println!("  {name:<24} {:>7.0}/s  {}", measured.per_second(), measured.latency());
    }
    server.stop().await;
}
