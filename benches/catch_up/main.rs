//! `make bench-catch-up`: how fast read models catch up with a store that is far ahead of them.
//!
//! Events of leads are put into the store beforehand: a lead that everything happens to, five hundred that take turns,
//! and leads of which each is created and no more. Then a worker, set up as `seiketsu project` sets it up, reads and
//! applies them: the list of leads alone, and all read models. The clock runs from the worker's start until the last
//! checkpoint has arrived. Then 2,000 leads a second are created, and the time from each commit until all read models show
//! it is taken. What processors were busy with, in this process and in Postgres, is given per event: other work on the
//! machine disturbs it less than the clock. Postgres runs with fsync on.
#![expect(clippy::expect_used, reason = "a measurement ends at the first surprise")]

#[path = "../store/mod.rs"]
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use seiketsu::config::Config;
use seiketsu::event_store::{PoolSizes, Pools};
use seiketsu::hint::Hint;
use seiketsu_projections::arrival::{Arrivals, Awaited};
use seiketsu_projections::driver::Worker;
use seiketsu_projections::source::StoreSource;
use seiketsu_projections::{Projection, read_models};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::Store;
use store::cost::Cost;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DATABASE: &str = "bench_catch_up";
/// How often each is measured.
const ROUNDS: usize = 3;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Leads, and events of them all.
const LOADS: [(&str, i64, i64); 3] =
    [("one lead", 1, 200_000), ("500 leads", 500, 200_000), ("every event a new lead", 60_000, 60_000)];

/// Leads created while the read models keep up: so many each time, so often, for so long.
const CREATED: i64 = 10;
const EVERY: Duration = Duration::from_millis(5);
const DURING: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() {
    // `cargo test` runs benches too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let admin = std::env::var("SEIKETSU_TEST_DATABASE_URL").expect("run this through `make bench-catch-up`");
    println!("{:<24} {:<18} {:>9}   processor time per event", "", "", "events/s");
    for (name, leads, events) in LOADS {
        let store = Store::fill(&admin, DATABASE, leads, events).await;
        for round in 1..=ROUNDS {
            for (who, groups) in who() {
                forget_read_models(&store.url).await;
                let (took, cost) = catch_up(&store, groups).await;
                let per_second = store.events as f64 / took.as_secs_f64();
                println!(
                    "{name:<24} {who:<18} {per_second:>9.0}   {} (round {round})",
                    cost.per(store.events)
                );
            }
        }
    }
    for round in 1..=ROUNDS {
        for (who, groups) in who() {
            let mut store = Store::fill(&admin, DATABASE, 1000, 1000).await;
            println!("keeping up: {who:<18} {} (round {round})", keep_up(&mut store, groups).await);
        }
    }
}

/// Groups of read models.
type Groups = Vec<Vec<Arc<dyn Projection>>>;

fn who() -> [(&'static str, Groups); 3] {
    let leads = read_models::find("leads").expect("a read model");
    [
        ("leads alone", vec![vec![leads]]),
        ("all read models", read_models::groups(read_models::all())),
        ("all in one group", vec![read_models::all()]),
    ]
}

/// A worker as the program sets it up.
struct Running {
    pools: Pools,
    hint: Hint,
    arrivals: Arrivals,
    projections: Vec<Arc<dyn Projection>>,
    stop: CancellationToken,
    worker: JoinHandle<()>,
}

impl Running {
    fn start(store: &Store, groups: Groups) -> Self {
        let pools = Pools::new(&store.url, PoolSizes { tenant: 2, system: 2 }).expect("a URL");
        let (hint, arrivals, stop) = (Hint::default(), Arrivals::default(), CancellationToken::new());
        let pool = pools.for_projections();
        let batch = Config::load(None).expect("a configuration").projections.batch;
        let source = StoreSource::new(pool.clone(), hint.subscribe(), Duration::from_millis(50), batch);
        let projections = groups.concat();
        let worker = Worker::side_by_side(pool, groups, 12, arrivals.clone());
        let worker = tokio::spawn(worker.run(Box::new(source), stop.clone()));
        Self { pools, hint, arrivals, projections, stop, worker }
    }

    /// Waits until everything up to `position` is in every read model.
    async fn arrived(&self, position: i64) {
        let end = Awaited { position, partition: None };
        for projection in &self.projections {
            let arrived = self.arrivals.wait(self.pools.system(), projection.as_ref(), &end, PATIENCE).await;
            assert!(arrived.expect("the database answers"), "{} never arrived", projection.name());
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.worker.await.expect("the worker ran to its end");
        self.pools.close().await;
    }
}

/// As if no event had been applied yet.
async fn forget_read_models(url: &str) {
    let mut connection = PgConnection::connect(url).await.expect("connected");
    for table in read_models::all().iter().flat_map(|model| model.tables()) {
        connection.execute(format!("truncate read_models.{table}").as_str()).await.expect("emptied");
    }
    connection.execute("truncate projection_checkpoints").await.expect("emptied");
}

async fn catch_up(store: &Store, groups: Groups) -> (Duration, Cost) {
    let (before, started) = (Cost::now(), Instant::now());
    let running = Running::start(store, groups);
    running.arrived(store.head).await;
    let measured = (started.elapsed(), Cost::now() - before);
    running.stop().await;
    measured
}

/// From commit to visible, and the cost, that of creating included.
async fn keep_up(store: &mut Store, groups: Groups) -> String {
    let running = Arc::new(Running::start(store, groups));
    running.arrived(store.head).await;
    let (first, before, started) = (store.events, Cost::now(), Instant::now());
    let (mut schedule, mut waits) = (tokio::time::interval(EVERY), Vec::new());
    while started.elapsed() < DURING {
        schedule.tick().await;
        store.append(i64::MAX, CREATED).await;
        let (running, position, committed) = (Arc::clone(&running), store.head, Instant::now());
        running.hint.committed(position);
        waits.push(tokio::spawn(async move {
            running.arrived(position).await;
            committed.elapsed().as_secs_f64() * 1000.0
        }));
    }
    let mut took = Vec::new();
    for wait in waits {
        took.push(wait.await.expect("a wait ran to its end"));
    }
    let (events, cost) = (store.events - first, Cost::now() - before);
    Arc::into_inner(running).expect("all waits have ended").stop().await;
    took.sort_by(f64::total_cmp);
    let at = |hundredth: usize| took[(took.len() - 1) * hundredth / 100];
    format!("visible after p50 {:.1} ms, p99 {:.1} ms; {}", at(50), at(99), cost.per(events))
}
