//! How fast read models are built anew, beside what Postgres alone takes to copy the same events out and in.
//!
//! `.dev/with-services postgres -- cargo bench --bench rebuild`. Events of leads are put into the store beforehand: a lead
//! that everything happens to, five hundred that take turns, leads of five events each, and leads of which each is created
//! and no more. Those of a lead lie far apart, which is the worst order there is for whoever reads by position.
//! `BENCH_EVENTS` events (default 300,000). What processors were busy with, in this process and in Postgres, is given per
//! event: other work on the machine disturbs it less than the clock. Postgres runs with fsync on.
#![expect(clippy::expect_used, reason = "a measurement ends at the first surprise")]

#[path = "../store/mod.rs"]
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use seiketsu::event_store::{PoolSizes, Pools};
use seiketsu_projections::rebuild::{How, Stage, rebuild};
use seiketsu_projections::{Projection, read_models};
use sqlx::{Connection, Executor, PgConnection};
use store::Store;
use store::cost::Cost;

// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 3;

/// Loads by name: how many events each lead has; all of them where absent.
const LOADS: [(&str, Option<i64>); 4] = [
    ("one lead", None),
    ("500 leads", Some(600)),
    ("five events a lead", Some(5)),
    ("every event a new lead", Some(1)),
];

#[tokio::main]
async fn main() {
    // `cargo test` runs benches too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let admin = std::env::var("SEIKETSU_TEST_DATABASE_URL").expect("run this through `.dev/with-services`");
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|raw| raw.parse().ok()).unwrap_or(300_000);
    for (name, each) in LOADS.into_iter().filter(|(name, _)| name.contains(&only)) {
        let leads = each.map_or(1, |each| events / each);
        let store = Store::fill(&admin, "bench_rebuild", leads, events).await;
        for round in 1..=ROUNDS {
            println!("{name}, round {round}");
            measure(&store).await;
        }
    }
}

async fn measure(store: &Store) {
    let (started, before) = (Instant::now(), Cost::now());
    copied(&store.url).await;
    show("COPY out and in, Postgres alone", store.events, started, before);
    for name in ["leads", "crm_sync_queue", "lead_timeline", "dashboard"] {
        let (started, before) = (Instant::now(), Cost::now());
        let stages = rebuilt(store, read_models::find(name).expect("a read model")).await;
        show(name, store.events, started, before);
        println!("      first progress of each stage: {stages:.1?}");
    }
    let (started, before) = (Instant::now(), Cost::now());
    for projection in read_models::all() {
        rebuilt(store, projection).await;
    }
    show("all read models, in turn", store.events, started, before);
}

fn show(what: &str, events: i64, started: Instant, before: Cost) {
    let took = started.elapsed().as_secs_f64();
    let cost = (Cost::now() - before).per(events);
    println!("  {what:<34} {:>9.0} events/s  {took:>6.2} s  {cost}", events as f64 / took);
}

/// Rebuilds a read model and swaps it in; returns when each stage first told of progress.
async fn rebuilt(store: &Store, projection: Arc<dyn Projection>) -> Vec<(Stage, Duration)> {
    let pools = Pools::new(&store.url, PoolSizes { tenant: 2, system: 8 }).expect("a URL");
    let how = How { keep_old: false, ..How::new(12) };
    let of_leads = projection.aggregates().contains(&"lead");
    let (started, mut stages) = (Instant::now(), Vec::new());
    let rebuilt = rebuild(pools.system(), projection, how, |told| {
        if stages.last().is_none_or(|(stage, _)| *stage != told.stage) {
            stages.push((told.stage, started.elapsed()));
        }
    })
    .await
    .expect("it is rebuilt");
    let expected = if of_leads { store.events } else { 0 };
    assert_eq!((i64::try_from(rebuilt.events).expect("few"), rebuilt.parked), (expected, 0));
    pools.close().await;
    stages
}

/// All events out to this process and in again, into a table with the same columns and a key like a stream's.
async fn copied(url: &str) {
    use futures::TryStreamExt;
    let mut connection = PgConnection::connect(url).await.expect("a connection");
    let prepare = "drop table if exists copied; create table copied (like events);
                   alter table copied add primary key (aggregate_id, tenant_id, aggregate_type, sequence)";
    connection.execute(prepare).await.expect("a table");
    let all = "copy (select * from events) to stdout (format binary)";
    let out = connection.copy_out_raw(all).await.expect("copying");
    let bytes: Vec<_> = out.try_collect().await.expect("copied out");
    let mut copy = connection.copy_in_raw("copy copied from stdin (format binary)").await.expect("copying");
    for part in bytes {
        copy.send(part).await.expect("sent");
    }
    copy.finish().await.expect("copied in");
}
