//! `make bench-catch-up`: how fast read models catch up with a store that is far ahead of them.
//!
//! Events of leads are put into the store beforehand: a lead that everything happens to, five hundred that take turns,
//! and leads of which each is created and no more. Then a worker, set up as `seiketsu project` sets it up, reads and
//! applies them: the list of leads alone, and all read models. The clock runs from the worker's start until the last
//! checkpoint has arrived. What processors were busy with, in this process and in Postgres, is given per event: other
//! work on the machine disturbs it less than the clock. Postgres runs with fsync on.
#![expect(clippy::expect_used, reason = "a measurement ends at the first surprise")]

mod cost;
mod events;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cost::Cost;
use events::Store;
use seiketsu::config::Config;
use seiketsu::event_store::{PoolSizes, Pools};
use seiketsu::hint::Hint;
use seiketsu_projections::arrival::{Arrivals, Awaited};
use seiketsu_projections::driver::Worker;
use seiketsu_projections::source::StoreSource;
use seiketsu_projections::{Projection, read_models};
use tokio_util::sync::CancellationToken;

// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each is measured.
const ROUNDS: usize = 3;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Leads, and events of them all.
const LOADS: [(&str, i64, i64); 3] =
    [("one lead", 1, 200_000), ("500 leads", 500, 200_000), ("every event a new lead", 60_000, 60_000)];

#[tokio::main]
async fn main() {
    // `cargo test` runs benches too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let admin = std::env::var("SEIKETSU_TEST_DATABASE_URL").expect("run this through `make bench-catch-up`");
    let only = |name: &str| read_models::find(name).expect("a read model");
    println!("{:<24} {:<18} {:>9}   processor time per event", "", "", "events/s");
    for (name, leads, events) in LOADS {
        let store = Store::fill(&admin, leads, events).await;
        for round in 1..=ROUNDS {
            for (who, projections) in
                [("leads alone", vec![only("leads")]), ("all read models", read_models::all())]
            {
                store.forget_read_models().await;
                let (took, cost) = catch_up(&store, projections).await;
                let per_second = store.events as f64 / took.as_secs_f64();
                println!(
                    "{name:<24} {who:<18} {per_second:>9.0}   {} (round {round})",
                    cost.per(store.events)
                );
            }
        }
    }
}

async fn catch_up(store: &Store, projections: Vec<Arc<dyn Projection>>) -> (Duration, Cost) {
    let pools = Pools::new(&store.url, PoolSizes { tenant: 2, system: 2 }).expect("a URL");
    let (hint, arrivals, stop) = (Hint::default(), Arrivals::default(), CancellationToken::new());
    let groups = read_models::groups(projections.clone());
    let pool = pools.for_projections();
    let batch = Config::load(None).expect("a configuration").projections.batch;
    let source = StoreSource::new(pool.clone(), hint.subscribe(), Duration::from_millis(50), batch);
    let worker = Worker::side_by_side(pool, groups, 12, arrivals.clone());

    let (before, started) = (Cost::now(), Instant::now());
    let running = tokio::spawn(worker.run(Box::new(source), stop.clone()));
    let end = Awaited { position: store.head, partition: None };
    for projection in &projections {
        let arrived = arrivals.wait(pools.system(), projection.as_ref(), &end, PATIENCE).await;
        assert!(arrived.expect("the database answers"), "{} never arrived", projection.name());
    }
    let measured = (started.elapsed(), Cost::now() - before);
    stop.cancel();
    running.await.expect("the worker ran to its end");
    pools.close().await;
    measured
}
