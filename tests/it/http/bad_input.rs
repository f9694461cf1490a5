//! Bad input in every position of every route is told with its place, and never a fault of ours.
//!
//! The routes come from the API document itself: a new one that is not in [`valid_bodies`] fails this test.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Answer, Caller, Server, answer};

/// Requests under way at once.
const AT_ONCE: usize = 8;

#[derive(Clone)]
struct Route {
    method: Method,
    /// With its parameter filled in.
    path: String,
    /// As documented.
    pattern: String,
    parameters: Vec<String>,
    body: Option<Value>,
}

struct Fixture {
    server: Server,
    caller: Caller,
    routes: Vec<Route>,
}

async fn fixture() -> Fixture {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let lead = caller.lead("+14155552671").await;
    let call = caller.connected_call("+14155552671").await;
    let raised = caller
        .post("/escalations", json!({ "callId": call, "trigger": "override", "reason": "needs a person" }))
        .await;
    let bodies = valid_bodies(&caller, &lead, &call);
    let document = reqwest::get(format!("{}/openapi.json", server.url)).await.unwrap().json().await.unwrap();
    let ids = BTreeMap::from([("leads", lead), ("calls", call), ("escalations", raised.text("id"))]);
    let routes = routes(&document, &bodies, &ids);
    assert!(routes.len() > 50, "only {} routes are documented", routes.len());
    Fixture { server, caller, routes }
}

