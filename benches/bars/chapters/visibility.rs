//! How long after its answer a command's effect is found by a query that does not wait for it.

use std::time::{Duration, Instant};

use crate::rig::client::{Connection, create_lead_request, get_request};
use crate::rig::figures::Distribution;
use crate::rig::server::{Installation, Server};

/// Connections the load is spread over; each sends on its own schedule.
const SENDERS: u32 = 32;
/// Commands looked for per second: each is looked for until it is found, and every look costs the machine as much as a
/// command does. Twice as many, each looked for every 2 ms, took the whole machine where it took 200 ms.
const SAMPLES: u32 = 20;
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// Commands per second.
const RATES: [u32; 3] = [500, 2000, 5000];
/// How long each rate is sampled.
const SAMPLED: Duration = Duration::from_secs(10);

pub async fn run(admin: &str) {
    let dev = Installation::new(admin, "bench_visibility").await.dev().await;
    println!("from the store (seiketsu dev), from the answer to the first GET that finds it:");
    rates(&dev).await;
    dev.stop().await;

    let Some(installation) = Installation::with_kafka(admin, "bench_visibility_kafka").await else {
        println!("through Kafka: not measured, this run has no broker");
        return;
    };
    let server = installation.serve().await;
    let (_relay, _workers) = (installation.role("relay"), installation.role("project"));
    println!("\nthrough Kafka (serve, relay and project, a process each):");
    let warm = measure(&server, 100, Duration::from_secs(5)).await;
    drop(warm);
    rates(&server).await;
    server.stop().await;
}

async fn rates(server: &Server) {
    for rate in RATES {
        println!("{rate:>6} commands/s: {}", measure(server, rate, SAMPLED).await);
    }
}

/// Creates leads at `rate` per second and looks for some of them.
async fn measure(server: &Server, rate: u32, during: Duration) -> Distribution {
    let interval = Duration::from_secs(1) * SENDERS / rate;
    let tasks: Vec<_> = (0..SENDERS)
        .map(|n| {
            tokio::spawn(send_on_schedule(
                server.clone(),
                interval,
                interval * n / SENDERS,
                rate / SAMPLES,
                during,
            ))
        })
        .collect();
    let mut samples = Vec::new();
    for task in tasks {
        samples.extend(task.await.expect("a sender ran to its end"));
    }
    Distribution::new(samples)
}

async fn send_on_schedule(
    server: Server,
    interval: Duration,
    offset: Duration,
    sample: u32,
    during: Duration,
) -> Vec<Duration> {
    let mut connection = Connection::open(&server).await;
    let mut lookers = Vec::new();
    tokio::time::sleep(offset).await;
    let started = Instant::now();
    let mut schedule = tokio::time::interval(interval);
    let mut sent = 0;
    while started.elapsed() < during {
        schedule.tick().await;
        let answer = connection.send(&create_lead_request(&server)).await;
        let answered = Instant::now();
        assert_eq!(answer.status, 201);
        sent += 1;
        if sent % sample == 0 {
            let lead: serde_json::Value = serde_json::from_slice(answer.body).expect("a lead");
            let id = lead["id"].as_str().expect("an id").to_owned();
            lookers.push(tokio::spawn(look_for(server.clone(), id, answered)));
        }
    }
    let mut samples = Vec::new();
    for looker in lookers {
        samples.push(looker.await.expect("the lead was found"));
    }
    samples
}

async fn look_for(server: Server, id: String, answered: Instant) -> Duration {
    let mut connection = Connection::open(&server).await;
    let request = get_request(&server, &format!("/api/v1/leads/{id}"));
    loop {
        let answer = connection.send(&request).await;
        if answer.status == 200 {
            return answered.elapsed();
        }
        assert_eq!(answer.status, 404);
        assert!(answered.elapsed() < Duration::from_secs(30), "the lead never became visible");
        tokio::time::sleep(LOOK).await;
    }
}
