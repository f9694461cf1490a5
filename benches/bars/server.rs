//! The release binary as operators run it, on a database of its own.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

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
    pub async fn start(admin: &str) -> Self {
        let url = fresh_database(admin, "bench_seiketsu").await;
        let data = std::env::temp_dir().join(format!("seiketsu-bench-{}", std::process::id()));
        std::fs::create_dir_all(&data).expect("a writable temporary directory");
        let port = free_port();
        let process = Command::new(env!("CARGO_BIN_EXE_seiketsu"))
            .args(["dev", "--data"])
            .arg(&data)
            .env("SEIKETSU__DATABASE__URL", &url)
            .env("SEIKETSU__HTTP__BIND", format!("127.0.0.1:{port}"))
            .env("SEIKETSU__TELEMETRY__LOG", "warn")
            .env("SEIKETSU__AUTH__ACCESS_TOKEN_MINUTES", "600")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait_until_ready(address).await;
        let token = log_in(address, &data.join("dev.env")).await;
        Self { address, token, process: Arc::new(process.into()) }
    }

    pub async fn stop(&self) {
        let mut process = self.process.lock().await;
        process.kill().await.expect("it was running");
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

async fn log_in(address: SocketAddr, credentials: &std::path::Path) -> String {
    let text = std::fs::read_to_string(credentials).expect("the server wrote its credentials");
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
