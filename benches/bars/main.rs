//! `make bench`: how fast commands are, as ratios against peers measured in the same run on the same machine.
//!
//! - ours: `POST /api/v1/leads` over HTTP, with a bearer token and an idempotency key, 32 connections, against
//!   `seiketsu serve`, the role that takes commands, as the release binary has it;
//! - (a) `pgbench` inserting one comparable event row per transaction, 32 clients, same Postgres server;
//! - (b) `postgres-es`: its `CqrsFramework` creating the same lead in process, 32 tasks, same Postgres server.
//!
//! Neither peer keeps read models, so the ratios leave ours out; `seiketsu dev`, which keeps all of them in the same
//! process, follows with how soon a command is visible, and how many it takes.
//!
//! Rounds are interleaved, so that a slow moment of the machine hits all three. Postgres runs with fsync on.
#![expect(clippy::expect_used, reason = "a measurement ends at the first surprise")]

mod client;
mod figures;
mod peers;
mod server;
mod visibility;

use std::time::Duration;

use figures::{Row, median, print_ratios};
use server::Server;

/// Connections, clients and tasks.
const WIDTH: usize = 32;
/// Many short rounds rather than few long ones: a machine's slow moments last for seconds, and a ratio is made of what was
/// measured side by side.
const ROUNDS: usize = 9;

/// How long each measurement of a round takes.
fn seconds() -> Duration {
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|raw| raw.parse().ok()).unwrap_or(3);
    Duration::from_secs(seconds)
}

/// How long visibility is sampled.
const SAMPLED: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    // `cargo test` runs benches too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let admin = std::env::var("SEIKETSU_TEST_DATABASE_URL").expect("run this through `make bench`");
    let api = Server::start_api(&admin).await;
    let pgbench = peers::PgBench::prepare(&admin).await;
    let postgres_es = peers::PostgresEs::prepare(&admin).await;

    println!("warming up …");
    client::create_leads(&api, WIDTH, Duration::from_secs(3)).await;
    let (mut ours, mut a, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        ours.push(client::create_leads(&api, WIDTH, seconds()).await);
        a.push(pgbench.run(WIDTH, seconds()));
        b.push(postgres_es.run(WIDTH, seconds()).await);
    }
    let per_second: Vec<f64> = ours.iter().map(client::Measured::per_second).collect();
    let rows = [
        Row::new("seiketsu serve, POST /leads over HTTP, 32 connections", &per_second),
        Row::new("(a) pgbench, one event row per transaction, 32 clients", &a),
        Row::new("(b) postgres-es CqrsFramework in process, 32 tasks", &b),
    ];
    print_ratios(&rows);
    let middle = ours.iter().find(|m| m.per_second() >= median(&per_second)).expect("a round ran");
    println!("\nlatency of our commands at 32 connections: {}", middle.latency());
    sweep(&api, &[1, 8, 128, 512]).await;
    api.stop().await;

    let dev = Server::start_dev(&admin).await;
    println!("\nseiketsu dev, all read models in the same process:");
    for rate in [500, 2000] {
        println!("commit to visible at {rate} commands/s (from the answer to the first GET that finds it):");
        println!("  {}", visibility::measure(&dev, rate, SAMPLED).await);
    }
    sweep(&dev, &[32]).await;
    dev.stop().await;
}

async fn sweep(server: &Server, widths: &[usize]) {
    for connections in widths {
        let measured = client::create_leads(server, *connections, Duration::from_secs(4)).await;
        println!(
            "{connections:>4} connections: {:>8.0} commands/s, {}",
            measured.per_second(),
            measured.latency()
        );
    }
}