fn valid_bodies(caller: &Caller, lead: &str, call: &str) -> BTreeMap<&'static str, Value> {
    let contact = json!({ "phone": "+14155552671" });
    let segment = json!({ "speaker": "agent", "text": "hello", "startMs": 0, "endMs": 900, "confidence": 0.9, "final": true });
    BTreeMap::from([
        (
            "POST /auth/login",
            json!({ "organization": "x.example", "email": "a@x.example", "password": "wrong", "totp": "123456" }),
        ),
        ("POST /auth/refresh", json!({ "refreshToken": "rt_x" })),
        ("POST /auth/logout", json!({ "refreshToken": "rt_x" })),
        (
            "POST /calls",
            json!({ "phoneNumber": "+14155552671", "direction": "outbound", "agentId": call, "leadId": lead, "purpose": "marketing", "permitId": call }),
        ),
        ("POST /calls/{id}/connect", json!({})),
        ("POST /calls/{id}/transcript", json!({ "segments": [segment] })),
        ("PUT /calls/{id}/phase", json!({ "phase": "intake" })),
        ("PUT /calls/{id}/intake", json!({ "data": { "budget": 1 }, "final": false })),
        (
            "POST /calls/{id}/quality",
            json!({ "responseTimeMs": 100, "transcriptionAccuracy": 0.9, "intentConfidence": 0.9, "audioQualityScore": 0.9, "stages": { "stt": 10 } }),
        ),
        ("POST /calls/{id}/link-lead", json!({ "leadId": lead })),
        ("POST /calls/{id}/end", json!({ "outcome": "nonsense", "summary": "done" })),
        ("DELETE /calls/{id}", json!({ "unexpected": true })),
        (
            "POST /leads",
            json!({ "firstName": "A", "lastName": "B", "email": "a@example.com", "phone": "+14155552671", "source": "web", "preferences": {}, "tags": ["x"] }),
        ),
        (
            "POST /leads/bulk",
            json!({ "items": [{ "op": "create", "data": { "phone": "+14155552671", "source": "web" } }] }),
        ),
        (
            "PUT /leads/{id}",
            json!({ "firstName": "A", "lastName": "B", "email": "a@example.com", "phone": "+14155552671", "source": "web", "preferences": {}, "tags": ["x"] }),
        ),
        ("DELETE /leads/{id}", json!({ "unexpected": true })),
        ("POST /leads/{id}/qualify", json!({ "score": 50, "answers": { "budget": 1 } })),
        ("POST /leads/{id}/assign", json!({ "userId": caller.user })),
        ("POST /leads/{id}/contact", json!({ "channel": "voice", "note": "called" })),
        (
            "POST /leads/{id}/appointment",
            json!({ "startsAt": "2030-01-01T10:00:00Z", "endsAt": "2030-01-01T11:00:00Z", "place": "office" }),
        ),
        ("POST /leads/{id}/convert", json!({ "valueCents": -5, "currency": "USD" })),
        ("POST /leads/{id}/lose", json!({ "reason": "" })),
        ("POST /leads/{id}/notes", json!({ "text": "a note" })),
        ("POST /leads/{id}/follow-ups", json!({ "dueAt": "2030-01-01T10:00:00Z", "note": "call back" })),
        (
            "POST /consents",
            json!({ "contact": contact, "channels": ["voice"], "purposes": ["marketing"], "level": "pewc", "technologies": ["ai_voice"], "method": "web_form", "evidence": { "disclosureText": "yes", "url": "https://example.com", "capturedAt": "2026-01-01T00:00:00Z" }, "leadId": lead, "occurredAt": "2026-01-01T00:00:00Z", "expiresAt": "2030-01-01T00:00:00Z" }),
        ),
        (
            "POST /consents/revoke",
            json!({ "contact": contact, "channels": ["voice"], "purposes": ["marketing"], "method": "voice", "verbatim": "stop", "occurredAt": "2026-01-01T00:00:00Z" }),
        ),
        (
            "POST /consents/check",
            json!({ "contact": contact, "channel": "voice", "purpose": "marketing", "technology": "ai_voice", "at": "2026-01-01T00:00:00Z", "knownAt": "2026-01-01T00:00:00Z", "callerState": "CA", "seller": "Acme", "subject": "listing 7", "topic": "billing", "content": "other", "recording": true, "freeToEndUser": true, "emergency": { "reason": "recall" }, "inbound": { "kind": "message", "answeredBefore": 0, "sameTopic": true }, "campaign": { "answered": 10, "abandoned": 0, "paused": false } }),
        ),
        ("POST /consents/permits/{id}/redeem", json!({ "callId": call })),
        (
            "POST /consents/suppressions",
            json!({ "contact": contact, "kind": "wrong_number", "reason": "somebody else", "occurredAt": "2026-01-01T00:00:00Z" }),
        ),
        (
            "POST /consents/suppressions/lift",
            json!({ "contact": contact, "kind": "erased", "reason": "a mistake" }),
        ),
        (
            "POST /consents/business",
            json!({ "contact": contact, "kind": "purchase", "occurredAt": "2026-01-01T00:00:00Z", "source": "crm" }),
        ),
        (
            "PUT /compliance/profile",
            json!({ "sellers": [{ "name": "Acme", "verified": true, "registrations": ["10dlc"] }], "healthAgreement": true, "abilities": ["ai_disclosure"], "policy": { "revokeAll": false, "attempts": 3, "healthcareExemption": false }, "callsNeedPermits": true, "emergencies": ["FL"] }),
        ),
        ("POST /compliance/stop", json!({ "reason": "complaints" })),
        ("POST /compliance/resume", json!({ "reason": "resolved" })),
        ("POST /compliance/packs/{name}/approve", json!({ "version": "2026.11", "sha256": "ab".repeat(32) })),
        ("PUT /dnc/{phone}", json!({ "reason": "asked" })),
        ("DELETE /dnc/{phone}", json!({ "reason": "asked again" })),
        (
            "POST /escalations",
            json!({ "callId": call, "trigger": "override", "priority": "high", "reason": "again" }),
        ),
        ("POST /escalations/{id}/acknowledge", json!({})),
        ("POST /escalations/{id}/assign", json!({ "userId": caller.user })),
        ("POST /escalations/{id}/connect", json!({})),
        ("POST /escalations/{id}/resolve", json!({ "resolution": "" })),
        ("POST /escalations/{id}/cancel", json!({ "reason": "" })),
        (
            "PUT /lists/registry-access",
            json!({ "san": "1-2", "areaCodes": [415], "validUntil": "2020-01-01T00:00:00Z" }),
        ),
        ("POST /projections/{name}/pause", json!({ "reason": "" })),
        ("POST /projections/{name}/resume", json!({})),
        ("POST /projections/{name}/parked/retry", json!({})),
        ("POST /projections/{name}/parked/{position}/retry", json!({})),
        ("POST /projections/{name}/parked/{position}/skip", json!({ "reason": "" })),
        ("POST /projections/relay/parked/retry", json!({})),
        ("POST /projections/relay/parked/{position}/retry", json!({})),
        ("POST /projections/relay/parked/{position}/skip", json!({ "reason": "" })),
    ])
}

