//! What commands cost beside ten thousand events of one organization, and beside millions of a thousand; and on a stream of
//! ten events, and of ten thousand.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::rig::client::{Connection, Work, add_note_request, load};
use crate::rig::figures::{Distribution, Row, median, print_ratios};
use crate::rig::log::Log;
use crate::rig::server::{Installation, Server};
use crate::seconds;

const SMALL: i64 = 10_000;
const ROUNDS: usize = 5;
const WIDTH: usize = 32;

/// Events of the large log: a million, unless `BENCH_EVENTS` says otherwise.
fn large() -> i64 {
    std::env::var("BENCH_EVENTS").ok().and_then(|raw| raw.parse().ok()).unwrap_or(1_000_000)
}

/// A server beside a log of some size.
struct Grown {
    server: Server,
    log: Log,
    tenant: Uuid,
}

impl Grown {
    async fn to(admin: &str, name: &str, events: i64, others: usize) -> Self {
        let installation = Installation::new(admin, name).await;
        let mut log = Log::open(&installation.url).await;
        let tenant = log.tenant(&installation.organization()).await;
        let mut tenants = vec![tenant];
        tenants.extend((0..others).map(|_| Uuid::new_v4()));
        // A tenth is the organization's own, so that there are leads to load from all over the log.
        log.add_leads(events / 10, &[tenant]).await;
        log.add_leads(events - events / 10, &tenants).await;
        log.settle().await;
        Self { server: installation.serve().await, log, tenant }
    }

    async fn create(&self) -> f64 {
        load(&self.server, WIDTH, seconds(), Work::Create).await.per_second()
    }

    /// Commands on leads that no process has in memory: each loads a stream first.
    async fn load_and_append(&mut self) -> Distribution {
        let mut samples = Vec::new();
        let mut connection = Connection::open(&self.server).await;
        for lead in self.log.sample(self.tenant, 500).await {
            let began = Instant::now();
            let answer = connection.send(&add_note_request(&self.server, &lead.to_string())).await;
            assert!(answer.status < 300, "{}", String::from_utf8_lossy(answer.body));
            samples.push(began.elapsed());
        }
        Distribution::new(samples)
    }
}

pub async fn run(admin: &str) {
    let mut small = Grown::to(admin, "bench_small", SMALL, 0).await;
    let mut large = Grown::to(admin, "bench_large", large(), 999).await;
    small.create().await;
    large.create().await;
    let (mut a, mut b, mut loads) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(small.create().await);
        b.push(large.create().await);
        loads.push((small.load_and_append().await.at(0.5), large.load_and_append().await.at(0.5)));
    }
    print_ratios(&[
        Row::new("new leads beside ten thousand events, one tenant", &a),
        Row::new("new leads beside the large log, a thousand tenants", &b),
    ]);
    let ratios: Vec<f64> = loads.iter().map(|(small, large)| large / small).collect();
    println!(
        "\nload a lead from the log and append to it, p50: {:.2} ms and {:.2} ms, ratio {:.2}",
        median(&loads.iter().map(|pair| pair.0).collect::<Vec<_>>()),
        median(&loads.iter().map(|pair| pair.1).collect::<Vec<_>>()),
        median(&ratios)
    );
    println!("the large log has {} events", large.log.number("select count(*) from events").await);
    long_streams(&mut small).await;
    large.server.stop().await;
    small.server.stop().await;
}

/// One lead with ten events and one with ten thousand, in turn over one connection.
async fn long_streams(grown: &mut Grown) {
    let leads = grown.log.sample(grown.tenant, 2).await;
    let (short, long) = (leads[0], leads[1]);
    grown.log.add_notes(9, grown.tenant, &[short]).await;
    grown.log.add_notes(9_999, grown.tenant, &[long]).await;
    let mut connection = Connection::open(&grown.server).await;
    let mut took = async |lead: Uuid| {
        let began = Instant::now();
        let answer = connection.send(&add_note_request(&grown.server, &lead.to_string())).await;
        assert!(answer.status < 300, "{}", String::from_utf8_lossy(answer.body));
        began.elapsed()
    };
    let (first_short, first_long) = (took(short).await, took(long).await);
    let (mut a, mut b): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        a.push(took(short).await);
        b.push(took(long).await);
    }
    let (a, b) = (Distribution::new(a), Distribution::new(b));
    println!(
        "\na stream of ten events, then of ten thousand: first command {first_short:.1?} and {first_long:.1?} (loads the stream),"
    );
    println!("then p50 {:.2} ms and {:.2} ms, ratio {:.2}", a.at(0.5), b.at(0.5), b.at(0.5) / a.at(0.5));
}
