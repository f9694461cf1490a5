//! Peers in other languages, as `.dev/bench-peers` fetches them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sqlx::{Connection as _, Executor, PgConnection};

use super::peers::PgBench;
use super::server::fresh_database;

/// A store in another language.
pub struct External {
    pub name: &'static str,
    kind: Kind,
}

enum Kind {
    /// message-db is functions in the database: `pgbench` calls them, which costs less than any client library.
    MessageDb(PgBench),
    /// A script that prints commands per second, and the database it uses.
    Python { interpreter: PathBuf, url: String },
}

const WRITE_MESSAGE: &str = r#"select message_store.write_message(gen_random_uuid()::text, 'lead-' || gen_random_uuid()::text, 'LeadCreated', '{"leadId":"0193a1b2-0000-7000-8000-000000000000","firstName":"Lead","lastName":"Number 17","email":"lead17@example.com","phone":"+14152000017","source":"website","preferences":{"budget":450000,"area":"Mission"},"tags":["bench"],"at":"2026-11-24T15:00:00.000Z"}', '{"correlationId":"0193a1b2-0000-7000-8000-000000000004"}', -1);
"#;

impl External {
    /// Those that could be fetched; says which could not.
    pub async fn prepare(admin: &str) -> Vec<Self> {
        let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-peers");
        let mut peers = Vec::new();
        let functions = fetched.join("node_modules/@eventide/message-db/database");
        if functions.exists() {
            let url = fresh_database(admin, "bench_message_db").await;
            install_message_db(&functions, &url).await;
            let name = "(c) message-db write_message, called by pgbench, 32 clients";
            peers.push(Self {
                name,
                kind: Kind::MessageDb(PgBench::with_script(url, "message-db", WRITE_MESSAGE)),
            });
        } else {
            println!("message-db: not measured, it was not fetched");
        }
        let interpreter = fetched.join("venv/bin/python");
        if interpreter.exists() {
            let url = fresh_database(admin, "bench_eventsourcing").await;
            let name = "(d) eventsourcing (Python), 2 processes of 16 threads";
            peers.push(Self { name, kind: Kind::Python { interpreter, url } });
        } else {
            println!("eventsourcing (Python): not measured, it was not fetched");
        }
        peers
    }

    /// Commands per second.
    pub fn run(&self, during: Duration) -> f64 {
        match &self.kind {
            Kind::MessageDb(pgbench) => pgbench.run(32, during),
            Kind::Python { interpreter, url } => python(interpreter, url, during),
        }
    }
}

async fn install_message_db(functions: &Path, url: &str) {
    let (server, database) = url.rsplit_once('/').expect("a URL with a database");
    let bin = std::env::var("SEIKETSU_TEST_PG_BIN").unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    let server = server.split_once("://").map_or(server, |(_, rest)| rest);
    let (login, address) = server.rsplit_once('@').unwrap_or(("postgres", server));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = address.split_once(':').unwrap_or((address, "5432"));
    let output = Command::new("bash")
        .arg(functions.join("install.sh"))
        .env("PATH", format!("{bin}:{path}"))
        .envs([("PGHOST", host), ("PGPORT", port), ("PGUSER", user), ("PGPASSWORD", password)])
        .envs([("DATABASE_NAME", database), ("CREATE_DATABASE", "off")])
        .output()
        .expect("bash runs");
    assert!(output.status.success(), "message-db: {}", String::from_utf8_lossy(&output.stderr));
    let mut connection = PgConnection::connect(url).await.expect("connected");
    let find = format!("alter database {database} set search_path = message_store, public");
    connection.execute(find.as_str()).await.expect("its functions name each other without a schema");
}

fn python(interpreter: &Path, url: &str, during: Duration) -> f64 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/bars/peers/eventsourcing_py.py");
    let output = Command::new(interpreter)
        .arg(script)
        .arg(url)
        .arg(during.as_secs().to_string())
        .output()
        .expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}
