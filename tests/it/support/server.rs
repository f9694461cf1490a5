//! The server as operators run it: the binary, `seiketsu dev`, on a database of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::database::{self, TestDatabase};
use super::wait;

/// A running server; stopped with this value.
pub struct Server {
    pub url: String,
    pub database: TestDatabase,
    port: u16,
    data: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Child>,
    http: reqwest::Client,
}

/// Somebody logged in.
#[derive(Clone)]
pub struct Caller {
    pub token: String,
    pub organization: String,
    pub user: String,
    http: reqwest::Client,
    url: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with settings of its own, as environment variables.
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        let database = database::create().await;
        let data = std::env::temp_dir().join(format!(
            "seiketsu-it-{}",
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, database.url.as_bytes())
        ));
        std::fs::create_dir_all(&data).unwrap();
        let port = free_port();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let url = format!("http://127.0.0.1:{port}");
        // The server closes a connection that rests for ten seconds; a request sent in that moment would be lost.
        let http = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(5)).build().unwrap();
        let mut server = Self { url, database, port, data, environment, process: None, http };
        server.launch().await;
        server
    }

    /// Starts the process again, on the same data.
    pub async fn launch(&mut self) {
        let log = std::fs::File::create(self.data.join("server.log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_seiketsu"))
            .args(["dev", "--data"])
            .arg(&self.data)
            .env("SEIKETSU__DATABASE__URL", &self.database.url)
            .env("SEIKETSU__HTTP__BIND", format!("127.0.0.1:{}", self.port))
            .env("SEIKETSU__DATABASE__TENANT_CONNECTIONS", "6")
            .env("SEIKETSU__DATABASE__SYSTEM_CONNECTIONS", "6")
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let ready = format!("{}/api/health/ready", self.url);
        wait::until("the server is ready", Duration::from_secs(60), async || {
            if let Some(status) = self.process.as_mut().and_then(|process| process.try_wait().unwrap()) {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            self.http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("server.log")).unwrap_or_default()
    }

    /// Where the server keeps its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Ends the process without a chance to tidy up.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Asks the process to stop and waits; returns its exit status.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let mut process = self.process.take().unwrap();
        let id = process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        process.wait().unwrap()
    }

    /// The first organization's manager.
    pub async fn log_in(&self) -> Caller {
        self.log_in_as("SEIKETSU_ORGANIZATION", "SEIKETSU_EMAIL", "SEIKETSU_PASSWORD").await
    }

    /// The second organization's manager.
    pub async fn log_in_elsewhere(&self) -> Caller {
        self.log_in_as("SEIKETSU_SECOND_ORGANIZATION", "SEIKETSU_SECOND_EMAIL", "SEIKETSU_SECOND_PASSWORD")
            .await
    }

    /// Who runs the installation.
    pub async fn log_in_operator(&self) -> Caller {
        self.log_in_by("operator").await
    }

    /// Somebody of the first organization, by the part of their address before the at sign.
    pub async fn log_in_by(&self, mailbox: &str) -> Caller {
        let organization = self.credential("SEIKETSU_ORGANIZATION");
        let email = format!("{mailbox}@{organization}");
        self.enter(&organization, &email, &self.credential("SEIKETSU_PASSWORD")).await
    }

    /// The value of a line of `dev.env`.
    pub fn credential(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.data.join("dev.env")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("{name} is not in dev.env")).trim_matches(['"', '\'']).to_owned()
    }

    async fn log_in_as(&self, organization: &str, email: &str, password: &str) -> Caller {
        let of = |name| self.credential(name);
        self.enter(&of(organization), &of(email), &of(password)).await
    }

    async fn enter(&self, organization: &str, email: &str, password: &str) -> Caller {
        let body = json!({ "organization": organization, "email": email, "password": password });
        let answer = answer(self.http.post(format!("{}/api/v1/auth/login", self.url)).json(&body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        Caller {
            token: answer.text("accessToken"),
            organization: answer.body["user"]["organizationId"].as_str().unwrap().to_owned(),
            user: answer.body["user"]["id"].as_str().unwrap().to_owned(),
            http: self.http.clone(),
            url: self.url.clone(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        drop(std::fs::remove_dir_all(&self.data));
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Caller {
    /// A request under `/api/v1`, with the caller's token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Reads what `written` wrote, waiting for it.
    pub async fn get_after(&self, written: &Answer, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("prefer", "wait=10");
        answer(request.header("consistency-token", written.header("consistency-token"))).await
    }

    /// A new lead; its id.
    pub async fn lead(&self, phone: &str) -> String {
        let answer = self.post("/leads", json!({ "phone": phone, "source": "website" })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.text("id")
    }

    /// A call that is connected; its id.
    pub async fn connected_call(&self, phone: &str) -> String {
        let call = self.post("/calls", json!({ "phoneNumber": phone, "direction": "inbound" })).await;
        assert_eq!(call.status, StatusCode::CREATED, "{}", call.body);
        let id = call.text("id");
        let connected = self.post(&format!("/calls/{id}/connect"), json!({})).await;
        assert_eq!(connected.status, StatusCode::OK, "{}", connected.body);
        id
    }
}

impl Answer {
    /// A text field of the body.
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().unwrap().to_owned()
    }
}

/// Sends a request and reads its answer; a body that is not JSON is a string.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}
