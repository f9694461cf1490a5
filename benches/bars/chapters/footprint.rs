//! Resident memory and start-up time of each role.

use std::time::Duration;

use crate::rig::client::{Work, load};
use crate::rig::server::{Installation, resident};

const AT_REST: Duration = Duration::from_secs(3);
const LOADED: Duration = Duration::from_secs(10);

pub async fn run(admin: &str) {
    let installation = Installation::new(admin, "bench_footprint").await;
    let server = installation.serve().await;
    tokio::time::sleep(AT_REST).await;
    println!(
        "serve    ready in {:>4} ms, at rest {:>4} MiB",
        server.started_in.as_millis(),
        mib(server.resident().await)
    );
    server.stop().await;

    let mut project = installation.role("project");
    tokio::time::sleep(AT_REST).await;
    println!("project                    at rest {:>4} MiB", mib(resident(project.id().expect("it runs"))));
    project.kill().await.expect("it was running");

    let dev = installation.dev().await;
    tokio::time::sleep(AT_REST).await;
    println!(
        "dev      ready in {:>4} ms, at rest {:>4} MiB",
        dev.started_in.as_millis(),
        mib(dev.resident().await)
    );
    let mut most = 0;
    let loading = tokio::spawn({
        let dev = dev.clone();
        async move { load(&dev, 32, LOADED, Work::Create).await }
    });
    while !loading.is_finished() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        most = most.max(dev.resident().await);
    }
    println!("dev      under 32 connections for {} s, at most {} MiB", LOADED.as_secs(), mib(most));
    dev.stop().await;
}

fn mib(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}