/// These take no JSON, so the mutations of bodies do not apply to them.
const NOT_JSON: [&str; 4] =
    ["POST /dnc/import", "POST /lists/{list}/extracts", "POST /lists/reassigned", "POST /lists/lines"];

fn routes(document: &Value, bodies: &BTreeMap<&str, Value>, ids: &BTreeMap<&str, String>) -> Vec<Route> {
    let mut routes = Vec::new();
    for (full, operations) in document["paths"].as_object().unwrap() {
        let Some(pattern) = full.strip_prefix("/api/v1") else { continue };
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let name = format!("{method} {pattern}");
            if NOT_JSON.contains(&name.as_str()) || pattern == "/stream" {
                continue;
            }
            let noun = pattern.split('/').nth(1).unwrap();
            let id = ids.get(noun).cloned().unwrap_or_else(|| uuid::Uuid::from_u128(7).to_string());
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters
                .filter(|p| p["in"] == "query")
                .map(|p| p["name"].as_str().unwrap().to_owned())
                .collect();
            let body = bodies.get(name.as_str()).cloned();
            assert!(method == Method::GET || body.is_some(), "{name} has no valid body in this test");
            let path = pattern.replace("{id}", &id).replace("{phone}", "%2B14155552671");
            let named = if noun == "compliance" { "us-core" } else { "leads" };
            let path = path.replace("{name}", named).replace("{position}", "1");
            routes.push(Route { method, path, pattern: pattern.to_owned(), parameters, body });
        }
    }
    routes
}

/// One request and what must be true of its answer.
struct Attempt {
    what: String,
    request: reqwest::RequestBuilder,
    /// Whether nothing but a refusal will do.
    must_refuse: bool,
}

async fn run(attempts: Vec<Attempt>) -> usize {
    let count = attempts.len();
    let mut answers = stream::iter(attempts)
        .map(|attempt| async move { (answer(attempt.request).await, attempt.what, attempt.must_refuse) })
        .buffer_unordered(AT_ONCE);
    let mut failures = Vec::new();
    while let Some((answer, what, must_refuse)) = answers.next().await {
        if let Err(reason) = check(&answer, must_refuse) {
            failures.push(format!("{what}: {reason}: {} {}", answer.status, answer.body));
        }
    }
    assert!(failures.is_empty(), "{} of {count} answers:\n{}", failures.len(), failures.join("\n"));
    count
}

fn check(answer: &Answer, must_refuse: bool) -> Result<(), &'static str> {
    if answer.status.is_server_error() {
        return Err("a fault of ours");
    }
    if !answer.status.is_client_error() {
        return if must_refuse { Err("accepted") } else { Ok(()) };
    }
    let is = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if is("content-type").as_deref() != Some("application/problem+json") {
        return Err("not a problem document");
    }
    for field in ["type", "title", "detail", "code", "requestId"] {
        if !answer.body[field].is_string() {
            return Err("a field of the problem is missing");
        }
    }
    if is("x-request-id").as_deref() != answer.body["requestId"].as_str() {
        return Err("the request id differs");
    }
    let told = answer.body["errors"].as_array().is_some_and(|errors| {
        !errors.is_empty() && errors.iter().all(|e| e["pointer"].is_string() && e["code"].is_string())
    });
    if answer.status == StatusCode::BAD_REQUEST && !told {
        return Err("nothing is said about where");
    }
    Ok(())
}

fn send(caller: &Caller, route: &Route, path: &str) -> reqwest::RequestBuilder {
    caller.request(route.method.clone(), path)
}

