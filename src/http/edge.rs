//! What happens to every request, outermost: an id, a deadline, a measure, and headers.
//!
//! A request runs to its end even where its client disconnects or has no more patience, so that nothing is cancelled
//! half-way: a connection of the pool is never given back in the middle of a transaction, and a command that was
//! decided is appended. Only what nobody can end, a wait for a database that answers nothing, is given up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use uuid::Uuid;

use super::problem::{Problem, ProblemNote};
use crate::app::App;
use crate::ids;

/// The id of a request; the correlation id of the events it causes.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// The id given at the edge.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Uuid {
        extensions.get::<Self>().map_or_else(ids::new, |id| id.0)
    }
}

/// What `wait` of the event feed may ask for.
const LONGEST_POLL: Duration = Duration::from_secs(30);
/// How long work may go on for nobody. Statements end sooner; what is still waiting then waits for a database that is
/// gone without a word, and holds a connection.
const LEFT_BEHIND: Duration = Duration::from_secs(15);
const REQUEST_ID: &str = "x-request-id";

/// The layer around all routes.
pub async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    let reference = request.uri().path().starts_with("/docs");
    let route = request.extensions().get::<MatchedPath>().cloned();
    let work = ToItsEnd::new(AssertUnwindSafe(next.run(request)).catch_unwind());
    let response = match tokio::time::timeout(patience(&app, route.as_ref()), work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::panicked().into_response(),
        // The work goes on; only the answer is given up.
        Err(_) => Problem::unavailable("timeout", "the request took too long; its outcome is unknown")
            .into_response(),
    };
    let response = with_request_id(response, id);
    measure(&method, route.as_ref(), &response, started);
    harden(response, reference)
}

/// Work that goes on in a task of its own where whoever waits for it goes away.
struct ToItsEnd<F: Future<Output: Send> + Send + 'static> {
    rest: Option<Pin<Box<F>>>,
}

impl<F: Future<Output: Send> + Send + 'static> ToItsEnd<F> {
    fn new(work: F) -> Self {
        Self { rest: Some(Box::pin(work)) }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ToItsEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.rest else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.rest = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToItsEnd<F> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(LEFT_BEHIND, rest));
        }
    }
}

/// A long poll waits on purpose; everything else has to answer.
fn patience(app: &App, route: Option<&MatchedPath>) -> Duration {
    let polls = route.is_some_and(|route| route.as_str() == "/api/v1/events");
    app.limits.request_timeout + if polls { LONGEST_POLL } else { Duration::ZERO }
}

fn request_id(request: &Request) -> Uuid {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given.and_then(|raw| Uuid::try_parse(raw).ok()).unwrap_or_else(ids::new)
}

/// Problems carry the request id in their body too, so that a pasted error can be found in the log.
fn with_request_id(response: Response, id: Uuid) -> Response {
    let mut response = match response.extensions().get::<ProblemNote>().cloned() {
        None => response,
        Some(note) => {
            let body = super::problem::ProblemBody {
                kind: note.0.kind.clone(),
                title: note.0.title.clone(),
                detail: note.0.detail.clone(),
                code: note.0.code.clone(),
                request_id: Some(id.to_string()),
                errors: note.0.errors.clone(),
                ..*note.0
            };
            let mut rewritten = body.response(response.status());
            for (name, value) in response.headers() {
                if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                    rewritten.headers_mut().append(name, value.clone());
                }
            }
            rewritten
        }
    };
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Counts and times a request under the route's pattern, never the path itself: paths are without bound.
fn measure(method: &Method, route: Option<&MatchedPath>, response: &Response, started: Instant) {
    let route = route.map_or("unmatched", MatchedPath::as_str);
    let (method, status) = (name_of(method), response.status().as_u16());
    METERS.with_borrow_mut(|routes| {
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), Vec::new());
        }
        let Some(meters) = routes.get_mut(route) else { return };
        let known = meters.iter().position(|meter| meter.method == method && meter.status == status);
        let index = known.unwrap_or_else(|| {
            meters.push(Meter::of(route, method, status));
            meters.len() - 1
        });
        meters[index].requests.increment(1);
        meters[index].duration.record(started.elapsed().as_secs_f64());
    });
}

thread_local! {
    /// Looking a metric up by its labels costs as much as a small request; a thread does it once per kind of answer.
    static METERS: RefCell<HashMap<String, Vec<Meter>>> = RefCell::default();
}

struct Meter {
    method: &'static str,
    status: u16,
    requests: metrics::Counter,
    duration: metrics::Histogram,
}

impl Meter {
    fn of(route: &str, method: &'static str, status: u16) -> Self {
        let route = route.to_owned();
        Self {
            method,
            status,
            requests: metrics::counter!("http_requests_total",
                "route" => route.clone(), "method" => method, "status" => status.to_string()),
            duration: metrics::histogram!("http_request_duration_seconds", "route" => route, "method" => method),
        }
    }
}

fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The API reference is a page with scripts of its own; everything else is data that no browser should render.
const REFERENCE_POLICY: &str =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

fn harden(mut response: Response, reference: bool) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CACHE_CONTROL, "no-store");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, if reference { REFERENCE_POLICY } else { DATA_POLICY });
    response
}
