//! The release binary as operators run it, on a database of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use seiketsu::identity::SigningKey;
use sqlx::{Connection as _, Executor, PgConnection};
use tokio::process::{Child, Command};

/// A running server and a way in.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    pub token: String,
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

impl Server {
    /// `seiketsu dev`: API and all projections in one process, the embedded default.
    pub async fn start_dev(admin: &str) -> Self {
        let setup = Setup::new(admin, "bench_dev").await;
        let process = setup.command(&["dev", "--data"]).arg(&setup.data).spawn().expect("the server starts");
        let credentials = setup.data.join("dev.env");
        wait_until_ready(setup.address).await;
        let credentials = std::fs::read_to_string(credentials).expect("the server wrote its credentials");
        setup.enter(process, &credentials).await
    }

    /// `seiketsu serve`: the API alone; projections run in other processes, here in none.
    pub async fn start_api(admin: &str) -> Self {
        let setup = Setup::new(admin, "bench_api").await;
        SigningKey::generate().write_pem_file(&setup.signing_key()).expect("a key file");
        let migrated = setup.command(&["migrate"]).status().await.expect("the program runs");
        assert!(migrated.success());
        let seeded =
            setup.command(&["seed"]).stdout(Stdio::piped()).output().await.expect("the program runs");
        let process = setup.command(&["serve"]).spawn().expect("the server starts");
        wait_until_ready(setup.address).await;
        setup.enter(process, &String::from_utf8_lossy(&seeded.stdout)).await
    }

    pub async fn stop(&self) {
        let mut process = self.process.lock().await;
        process.kill().await.expect("it was running");
    }
}

/// Where a server runs, before it does.
struct Setup {
    url: String,
    data: PathBuf,
    address: SocketAddr,
}

impl Setup {
    async fn new(admin: &str, name: &str) -> Self {
        let url = fresh_database(admin, name).await;
        let data = std::env::temp_dir().join(format!("seiketsu-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&data).expect("a writable temporary directory");
        Self { url, data, address: SocketAddr::from(([127, 0, 0, 1], free_port())) }
    }

    fn signing_key(&self) -> PathBuf {
        self.data.join("signing-key.pem")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seiketsu"));
        command
            .args(arguments)
            .env("SEIKETSU__DATABASE__URL", &self.url)
            .env("SEIKETSU__HTTP__BIND", self.address.to_string())
            .env("SEIKETSU__TELEMETRY__LOG", "warn")
            .env("SEIKETSU__AUTH__ACCESS_TOKEN_MINUTES", "600")
            .env("SEIKETSU__AUTH__SIGNING_KEY_FILE", self.signing_key())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn enter(&self, process: Child, credentials: &str) -> Server {
        let token = log_in(self.address, credentials).await;
        Server { address: self.address, token, process: Arc::new(process.into()) }
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

async fn wait_until_ready(address: SocketAddr) {
    let url = format!("http://{address}/api/health/ready");
    for _ in 0..600 {
        if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server is not ready after 30 seconds");
}

async fn log_in(address: SocketAddr, text: &str) -> String {
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.expect("a credential").trim_matches(['"', '\'']).to_owned()
    };
    let body = serde_json::json!({
        "organization": value("SEIKETSU_ORGANIZATION"),
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
