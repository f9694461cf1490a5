//! The release binary as operators run it, on a database of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seiketsu::identity::SigningKey;
use sqlx::{Connection as _, Executor, PgConnection};
use tokio::process::{Child, Command};

/// A database with everything a server needs: schema, two organizations, a key that signs tokens.
pub struct Installation {
    pub url: String,
    data: PathBuf,
    credentials: String,
    kafka: Vec<(&'static str, String)>,
}

/// A running server and a way in.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    pub token: String,
    /// From the start of the process until it was ready.
    pub started_in: Duration,
    process: Arc<tokio::sync::Mutex<Child>>,
}

/// Makes an empty database and returns its URL.
pub async fn fresh_database(admin: &str, name: &str) -> String {
    let mut connection = PgConnection::connect(admin).await.expect("the Postgres server of this run");
    connection
        .execute(format!("drop database if exists {name} with (force)").as_str())
        .await
        .expect("dropped");
    connection.execute(format!("create database {name}").as_str()).await.expect("created");
    let (base, _) = admin.rsplit_once('/').expect("a URL with a database");
    format!("{base}/{name}")
}

impl Installation {
    pub async fn new(admin: &str, name: &str) -> Self {
        let url = fresh_database(admin, name).await;
        let data = std::env::temp_dir().join(format!("seiketsu-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&data).expect("a writable temporary directory");
        let mut installation = Self { url, data, credentials: String::new(), kafka: Vec::new() };
        SigningKey::generate().write_pem_file(&installation.signing_key()).expect("a key file");
        let migrated = installation.command(&["migrate"]).status().await.expect("the program runs");
        assert!(migrated.success());
        let seeded =
            installation.command(&["seed"]).stdout(Stdio::piped()).output().await.expect("the program runs");
        installation.credentials = String::from_utf8_lossy(&seeded.stdout).into_owned();
        installation
    }

    /// The same with a Kafka broker; topics of its own. `None` where this run has no broker.
    pub async fn with_kafka(admin: &str, name: &str) -> Option<Self> {
        let brokers = std::env::var("SEIKETSU_TEST_KAFKA_BROKERS").ok()?;
        let own = format!("{name}-{}", std::process::id());
        let kafka = vec![
            ("SEIKETSU__KAFKA__BROKERS", brokers),
            ("SEIKETSU__KAFKA__TOPIC_PREFIX", own.clone()),
            ("SEIKETSU__KAFKA__GROUP", own),
            ("SEIKETSU__PROJECTIONS__SOURCE", "kafka".to_owned()),
        ];
        Some(Self { kafka, ..Self::new(admin, name).await })
    }

    /// `serve`: the API alone; projections run in other processes, or in none.
    pub async fn serve(&self) -> Server {
        self.start(&["serve"]).await
    }

    /// `dev`: API and all projections in one process, the embedded default.
    pub async fn dev(&self) -> Server {
        let data = self.data.display().to_string();
        self.start(&["dev", "--data", &data]).await
    }

    /// A role without an API, such as `relay` or `project`.
    pub fn role(&self, role: &str) -> Child {
        self.command(&[role]).spawn().expect("the program starts")
    }

    async fn start(&self, arguments: &[&str]) -> Server {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let began = Instant::now();
        let mut command = self.command(arguments);
        let process = command.env("SEIKETSU__HTTP__BIND", address.to_string()).spawn();
        wait_until_ready(address).await;
        let started_in = began.elapsed();
        // `dev` gives the users of the installation new passwords, and writes them down.
        let credentials = std::fs::read_to_string(self.data.join("dev.env"));
        let token = log_in(address, credentials.as_ref().unwrap_or(&self.credentials), None).await;
        Server { address, token, started_in, process: Arc::new(process.expect("the server starts").into()) }
    }

    /// The name by which the first organization's people log in.
    pub fn organization(&self) -> String {
        credential(&self.credentials, "SEIKETSU_ORGANIZATION")
    }

    /// The names by which copies of the first organization log in, made by copying its rows.
    pub async fn more_organizations(&self, count: usize) -> Vec<String> {
        let mut connection = PgConnection::connect(&self.url).await.expect("the database");
        let count = i32::try_from(count).expect("a handful");
        let first = credential(&self.credentials, "SEIKETSU_ORGANIZATION");
        sqlx::query(
            "with first as (select * from organizations where domain = $2),
                  more as (insert into organizations (tenant_id, name, domain, vertical, settings, created_at)
                           select gen_random_uuid(), name, 'org' || n || '.example', vertical, settings, created_at
                             from first, generate_series(1, $1) n returning tenant_id)
             insert into users (tenant_id, id, email, name, role, password_hash, created_at)
             select more.tenant_id, gen_random_uuid(), email, name, role, password_hash, created_at
               from more, users where users.tenant_id = (select tenant_id from first)",
        )
        .bind(count)
        .bind(first)
        .execute(&mut connection)
        .await
        .expect("copied");
        (1..=count).map(|n| format!("org{n}.example")).collect()
    }

    /// A token of another organization that [`Installation::more_organizations`] made.
    pub async fn token_of(&self, server: &Server, organization: &str) -> String {
        log_in(server.address, &self.credentials, Some(organization)).await
    }

    fn signing_key(&self) -> PathBuf {
        self.data.join("signing-key.pem")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seiketsu"));
        command
            .args(arguments)
            .env("SEIKETSU__DATABASE__URL", &self.url)
            .env("SEIKETSU__TELEMETRY__LOG", "warn")
            .env("SEIKETSU__AUTH__ACCESS_TOKEN_MINUTES", "600")
            .env("SEIKETSU__AUTH__SIGNING_KEY_FILE", self.signing_key())
            .envs(self.kafka.iter().cloned())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

impl Server {
    /// The same server seen by another organization.
    pub fn seen_with(&self, token: String) -> Self {
        Self { token, ..self.clone() }
    }

    /// Resident memory in bytes, as the kernel counts it.
    pub async fn resident(&self) -> u64 {
        let pid = self.process.lock().await.id().expect("it runs");
        resident(pid)
    }

    pub async fn stop(&self) {
        let mut process = self.process.lock().await;
        process.kill().await.expect("it was running");
    }
}

/// Resident memory of a process in bytes; 0 where the system does not tell (it is read from `/proc`).
pub fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

async fn wait_until_ready(address: SocketAddr) {
    let url = format!("http://{address}/api/health/ready");
    for _ in 0..6000 {
        if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the server is not ready after 30 seconds");
}

fn credential(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.expect("a credential").trim_matches(['"', '\'']).to_owned()
}

async fn log_in(address: SocketAddr, text: &str, organization: Option<&str>) -> String {
    let value = |name: &str| credential(text, name);
    let body = serde_json::json!({
        "organization": organization.map_or_else(|| value("SEIKETSU_ORGANIZATION"), str::to_owned),
        "email": value("SEIKETSU_EMAIL"),
        "password": value("SEIKETSU_PASSWORD"),
    });
    let answer = reqwest::Client::new()
        .post(format!("http://{address}/api/v1/auth/login"))
        .json(&body)
        .send()
        .await
        .expect("the server answers");
    let session: serde_json::Value = answer.json().await.expect("a session");
    session["accessToken"].as_str().expect("an access token").to_owned()
}
