use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use rand::Rng;
use reqwest::{Method, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::LoadConfig;
use super::counts::Counters;
use super::session::Sessions;
use crate::history::{Completion, End, Invocation, Kind, Polled, Recorder, Token, Way};

/// What to send.
#[derive(Debug, Clone)]
pub struct Request {
    pub tenant: u16,
    pub f: Kind,
    pub way: Way,
    pub method: Method,
    /// Below `/api/v1`, with the query.
    pub path: String,
    pub body: Option<String>,
    pub aggregate: Option<Uuid>,
    pub key: Option<Token>,
    pub token: Option<Token>,
    pub expected_version: Option<u32>,
    /// A write to have seen: its consistency token and version.
    pub after: Option<(Arc<str>, u32)>,
    /// Of a poll of the feed: the position of the last event the client was given.
    pub polled_after: Option<i64>,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    pub end: End,
    pub completed: Completion,
    pub consistency: Option<Arc<str>>,
    /// Of a poll of the feed.
    pub next_cursor: Option<String>,
}

/// Sends requests and records what becomes of them.
pub struct Exchange {
    http: reqwest::Client,
    urls: Vec<String>,
    pub sessions: Sessions,
    pub recorder: Recorder,
    pub counts: Counters,
    /// Commands whose outcome nobody told, by key.
    unknown: Mutex<HashMap<Token, Request>>,
}

impl Exchange {
    pub fn new(http: reqwest::Client, config: &LoadConfig, sessions: Sessions, recorder: Recorder) -> Self {
        let (urls, counts, unknown) = (config.urls.clone(), Counters::default(), Mutex::default());
        Self { http, urls, sessions, recorder, counts, unknown }
    }

    /// One of the servers.
    pub fn any_url(&self, rng: &mut impl Rng) -> &str {
        &self.urls[rng.gen_range(0..self.urls.len())]
    }

    /// Sends a request to a server and waits for what becomes of it.
    pub async fn send(&self, client: u32, url: &str, request: &Request) -> Outcome {
        let access = self.sessions.access(request.tenant).await;
        let op = self.begin(client, request);
        let sent = self.prepare(url, &access, request).send().await;
        let outcome = match sent {
            Ok(response) => read(op, request, response).await,
            // Nobody listened, so nobody heard it.
            Err(error) if error.is_connect() => gone(op, End::Fail, "unreachable"),
            Err(error) if error.is_timeout() => gone(op, End::Info, "timeout"),
            Err(_) => gone(op, End::Info, "cut_off"),
        };
        let outcome = self.conclude(request, outcome);
        if outcome.completed.status == 401 {
            self.sessions.renew(request.tenant, &access).await;
        }
        outcome
    }

    /// Writes down that a request is about to be sent; returns its number.
    pub fn begin(&self, client: u32, request: &Request) -> u64 {
        let invocation = Invocation {
            op: 0,
            client,
            tenant: request.tenant,
            f: request.f,
            way: request.way,
            aggregate: request.aggregate,
            key: request.key,
            token: request.token,
            expected_version: request.expected_version,
            at_least: request.after.as_ref().map(|(_, version)| *version),
            time: 0,
        };
        self.recorder.invoke(invocation).op
    }

    /// Writes down what became of it.
    pub fn conclude(&self, request: &Request, outcome: Outcome) -> Outcome {
        let Outcome { end, completed, .. } = outcome;
        if request.f.is_command() {
            self.remember(request, end, &completed);
        }
        let completed = self.recorder.complete(end, completed);
        self.counts.count(request.f, request.way, end);
        Outcome { completed, ..outcome }
    }

    /// Commands to ask about again.
    pub fn unknown(&self) -> Vec<Request> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn remember(&self, request: &Request, end: End, completed: &Completion) {
        let Some(key) = request.key.filter(|key| request.token.is_none_or(|token| token == *key)) else {
            return;
        };
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if end == End::Info {
            unknown.insert(key, Request { way: Way::Retry, ..request.clone() });
        } else if end == End::Ok || completed.refuses_for_good() {
            unknown.remove(&key);
        }
    }

    /// As it goes over the wire.
    fn prepare(&self, url: &str, access: &str, request: &Request) -> reqwest::RequestBuilder {
        let prepared = self.http.request(request.method.clone(), format!("{url}/api/v1{}", request.path));
        let mut prepared = prepared.bearer_auth(access);
        for (name, value) in headers(request) {
            prepared = prepared.header(name, value);
        }
        match &request.body {
            Some(body) => prepared.body(body.clone()),
            None => prepared,
        }
    }
}

/// The headers that make the request what it is, without the caller's token.
pub fn headers(request: &Request) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if request.body.is_some() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    if let Some(key) = request.key {
        headers.push(("idempotency-key", key.to_string()));
    }
    if let Some(version) = request.expected_version {
        headers.push(("if-match", format!("\"{version}\"")));
    }
    if let Some((consistency, _)) = &request.after {
        headers.push(("consistency-token", consistency.to_string()));
        headers.push(("prefer", "wait=5".to_owned()));
    }
    headers
}

/// An operation that got no answer.
pub fn gone(op: u64, end: End, code: &str) -> Outcome {
    let completed = Completion { op, code: Some(code.into()), ..Completion::default() };
    Outcome { end, completed, consistency: None, next_cursor: None }
}