fn with_json(request: reqwest::RequestBuilder, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    request.header("content-type", "application/json").body(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_refused_with_their_place() {
    let Fixture { server, caller, routes } = fixture().await;
    let mut attempts = Vec::new();
    for route in routes.iter().filter(|route| route.body.is_some()) {
        attempts.extend(broken_bodies(&caller, route));
        attempts.extend(broken_fields(&caller, route));
    }
    let count = run(attempts).await;
    println!("{count} bad bodies over {} routes", routes.len());
    no_panic(&server);
}

fn broken_bodies(caller: &Caller, route: &Route) -> Vec<Attempt> {
    let name = format!("{} {}", route.method, route.pattern);
    let valid = route.body.clone().unwrap();
    let mut unknown = valid.clone();
    unknown["surprise"] = json!(1);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("half a body", b"{\"a\":".to_vec()),
        ("an array", b"[]".to_vec()),
        ("a string", b"\"x\"".to_vec()),
        ("null", b"null".to_vec()),
        ("invalid UTF-8", b"{\"\xff\":1}".to_vec()),
        ("something after the body", format!("{valid} x").into_bytes()),
        ("deep nesting", deep.into_bytes()),
        ("a NUL key", b"{\"a\\u0000\":1}".to_vec()),
        ("a field twice", b"{\"surprise\":1,\"surprise\":2}".to_vec()),
        ("an unknown field", unknown.to_string().into_bytes()),
        ("a byte order mark", format!("\u{feff}{valid}").into_bytes()),
        ("two megabytes", format!("{{\"surprise\":\"{}\"}}", "x".repeat(2 << 20)).into_bytes()),
    ];
    let mut attempts: Vec<_> = cases
        .into_iter()
        .map(|(what, body)| Attempt {
            what: format!("{name}, {what}"),
            request: with_json(send(caller, route, &route.path), body),
            must_refuse: true,
        })
        .collect();
    attempts.push(Attempt {
        what: format!("{name}, plain text"),
        request: send(caller, route, &route.path).header("content-type", "text/plain").body("x=1"),
        must_refuse: true,
    });
    attempts
}

/// Values that some field may take; what matters is that none is a fault.
fn odd_values() -> Vec<(&'static str, String)> {
    vec![
        ("an object", r#"{"a":{"b":[]}}"#.into()),
        ("an array", "[]".into()),
        ("an array of arrays", "[[1],[null]]".into()),
        ("null", "null".into()),
        ("true", "true".into()),
        ("a negative number", "-1".into()),
        ("a fraction", "1.5".into()),
        ("a number beyond 64 bits", "123456789012345678901234567890".into()),
        ("a number beyond doubles", "1e999".into()),
        ("an empty text", r#""""#.into()),
        ("a blank text", r#"" \t ""#.into()),
        ("a long text", format!("\"{}\"", "x".repeat(100_000))),
        ("right-to-left text", "\"\u{202e}abc\u{200b}\"".into()),
        ("SQL", r#""'; drop table events; --""#.into()),
        ("a date that is none", r#""2026-13-45T99:00:00Z""#.into()),
        ("the year 9999", r#""9999-12-31T23:59:59Z""#.into()),
        ("the nil UUID", r#""00000000-0000-0000-0000-000000000000""#.into()),
    ]
}

fn broken_fields(caller: &Caller, route: &Route) -> Vec<Attempt> {
    let valid = route.body.clone().unwrap();
    let mut attempts = Vec::new();
    for field in valid.as_object().unwrap().keys() {
        let with = |value: &str| {
            let mut rest = valid.as_object().unwrap().clone();
            rest.remove(field);
            let rest = Value::Object(rest).to_string();
            let comma = if rest == "{}" { "" } else { "," };
            format!("{{\"{field}\":{value}{comma}{}", &rest[1..])
        };
        let name = format!("{} {} with {field} =", route.method, route.pattern);
        for (what, value) in odd_values() {
            let request = with_json(send(caller, route, &route.path), with(&value));
            attempts.push(Attempt { what: format!("{name} {what}"), request, must_refuse: false });
        }
        for (what, value) in [
            ("NUL", r#""a\u0000b""#),
            ("NUL inside", r#"{"a":["\u0000"]}"#),
            ("half a surrogate", r#""\ud800""#),
        ] {
            let request = with_json(send(caller, route, &route.path), with(value));
            attempts.push(Attempt { what: format!("{name} {what}"), request, must_refuse: true });
        }
    }
    attempts
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_paths_parameters_and_headers_are_refused_with_their_place() {
    let Fixture { server, caller, routes } = fixture().await;
    let mut attempts = Vec::new();
    for route in &routes {
        attempts.extend(broken_paths(&caller, route));
        attempts.extend(broken_parameters(&caller, route));
        attempts.extend(broken_headers(&caller, route));
    }
    for (method, path) in
        [(Method::GET, "/nothing-here"), (Method::PATCH, "/leads"), (Method::POST, "/leads/x/y/z")]
    {
        let request = caller.request(method.clone(), path);
        attempts.push(Attempt { what: format!("{method} {path}"), request, must_refuse: true });
    }
    let count = run(attempts).await;
    println!("{count} bad paths, parameters and headers over {} routes", routes.len());
    no_panic(&server);
}

fn broken_paths(caller: &Caller, route: &Route) -> Vec<Attempt> {
    let Some((before, after)) = route.pattern.split_once('{') else { return Vec::new() };
    let after = after.split_once('}').unwrap().1;
    let odd = [
        "not-an-id",
        "%00",
        "%ff",
        "..%2f..%2fetc",
        "%27%20or%201=1",
        "00000000-0000-0000-0000-000000000000",
    ];
    let long = "9".repeat(3000);
    odd.into_iter()
        .chain([long.as_str()])
        .map(|id| {
            let path = format!("{before}{id}{after}");
            let request = send(caller, route, &path);
            let request = match &route.body {
                Some(body) => request.json(body),
                None => request,
            };
            Attempt { what: format!("{} {path}", route.method), request, must_refuse: true }
        })
        .collect()
}

fn broken_parameters(caller: &Caller, route: &Route) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut attempt = |query: String, must_refuse| {
        let path = format!("{}?{query}", route.path);
        let request = send(caller, route, &path);
        let request = match &route.body {
            Some(body) => request.json(body),
            None => request,
        };
        let what =
            format!("{} {}?{}", route.method, route.pattern, query.chars().take(80).collect::<String>());
        attempts.push(Attempt { what, request, must_refuse });
    };
    attempt("surprise=1".to_owned(), true);
    attempt("after_position=-1".to_owned(), true);
    attempt("after_position=x".to_owned(), true);
    for name in &route.parameters {
        for value in ["%00", "%ff", "a%00b"] {
            attempt(format!("{name}={value}"), true);
        }
        attempt(format!("{name}=1&{name}=2"), true);
        let long = "x".repeat(5000);
        for value in [
            "",
            "-1",
            "0",
            "1.5",
            "999999999999999999999",
            "%F0%9F%A6%80",
            "2026-13-99T00:00:00Z",
            "9999-01-01T00:00:00Z",
            "%27%20or%201%3D1--",
            "%25_%5C",
            "%21%26%7C%28",
            "eyJmIjoxLCJrIjpbXX0",
            "null",
            "%E2%80%AE",
            long.as_str(),
        ] {
            attempt(format!("{name}={value}"), false);
        }
    }
    attempts
}

fn broken_headers(caller: &Caller, route: &Route) -> Vec<Attempt> {
    let long = "k".repeat(300);
    let cases: Vec<(&str, &[u8])> = if route.method == Method::GET {
        vec![
            ("consistency-token", b"nonsense"),
            ("consistency-token", b"\xff"),
            ("prefer", b"wait=99"),
            ("prefer", b"wait=-1"),
            ("authorization", b"Bearer x"),
        ]
    } else {
        vec![
            ("idempotency-key", b""),
            ("idempotency-key", b"with space"),
            ("idempotency-key", b"\xe2\x9c\x93"),
            ("idempotency-key", long.as_bytes()),
            ("if-match", b"3"),
            ("if-match", b"\"x\""),
            ("if-match", b"\"-1\""),
            ("content-encoding", b"gzip"),
        ]
    };
    let open = route.pattern.starts_with("/auth/");
    cases
        .into_iter()
        .map(|(name, value)| {
            let value = reqwest::header::HeaderValue::from_bytes(value).unwrap();
            let mut request = send(caller, route, &route.path).header(name, value);
            if let Some(body) = &route.body {
                request = request.json(body);
            }
            let must_refuse = !open && name != "content-encoding";
            Attempt { what: format!("{} {} with {name}", route.method, route.pattern), request, must_refuse }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_and_the_import_refuse_what_is_bad_too() {
    let Fixture { server, caller, .. } = fixture().await;
    let mut attempts = Vec::new();
    let mut refuse = |what: &str, request| {
        attempts.push(Attempt { what: what.to_owned(), request, must_refuse: true });
    };
    // A stream that is granted never ends.
    let stream = |query: &str| {
        caller.request(Method::GET, &format!("/stream{query}")).timeout(Duration::from_secs(20))
    };
    for query in [
        "?surprise=1",
        "?after=nonsense",
        "?after=%00",
        "?after=%ff",
        "?after=earliest&after=latest",
        "?types=%00",
        "?types=",
        "?after_position=x",
    ] {
        refuse(query, stream(query));
    }
    for value in ["nonsense", "e1.1", "99999999999999999999"] {
        refuse("a last event that is none", stream("").header("last-event-id", value));
    }
    let bytes = reqwest::header::HeaderValue::from_bytes(b"\xff").unwrap();
    refuse("a last event that is no text", stream("").header("last-event-id", bytes));
    refuse("a stranger", stream("").header("authorization", "Bearer x"));

    let import = |kind: &str, body: Vec<u8>| {
        caller.request(Method::POST, "/dnc/import").header("content-type", kind.to_owned()).body(body)
    };
    let too_many: String = std::iter::once("phone\n".to_owned())
        .chain((0..10_001).map(|n| format!("+1415{}\n", 2_000_000 + n)))
        .collect();
    for (what, body) in [
        ("nothing", Vec::new()),
        ("no column", b"number\n+14155552671\n".to_vec()),
        ("invalid UTF-8", b"phone\n\xff\n".to_vec()),
        ("too many lines", too_many.into_bytes()),
        ("two megabytes", vec![b'x'; 2 << 20]),
    ] {
        refuse(what, import("text/csv", body));
    }
    refuse("JSON", import("application/json", b"{}".to_vec()));
    refuse("a parameter", caller.request(Method::POST, "/dnc/import?x=1").body("phone\n"));
    // Each line for itself: the import is accepted, its lines are not.
    for (what, line) in [
        ("NUL", "+1415555\u{0}2671"),
        ("an open quote", "\"+14155552671"),
        ("SQL", "'; drop table events; --"),
        ("many fields", &",".repeat(5000)),
        ("a long field", &"9".repeat(100_000)),
    ] {
        let request = import("text/csv", format!("phone,reason\n{line}\n").into_bytes());
        attempts.push(Attempt { what: what.to_owned(), request, must_refuse: false });
    }
    let count = run(attempts).await;
    println!("{count} bad requests to the stream and the import");
    no_panic(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_sent_as_a_list_of_its_fields_is_refused() {
    let Fixture { server, caller, .. } = fixture().await;
    for (path, body, pointer) in [
        (
            "/leads/bulk",
            json!({ "items": [["create", { "phone": "+14155552671", "source": "web" }]] }),
            "/items/0",
        ),
        (
            "/consents/check",
            json!({ "contact": ["+14155552671", null], "channel": "voice", "purpose": "marketing" }),
            "/contact",
        ),
    ] {
        let answer = caller.post(path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.body);
        let told = answer.body["errors"][0]["pointer"].as_str().unwrap();
        assert!(told.starts_with(pointer), "{path}: {told}");
    }
    // In a bulk each item is answered for itself.
    let items = json!({ "items": [{ "op": "create", "data": ["A", "B"] }] });
    let answer = caller.post("/leads/bulk", items).await;
    assert_eq!(answer.body["items"][0]["status"], 400, "{}", answer.body);
    assert_eq!(answer.body["items"][0]["problem"]["errors"][0]["pointer"], "/items/0/data");
    no_panic(&server);
}

fn no_panic(server: &Server) {
    let log = Arc::new(server.log());
    assert!(!log.contains("panicked"), "the server panicked:\n{log}");
    assert!(!log.contains("request failed"), "a request failed:\n{log}");
}
