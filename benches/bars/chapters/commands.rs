//! Commands over HTTP beside what else stores events in Postgres.
//!
//! - ours: `POST /leads` with a bearer token and an idempotency key, against `seiketsu serve`, the role that takes
//!   commands. No peer keeps read models, so the ratios leave ours out; `seiketsu dev` keeps all of them beside it.
//! - (a) `pgbench` inserting one comparable event row per transaction, 32 clients;
//! - (b) `postgres-es`: its `CqrsFramework` creating the same lead in process, 32 tasks;
//! - (c), (d): stores in other languages, each called in its own process as its documentation shows
//!   ([`crate::rig::external`]).
//!
//! Rounds are interleaved, so that a slow moment of the machine hits all of them.

use std::sync::Arc;
use std::time::Duration;

use crate::rig::client::{Work, load, some_leads};
use crate::rig::external::External;
use crate::rig::figures::{Row, median, print_ratios};
use crate::rig::peers::{PgBench, PostgresEs};
use crate::rig::server::{Installation, Server};
use crate::seconds;

/// Connections, clients and tasks.
const WIDTH: usize = 32;
/// Many short rounds rather than few long ones: a machine's slow moments last for seconds, and a ratio is made of what was
/// measured side by side.
const ROUNDS: usize = 9;
/// Existing leads that commands are sent to.
const LEADS: usize = 2000;

pub async fn run(admin: &str) {
    let server = Installation::new(admin, "bench_commands").await.serve().await;
    let (pgbench, postgres_es) = (PgBench::prepare(admin).await, PostgresEs::prepare(admin).await);
    let external = External::prepare(admin).await;
    load(&server, WIDTH, Duration::from_secs(3), Work::Create).await;

    let (mut ours, mut a, mut b) = (Vec::new(), Vec::new(), Vec::new());
    let mut others: Vec<Vec<f64>> = external.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        ours.push(load(&server, WIDTH, seconds(), Work::Create).await);
        a.push(pgbench.run(WIDTH, seconds()));
        b.push(postgres_es.run(WIDTH, seconds()).await);
        for (peer, rounds) in external.iter().zip(&mut others) {
            rounds.push(peer.run(seconds()));
        }
    }
    let per_second: Vec<f64> = ours.iter().map(|measured| measured.per_second()).collect();
    let mut rows = vec![
        Row::new("seiketsu serve, POST /leads over HTTP, 32 connections", &per_second),
        Row::new("(a) pgbench, one event row per transaction, 32 clients", &a),
        Row::new("(b) postgres-es CqrsFramework in process, 32 tasks", &b),
    ];
    rows.extend(external.iter().zip(&others).map(|(peer, rounds)| Row::new(peer.name, rounds)));
    print_ratios(&rows);
    let middle = ours.iter().find(|m| m.per_second() >= median(&per_second)).expect("a round ran");
    println!("\nlatency of our commands at 32 connections: {}", middle.latency());

    println!("\nseiketsu serve, new leads:");
    sweep(&server, &[1, 8, 32, 128, 512], Work::Create).await;
    println!("\nseiketsu serve, notes on {LEADS} leads that exist:");
    let leads = Arc::new(some_leads(&server, LEADS).await);
    sweep(&server, &[1, 8, 32, 128, 512], Work::Append(leads)).await;
    server.stop().await;

    let dev = Installation::new(admin, "bench_commands_dev").await.dev().await;
    println!("\nseiketsu dev, all read models in the same process, new leads:");
    sweep(&dev, &[32], Work::Create).await;
    dev.stop().await;
}

async fn sweep(server: &Server, widths: &[usize], work: Work) {
    for connections in widths {
        let measured = load(server, *connections, seconds(), work.clone()).await;
        println!(
            "{connections:>4} connections: {:>8.0} commands/s, {}",
            measured.per_second(),
            measured.latency()
        );
    }
}
