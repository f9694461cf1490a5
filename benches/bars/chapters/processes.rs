//! One, two and four server processes on one database: the lock that orders appends bounds latency, not capacity.

use crate::rig::client::{Party, Work, load_of};
use crate::rig::figures::{Row, print_ratios};
use crate::rig::server::{Installation, Server};
use crate::seconds;

/// Connections in all.
const WIDTH: usize = 64;
const ROUNDS: usize = 5;

pub async fn run(admin: &str) {
    let installation = Installation::new(admin, "bench_processes").await;
    let mut servers = Vec::new();
    for _ in 0..4 {
        servers.push(installation.serve().await);
    }
    spread(&servers).await;

    let mut rounds = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (count, figures) in [1, 2, 4].into_iter().zip(&mut rounds) {
            figures.push(spread(&servers[..count]).await);
        }
    }
    let names =
        ["one process, 64 connections", "two processes, 64 connections", "four processes, 64 connections"];
    print_ratios(
        &names.into_iter().zip(&rounds).map(|(name, round)| Row::new(name, round)).collect::<Vec<_>>(),
    );
    for server in servers {
        server.stop().await;
    }
}

/// Commands per second of all together.
async fn spread(servers: &[Server]) -> f64 {
    let connections = WIDTH / servers.len();
    let party = |server: &Server| Party { server: server.clone(), connections, work: Work::Create };
    let measured = load_of(servers.iter().map(party).collect(), seconds()).await;
    measured.iter().map(|measured| measured.per_second()).sum()
}
