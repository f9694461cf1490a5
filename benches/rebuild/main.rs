//! How fast a read model is built anew, beside what Postgres alone takes to copy the same events out and in.
//!
//! `.dev/with-services postgres -- cargo bench --bench rebuild`. `BENCH_EVENTS` events (default 500,000): leads of five
//! events each, all leads' first events before all second ones and so on, which is the worst order there is for whoever
//! reads by position. Nothing else runs. Postgres runs with fsync on.
#![expect(clippy::expect_used, reason = "a measurement ends at the first surprise")]

use std::time::{Duration, Instant};

use seiketsu::command::{Commands, StateCache, Wish};
use seiketsu::event_store::{AppendLanes, EventStore, PoolSizes, Pools};
use seiketsu::hint::Hint;
use seiketsu::{clock, ids, migrate};
use seiketsu_domain::ids::{LeadId, TenantId};
use seiketsu_domain::lead::{CreateLead, Lead, LeadCommand};
use seiketsu_projections::read_models;
use seiketsu_projections::rebuild::{How, rebuild};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

/// Events of each lead.
const EACH: i64 = 5;
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() {
    // `cargo test` runs benches too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let admin = std::env::var("SEIKETSU_TEST_DATABASE_URL").expect("run this through `.dev/with-services`");
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|raw| raw.parse().ok()).unwrap_or(500_000);
    let url = database(&admin).await;
    let pools = Pools::new(&url, PoolSizes { tenant: 2, system: 8 }).expect("a URL");
    fill(&pools, &url, events).await;
    let mut connection = PgConnection::connect(&url).await.expect("a connection");
    for _ in 0..ROUNDS {
        show("COPY out and in, Postgres alone", events, copied(&mut connection).await);
        for name in ["leads", "crm_sync_queue", "lead_timeline", "dashboard"] {
            let projection = read_models::find(name).expect("a read model");
            let how = How { keep_old: false, ..How::new(12) };
            let mut stages = Vec::new();
            let started = Instant::now();
            let rebuilt = rebuild(pools.system(), projection, how, |told| {
                if stages.last().is_none_or(|(stage, _)| *stage != told.stage) {
                    stages.push((told.stage, started.elapsed()));
                }
            })
            .await
            .expect("it is rebuilt");
            let took = started.elapsed();
            assert_eq!((rebuilt.events, rebuilt.parked), (u64::try_from(events).expect("positive"), 0));
            show(name, events, took);
            println!("      first progress of each stage: {stages:.1?}");
        }
    }
}

fn show(what: &str, events: i64, took: Duration) {
    println!(
        "{what:<36} {:>9.0} events/s  {:>6.2} s",
        events as f64 / took.as_secs_f64(),
        took.as_secs_f64()
    );
}

async fn database(admin: &str) -> String {
    let mut connection = PgConnection::connect(admin).await.expect("the Postgres server of this run");
    connection.execute("drop database if exists bench_rebuild with (force)").await.expect("dropped");
    connection.execute("create database bench_rebuild").await.expect("created");
    let (base, _) = admin.rsplit_once('/').expect("a URL with a database");
    let url = format!("{base}/bench_rebuild");
    migrate::run(&url).await.expect("migrated");
    url
}

/// One lead by command, the others as its copies.
async fn fill(pools: &Pools, url: &str, events: i64) {
    let lanes = AppendLanes::start(pools, 1, &Hint::default());
    let commands = Commands::new(EventStore::new(pools.clone(), lanes), StateCache::new(10));
    let (tenant, id): (TenantId, Uuid) = (ids::new(), ids::new());
    let wish = Wish {
        tenant,
        actor: ids::new(),
        at: clock::now(),
        correlation_id: ids::new(),
        traceparent: None,
        key: None,
        expected_version: None,
    };
    commands.create::<Lead>(&wish, id, create(tenant, id)).await.expect("a lead");
    for n in 1..EACH {
        let text = format!("note {n}").parse().expect("a note");
        let note = LeadCommand::AddNote { text, by: ids::new(), at: clock::now() };
        commands.execute::<Lead>(&wish, id, note).await.expect("noted");
    }
    let mut superuser = PgConnection::connect(url).await.expect("a connection");
    // Ids that grow like those we mint.
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         select nextval('event_position'), tenant_id, aggregate_type,
                (lpad(to_hex(n), 12, '0') || substr(md5(n::text), 13))::uuid, sequence, slot, gen_random_uuid(),
                event_type, event_version, payload, metadata, occurred_at, recorded_at
           from events, generate_series(2, $2) as n where aggregate_id = $1
          order by sequence, n",
    )
    .bind(id)
    .bind(events / EACH)
    .execute(&mut superuser)
    .await
    .expect("copied");
    superuser.execute("vacuum analyze events").await.expect("vacuumed");
}

fn create(tenant: TenantId, id: Uuid) -> LeadCommand {
    LeadCommand::Create(CreateLead {
        lead_id: LeadId(id),
        organization_id: tenant,
        first_name: Some("Ada".parse().expect("a name")),
        last_name: Some("Lovelace".parse().expect("a name")),
        email: None,
        phone: "+14155552671".parse().expect("a phone"),
        source: "website".parse().expect("a source"),
        preferences: None,
        tags: Vec::new(),
        at: clock::now(),
    })
}

/// All events out to this process and in again, into a table with the same columns and primary key.
async fn copied(connection: &mut PgConnection) -> Duration {
    use futures::TryStreamExt;
    connection
        .execute(
            "drop table if exists copied; create table copied (like events);
             alter table copied add primary key (aggregate_id, tenant_id, aggregate_type, sequence)",
        )
        .await
        .expect("a table");
    let started = Instant::now();
    let out = connection.copy_out_raw("copy events to stdout (format binary)").await.expect("copying");
    let bytes: Vec<_> = out.try_collect().await.expect("copied out");
    let mut copy = connection.copy_in_raw("copy copied from stdin (format binary)").await.expect("copying");
    for part in bytes {
        copy.send(part).await.expect("sent");
    }
    copy.finish().await.expect("copied in");
    started.elapsed()
}
