//! The HTTP client: one account of one organization, and answers as plain JSON.
//!
//! A command that gets no answer, or one that says "later", is sent again under the same idempotency key: it takes
//! effect once. How often that was needed is counted and told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::DemoError;
use super::access::Login;

/// How often a request is sent before the run is given up, and how long to wait where the server does not say: long
/// enough for a server to be restarted meanwhile.
const ATTEMPTS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// No answer takes longer than this, waiting for read models included.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a read may wait for what was written before it.
const READ_WAIT: &str = "wait=5";

/// An account that is logged in. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    http: reqwest::Client,
    base: String,
    login: Arc<Login>,
    token: Arc<RwLock<String>>,
    /// The user's id.
    pub user: String,
    repeated: Arc<AtomicU64>,
}

/// What to send.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    pub method: Method,
    /// Below `/api/v1`.
    pub path: &'a str,
    pub body: &'a Body,
    pub key: &'a str,
    /// The version to insist on.
    pub if_match: Option<i64>,
}

/// The body of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Json(Value),
    Csv(String),
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// From `ETag`.
    pub version: Option<i64>,
    /// From `Consistency-Token`.
    pub token: Option<String>,
    /// From `Next-Cursor`.
    pub cursor: Option<String>,
    /// From `Idempotent-Replayed`.
    pub replayed: bool,
    /// Whether `Has-More` is true.
    pub has_more: bool,
}

/// What a read must have seen.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// Whatever is there.
    Anything,
    /// The write that answered with this token.
    Token(&'a str),
    /// The whole store up to this position.
    Position(i64),
}

impl Answer {
    /// The problem's code, or the status where there is none.
    #[must_use]
    pub fn outcome(&self) -> String {
        let code = self.body.get("code").and_then(Value::as_str).unwrap_or_default();
        let detail = self.body.get("detail").and_then(Value::as_str).unwrap_or_default();
        format!("{} {code} {detail}", self.status).trim_end().to_owned()
    }