async fn read(op: u64, request: &Request, response: Response) -> Outcome {
    let status = response.status().as_u16();
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut completed = Completion {
        op,
        status,
        version: header("etag").and_then(|etag| etag.trim_matches('"').parse().ok()),
        replayed: header("idempotent-replayed").as_deref() == Some("true"),
        stale: header("consistency").as_deref() == Some("stale"),
        request_id: header("x-request-id").and_then(|id| id.parse().ok()),
        ..Completion::default()
    };
    let consistency = header("consistency-token").map(Arc::from);
    let next_cursor = header("next-cursor");
    let end = match (status, response.text().await) {
        (200..300, Ok(body)) => {
            understand(request, &body, &mut completed);
            End::Ok
        }
        (400..500, body) => {
            completed.code = body.ok().and_then(|body| code_of(&body));
            End::Fail
        }
        // A read changes nothing, so it cannot be half done.
        (_, body) => {
            completed.code = body.ok().and_then(|body| code_of(&body)).or_else(|| Some("cut_off".into()));
            if request.f.is_command() { End::Info } else { End::Fail }
        }
    };
    Outcome { end, completed, consistency, next_cursor }
}

fn code_of(body: &str) -> Option<Box<str>> {
    #[derive(Deserialize)]
    struct Problem {
        code: Box<str>,
    }
    serde_json::from_str::<Problem>(body).ok().map(|problem| problem.code)
}

/// Takes from an answer what checks need.
fn understand(request: &Request, body: &str, completed: &mut Completion) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shown {
        id: Option<Uuid>,
        as_of: Option<AsOf>,
    }
    #[derive(Deserialize)]
    struct AsOf {
        position: i64,
    }
    completed.organizations = organizations_in(body);
    if request.f == Kind::PollFeed {
        return understand_poll(request, body, completed);
    }
    let shown: Option<Shown> = serde_json::from_str(body).ok();
    completed.aggregate = shown.as_ref().and_then(|shown| shown.id).or(request.aggregate);
    completed.position = shown.and_then(|shown| shown.as_of).map(|as_of| as_of.position);
    if request.f.is_command() {
        completed.digest = Some(digest(body.as_bytes()));
        completed.shown = Token::find_in(body).any(|token| Some(token) == request.token);
    } else {
        completed.seen = Token::find_in(body).collect::<BTreeSet<_>>().into_iter().collect();
    }
}

fn understand_poll(request: &Request, body: &str, completed: &mut Completion) {
    #[derive(Deserialize)]
    struct Event {
        id: Uuid,
        position: i64,
    }
    let events: Vec<Event> = serde_json::from_str(body).unwrap_or_default();
    let (Some(last), Some(after)) = (events.last(), request.polled_after) else { return };
    completed.position = Some(last.position);
    completed.digest = Some(digest_of_ids(events.iter().map(|event| event.id)));
    completed.polled = Some(Box::new(Polled {
        after,
        events: u32::try_from(events.len()).unwrap_or(u32::MAX),
        ordered: events.is_sorted_by(|a, b| a.position < b.position),
    }));
}

/// Every organization a body names, in whatever field of that meaning.
fn organizations_in(body: &str) -> Box<[Uuid]> {
    let mut found = BTreeSet::new();
    for field in ["\"organizationId\":\"", "\"tenantid\":\""] {
        for (start, field) in body.match_indices(field) {
            let from = start + field.len();
            found.extend(body.get(from..from + 36).and_then(|id| Uuid::parse_str(id).ok()));
        }
    }
    found.into_iter().collect()
}

/// FNV-1a: equal bodies are equal, and different ones differ but once in 10^19.
fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A digest of a set of ids: the order does not matter, each one does.
pub fn digest_of_ids(ids: impl Iterator<Item = Uuid>) -> u64 {
    ids.fold(0, |sum, id| sum.wrapping_add(digest(id.as_bytes())))
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use uuid::Uuid;

    use super::{Request, digest_of_ids, organizations_in, understand};
    use crate::history::{Completion, Kind, Token, Way};

    fn request(f: Kind) -> Request {
        Request {
            tenant: 0,
            f,
            way: Way::Plain,
            method: Method::GET,
            path: String::new(),
            body: None,
            aggregate: None,
            key: None,
            token: Some(Token::new(0, 7)),
            expected_version: None,
            after: None,
            polled_after: Some(3),
        }
    }

    #[test]
    fn a_command_is_told_its_aggregate_and_whether_its_token_shows() {
        let (id, token) = (Uuid::from_u128(5), Token::new(0, 7));
        let mut completed = Completion::default();
        understand(
            &request(Kind::CreateLead),
            &format!(r#"{{"id":"{id}","source":"{token}"}}"#),
            &mut completed,
        );
        assert_eq!((completed.aggregate, completed.shown), (Some(id), true));
        assert!(completed.digest.is_some() && completed.seen.is_empty());
    }

    #[test]
    fn a_read_remembers_every_token_and_organization_it_was_shown_once() {
        let (token, organization) = (Token::new(1, 7), Uuid::from_u128(8));
        let lead = format!(r#"{{"organizationId":"{organization}","source":"{token}"}}"#);
        let body = format!(r#"{{"data":[{lead},{lead}],"asOf":{{"position":12}}}}"#);
        let mut completed = Completion::default();
        understand(&request(Kind::ListLeads), &body, &mut completed);
        assert_eq!((&*completed.seen, &*completed.organizations), (&[token][..], &[organization][..]));
        assert_eq!(completed.position, Some(12));
        assert!(organizations_in(r#"{"organizationId":"short"}"#).is_empty());
    }

    #[test]
    fn a_poll_is_known_by_its_place_its_number_and_the_sum_of_its_ids() {
        let ids = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let body = format!(r#"[{{"id":"{}","position":5}},{{"id":"{}","position":4}}]"#, ids[0], ids[1]);
        let mut completed = Completion::default();
        understand(&request(Kind::PollFeed), &body, &mut completed);
        let polled = completed.polled.expect("it brought events");
        assert_eq!((polled.after, polled.events, polled.ordered), (3, 2, false));
        assert_eq!(completed.digest, Some(digest_of_ids(ids.into_iter().rev())), "in whatever order");
    }
}
