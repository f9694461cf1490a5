//! Sixteen organizations with two connections each, and the same with one of them at twenty times that: what the fifteen
//! others notice. All send as fast as they are answered.

use crate::rig::client::{Party, Work, load_of};
use crate::rig::figures::{Distribution, median};
use crate::rig::server::{Installation, Server};
use crate::seconds;

const ORGANIZATIONS: usize = 16;
const CONNECTIONS: usize = 2;
const TIMES: usize = 20;
const ROUNDS: usize = 5;

pub async fn run(admin: &str) {
    let installation = Installation::new(admin, "bench_fairness").await;
    let names = installation.more_organizations(ORGANIZATIONS).await;
    let server = installation.serve().await;
    let mut seen = Vec::new();
    for name in &names {
        seen.push(server.seen_with(installation.token_of(&server, name).await));
    }
    round(&seen, CONNECTIONS).await;

    let (mut even, mut flooded, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (before, share) = round(&seen, CONNECTIONS).await;
        let (after, flood) = round(&seen, CONNECTIONS * TIMES).await;
        ratios.push(after / before);
        even.push((before, share));
        flooded.push((after, flood));
    }
    let middle = |rounds: &[(f64, f64)], part: fn(&(f64, f64)) -> f64| {
        median(&rounds.iter().map(part).collect::<Vec<_>>())
    };
    println!("p99 of the fifteen, all alike:          {:.2} ms", middle(&even, |round| round.0));
    println!("p99 of the fifteen, beside the flood:   {:.2} ms", middle(&flooded, |round| round.0));
    println!("ratio, median of {ROUNDS} rounds:              {:.2}", median(&ratios));
    println!(
        "the sixteenth: {:.0}/s alike, {:.0}/s in flood",
        middle(&even, |r| r.1),
        middle(&flooded, |r| r.1)
    );
    server.stop().await;
}

/// The p99 of all but the first in milliseconds, and what the first got done per second.
async fn round(seen: &[Server], first: usize) -> (f64, f64) {
    let party = |(n, server): (usize, &Server)| Party {
        server: server.clone(),
        connections: if n == 0 { first } else { CONNECTIONS },
        work: Work::Create,
    };
    let measured = load_of(seen.iter().enumerate().map(party).collect(), seconds()).await;
    let others = measured[1..].iter().flat_map(|measured| measured.samples().iter().copied());
    (Distribution::new(others.collect()).at(0.99), measured[0].per_second())
}