    async fn of(response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await?;
        let version = header(&headers, "etag").and_then(|raw| raw.trim_matches('"').parse().ok());
        Ok(Self {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
            version,
            token: header(&headers, "consistency-token"),
            cursor: header(&headers, "next-cursor"),
            replayed: header(&headers, "idempotent-replayed").as_deref() == Some("true"),
            has_more: header(&headers, "has-more").as_deref() == Some("true"),
        })
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl Session {
    /// Logs in.
    ///
    /// # Errors
    /// The server cannot be reached, or does not know the account.
    pub async fn open(base: &str, login: &Login) -> Result<Self, DemoError> {
        let unusable = |source| DemoError::Unreachable { url: base.to_owned(), source };
        let http = reqwest::Client::builder().timeout(PATIENCE).build().map_err(unusable)?;
        let (token, user) = enter(&http, base, login).await?;
        Ok(Self {
            http,
            base: base.to_owned(),
            login: Arc::new(login.clone()),
            token: Arc::new(RwLock::new(token)),
            user,
            repeated: Arc::default(),
        })
    }

    /// The organization's domain.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.login.organization
    }

    /// How many requests had to be sent again.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// Sends a command.
    ///
    /// # Errors
    /// No answer in spite of repeating.
    pub async fn send(&self, order: &Order<'_>) -> Result<Answer, DemoError> {
        let request = self.http.request(order.method.clone(), self.url(order.path));
        let request = request.header("Idempotency-Key", order.key);
        let request = match order.body {
            Body::Json(body) => request.json(body),
            Body::Csv(text) => request.header(CONTENT_TYPE, "text/csv").body(text.clone()),
        };
        let request = match order.if_match {
            Some(version) => request.header("If-Match", format!("\"{version}\"")),
            None => request,
        };
        self.persist(request).await
    }

    /// Asks a question.
    ///
    /// # Errors
    /// See [`Session::send`].
    pub async fn get(&self, path: &str, query: &[(&str, &str)], seen: Seen<'_>) -> Result<Answer, DemoError> {
        let request = self.http.get(self.url(path)).query(query);
        let request = match seen {
            Seen::Anything => request,
            Seen::Token(token) => request.header("Consistency-Token", token).header("Prefer", READ_WAIT),
            Seen::Position(position) => {
                request.query(&[("after_position", position)]).header("Prefer", READ_WAIT)
            }
        };
        self.persist(request).await
    }

    /// Everything a list has, page after page.
    ///
    /// # Errors
    /// [`DemoError::Answer`] where a page is refused.
    pub async fn all(
        &self,
        path: &str,
        query: &[(&str, &str)],
        seen: Seen<'_>,
    ) -> Result<Vec<Value>, DemoError> {
        let (mut rows, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut query = query.to_vec();
            query.push(("limit", "100"));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = self.get(path, &query, seen).await?.expect(200, path)?;
            rows.extend(page["data"].as_array().into_iter().flatten().cloned());
            cursor = page["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() || page["hasMore"] != Value::Bool(true) {
                return Ok(rows);
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    async fn persist(&self, request: reqwest::RequestBuilder) -> Result<Answer, DemoError> {
        let mut attempt = 1;
        loop {
            match self.attempt(&request).await {
                Ok(Outcome::Answered(answer)) => return Ok(answer),
                Ok(Outcome::Later(pause)) if attempt < ATTEMPTS => tokio::time::sleep(pause).await,
                Ok(Outcome::Expired) if attempt < ATTEMPTS => self.renew().await?,
                Err(_) if attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
                Err(source) => return Err(DemoError::Unreachable { url: self.base.clone(), source }),
                Ok(Outcome::Later(_) | Outcome::Expired) => {
                    return Err(DemoError::Unavailable { url: self.base.clone() });
                }
            }
            attempt += 1;
            self.repeated.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn attempt(&self, request: &reqwest::RequestBuilder) -> Result<Outcome, reqwest::Error> {
        // Bodies are in memory, so a request can always be copied.
        let Some(request) = request.try_clone() else { return Ok(Outcome::Later(PAUSE)) };
        let token = self.token.read().await.clone();
        let response = request.bearer_auth(token).send().await?;
        let pause = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        match (response.status(), pause) {
            (StatusCode::UNAUTHORIZED, _) => Ok(Outcome::Expired),
            (_, Some(seconds)) => Ok(Outcome::Later(Duration::from_secs(seconds).min(LONGEST_PAUSE))),
            _ => Ok(Outcome::Answered(Answer::of(response).await?)),
        }
    }

    async fn renew(&self) -> Result<(), DemoError> {
        let (token, _) = enter(&self.http, &self.base, &self.login).await?;
        *self.token.write().await = token;
        Ok(())
    }
}

enum Outcome {
    Answered(Answer),
    Later(Duration),
    Expired,
}

/// The access token and the user's id.
async fn enter(http: &reqwest::Client, base: &str, login: &Login) -> Result<(String, String), DemoError> {
    let body =
        json!({ "organization": login.organization, "email": login.email, "password": login.password });
    let sent = http.post(format!("{base}/api/v1/auth/login")).json(&body).send().await;
    let answered = match sent {
        Ok(response) => Answer::of(response).await,
        Err(error) => Err(error),
    };
    let answer = answered.map_err(|source| DemoError::Unreachable { url: base.to_owned(), source })?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (answer.status, text(&answer.body["accessToken"]), text(&answer.body["user"]["id"])) {
        (200, Some(token), Some(user)) => Ok((token, user)),
        _ => Err(DemoError::Login { account: format!("{login:?}"), answer: answer.outcome() }),
    }
}

impl Answer {
    /// The body, where the status is as it must be.
    ///
    /// # Errors
    /// [`DemoError::Answer`].
    pub fn expect(self, status: u16, what: &str) -> Result<Value, DemoError> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(DemoError::Answer { what: what.to_owned(), status, answer: self.outcome() })
    }
}
