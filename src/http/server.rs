//! The accept loop: connections in, requests to the router.
//!
//! Promises: a client that sends nothing, or its headers slowly, is cut off; no more than a set number of
//! connections are served at once, further ones wait to be accepted; when told to stop, who had connected by then is
//! still heard for a moment, nothing new is accepted, idle connections close, requests under way finish, and whatever is left at the deadline is cut.
//! Bodies and handlers have limits of their own in the layers of the router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::unread::Unread;
use crate::config::HttpConfig;

/// Largest request line and headers together; a larger head is answered 431.
const MAX_HEAD: usize = 64 * 1024;
/// Requests one HTTP/2 connection may have under way.
const MAX_STREAMS: u32 = 256;
/// An HTTP/2 connection is asked this often whether it is still there, and has as long to answer.
const PING: Duration = Duration::from_secs(20);
/// How long a connection that has not spoken yet may still make its request once the server stops: it connected before
/// it could know.
const LAST_WORD: Duration = Duration::from_millis(100);
/// How long the last connections are waited for: they are there already, and need only be picked up.
const STRAGGLER: Duration = Duration::from_millis(10);
/// Pause after a failed accept: out of file descriptors, mostly, which only time cures.
const PAUSE: Duration = Duration::from_millis(50);

/// What connections are held to.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Time to send the head of a request, and for an HTTP/1 connection to rest between two.
    pub header_timeout: Duration,
    /// Connections served at once.
    pub max_connections: usize,
    /// Time requests under way have to finish once the server stops. Less than the drain of the whole process.
    pub drain: Duration,
}

impl From<&HttpConfig> for ServerLimits {
    fn from(config: &HttpConfig) -> Self {
        Self {
            header_timeout: config.header_timeout(),
            max_connections: config.max_connections,
            drain: Duration::from_secs(15),
        }
    }
}

/// Serves `app` until `stop`, then drains; returns when the last connection is closed. Handlers find the peer's
/// address as `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, app: Router, limits: ServerLimits, stop: CancellationToken) {
    let protocol = Arc::new(protocol(limits));
    let room = Arc::new(Semaphore::new(limits.max_connections));
    let connections = TaskTracker::new();
    let welcome = |accepted| {
        // A token of its own: all connections polling one would queue at its lock.
        let stop = stop.child_token();
        connections.spawn(attend(accepted, app.clone(), Arc::clone(&protocol), limits, stop));
        metrics::gauge!("http_connections").set(connections.len() as f64);
    };
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &room)).await {
        welcome(accepted);
    }
    // The system accepted these for us; closing the listener would reset them.
    while let Ok(accepted) = tokio::time::timeout(STRAGGLER, accept(&listener, &room)).await {
        welcome(accepted);
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    metrics::gauge!("http_connections").set(0.0);
}

fn protocol(limits: ServerLimits) -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEAD)
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD as u32);
    protocol
}

struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
}

/// The next connection there is room for; the others wait in the system's queue.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Accepted {
    let place = match Arc::clone(room).acquire_owned().await {
        Ok(place) => place,
        // Nobody closes the semaphore.
        Err(_) => std::future::pending().await,
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Accepted { stream, peer, _place: place },
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn attend(
    accepted: Accepted,
    app: Router,
    protocol: Arc<auto::Builder<TokioExecutor>>,
    limits: ServerLimits,
    stop: CancellationToken,
) {
    // Answers leave at once instead of waiting to fill a packet.
    drop(accepted.stream.set_nodelay(true));
    let spoken = Arc::new(AtomicBool::new(false));
    let service = Requests { app, peer: accepted.peer, spoken: Arc::clone(&spoken) };
    let connection = protocol.serve_connection(TokioIo::new(accepted.stream), service);
    converse(connection, &spoken, limits, &stop).await;
}

/// Serves one connection to its end: the client's, or ours once it was silent or the server stops.
async fn converse(
    connection: impl GracefulConnection,
    spoken: &AtomicBool,
    limits: ServerLimits,
    stop: &CancellationToken,
) {
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = silence(spoken, limits.header_timeout) => return,
        () = stop.cancelled() => {}
    }
    if !spoken.load(Relaxed) && tokio::time::timeout(LAST_WORD, connection.as_mut()).await.is_ok() {
        return;
    }
    connection.as_mut().graceful_shutdown();
    drop(tokio::time::timeout(limits.drain, connection).await);
}

/// Returns where a new connection has not made a request in time. Telling HTTP/1 from HTTP/2 by the first bytes comes
/// before either protocol's own timeouts.
async fn silence(spoken: &AtomicBool, patience: Duration) {
    tokio::time::sleep(patience).await;
    if spoken.load(Relaxed) {
        std::future::pending().await
    }
}

/// Hands the requests of one connection to the router.
struct Requests {
    app: Router,
    peer: SocketAddr,
    spoken: Arc<AtomicBool>,
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.spoken.store(true, Relaxed);
        let mut request = request.map(Unread::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // A router is always ready; its clone is a counter.
        tower::Service::call(&mut self.app.clone(), request)
    }
}
