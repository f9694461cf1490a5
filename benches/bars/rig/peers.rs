//! What we compare with, on the same Postgres server.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_es::CqrsFramework;
use cqrs_es::persist::PersistedEventStore;
use postgres_es::PostgresEventRepository;
use seiketsu::{clock, ids};
use seiketsu_domain::ids::{LeadId, TenantId};
use seiketsu_domain::lead::{CreateLead, Lead, LeadCommand};
use seiketsu_domain::values::{Email, JsonObject, Name, Phone, Source, Tag};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};

use super::server::fresh_database;

/// `pgbench` with one insert per transaction.
pub struct PgBench {
    url: String,
    script: PathBuf,
}

const PGBENCH_TABLE: &str = "
    create table events (
        position bigint generated always as identity primary key,
        tenant_id uuid not null, aggregate_type text not null, aggregate_id uuid not null, sequence bigint not null,
        slot smallint not null, event_id uuid not null, event_type text not null, event_version integer not null,
        payload json not null, metadata json not null, occurred_at timestamptz not null,
        recorded_at timestamptz not null default now(),
        unique (tenant_id, aggregate_type, aggregate_id, sequence)
    )";

const PGBENCH_INSERT: &str = r#"insert into events (tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type, event_version, payload, metadata, occurred_at) values ('00000000-0000-0000-0000-000000000001', 'lead', gen_random_uuid(), 1, 17, gen_random_uuid(), 'lead.created', 1, '{"leadId":"0193a1b2-0000-7000-8000-000000000000","organizationId":"0193a1b2-0000-7000-8000-000000000001","firstName":"Lead","lastName":"Number 17","email":"lead17@example.com","phone":"+14152000017","source":"website","preferences":{"budget":450000,"area":"Mission"},"tags":["bench"],"at":"2026-11-24T15:00:00.000Z"}', '{"commandId":"0193a1b2-0000-7000-8000-000000000002","actor":"0193a1b2-0000-7000-8000-000000000003","correlationId":"0193a1b2-0000-7000-8000-000000000004"}', now());
"#;

impl PgBench {
    pub async fn prepare(admin: &str) -> Self {
        let url = fresh_database(admin, "bench_pgbench").await;
        let pool = PgPool::connect(&url).await.expect("connected");
        pool.execute(PGBENCH_TABLE).await.expect("created");
        pool.close().await;
        Self::with_script(url, "pgbench", PGBENCH_INSERT)
    }

    /// One that runs another script on a database that is ready for it.
    pub fn with_script(url: String, name: &str, text: &str) -> Self {
        let script = std::env::temp_dir().join(format!("seiketsu-{name}-{}.sql", std::process::id()));
        let mut file = std::fs::File::create(&script).expect("a writable temporary directory");
        file.write_all(text.as_bytes()).expect("written");
        Self { url, script }
    }

    /// Transactions per second.
    pub fn run(&self, clients: usize, during: Duration) -> f64 {
        let bin = std::env::var("SEIKETSU_TEST_PG_BIN").map_or_else(|_| PathBuf::new(), PathBuf::from);
        let output = Command::new(bin.join("pgbench"))
            .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()])
            .args(["-T", &during.as_secs().to_string(), "-f"])
            .arg(&self.script)
            .arg(&self.url)
            .output()
            .expect("pgbench is installed");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap_or_else(|| {
            panic!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
        });
        line.split(' ').next().and_then(|tps| tps.parse().ok()).expect("a number")
    }
}

/// `postgres-es` as its documentation sets it up, without queries.
pub struct PostgresEs {
    framework: Arc<CqrsFramework<Lead, PersistedEventStore<PostgresEventRepository, Lead>>>,
}

const POSTGRES_ES_TABLE: &str = "
    create table events (
        aggregate_type text not null, aggregate_id text not null, sequence bigint check (sequence >= 0) not null,
        event_type text not null, event_version text not null, payload json not null, metadata json not null,
        primary key (aggregate_type, aggregate_id, sequence)
    )";

impl PostgresEs {
    pub async fn prepare(admin: &str) -> Self {
        let url = fresh_database(admin, "bench_postgres_es").await;
        let pool = PgPoolOptions::new().max_connections(32).connect(&url).await.expect("connected");
        pool.execute(POSTGRES_ES_TABLE).await.expect("created");
        let store = PersistedEventStore::new_event_store(PostgresEventRepository::new(pool));
        Self { framework: Arc::new(CqrsFramework::new(store, vec![], ())) }
    }

    /// Commands per second.
    pub async fn run(&self, tasks: usize, during: Duration) -> f64 {
        let started = Instant::now();
        let end = started + during;
        let running: Vec<_> = (0..tasks)
            .map(|_| {
                let framework = Arc::clone(&self.framework);
                tokio::spawn(async move {
                    let mut done = 0_u32;
                    while Instant::now() < end {
                        let id: LeadId = ids::new();
                        framework.execute(&id.to_string(), create_lead(id)).await.expect("accepted");
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut done = 0.0;
        for task in running {
            done += f64::from(task.await.expect("a task ran to its end"));
        }
        done / started.elapsed().as_secs_f64()
    }
}

fn create_lead(lead_id: LeadId) -> LeadCommand {
    let preferences = serde_json::json!({ "budget": 450_000, "area": "Mission" });
    LeadCommand::Create(CreateLead {
        lead_id,
        organization_id: TenantId(uuid::Uuid::from_u128(1)),
        first_name: Name::try_new("Lead").ok(),
        last_name: Name::try_new("Number 17").ok(),
        email: Email::try_new("lead17@example.com").ok(),
        phone: Phone::try_new("+14152000017").expect("valid"),
        source: Source::try_new("website").expect("valid"),
        preferences: serde_json::from_value::<JsonObject>(preferences).ok(),
        tags: vec![Tag::try_new("bench").expect("valid")],
        at: clock::now(),
    })
}
