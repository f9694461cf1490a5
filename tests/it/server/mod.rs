//! The accept loop, from the other end of the wire.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::routing::get;
use seiketsu::http::server::{ServerLimits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(10);
const GENEROUS: ServerLimits = ServerLimits { header_timeout: LONG, max_connections: 64, drain: LONG };

/// A server with a route for each way to take long.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    /// A request to `/slow` has arrived.
    arrived: Arc<Notify>,
    /// Lets `/slow` answer.
    go_on: Arc<Notify>,
    ended: JoinHandle<()>,
}

async fn start(limits: ServerLimits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (arrived, go_on) = (Arc::clone(&arrived), Arc::clone(&go_on));
        async move || {
            arrived.notify_one();
            go_on.notified().await;
            "at last"
        }
    };
    let app = Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route("/slow", get(slow))
        .route("/endless", get(async || Body::from_stream(endless())));
    let stop = CancellationToken::new();
    let ended = tokio::spawn(serve(listener, app, limits, stop.clone()));
    Server { address, stop, arrived, go_on, ended }
}

fn endless() -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
    futures::stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok(Bytes::from_static(b"more\n")), ()))
    })
}

async fn say(server: &Server, words: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(words.as_ref()).await.unwrap();
    stream
}

/// All that comes until the server closes, however it closes.
async fn hear(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    let closed = tokio::time::timeout(LONG, async {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part).await {
            heard.extend_from_slice(&part[..length]);
        }
    });
    closed.await.expect("the connection stays open");
    String::from_utf8_lossy(&heard).into_owned()
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST_REQUEST: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn handlers_know_the_peer() {
    let server = start(GENEROUS).await;
    let stream = say(&server, LAST_REQUEST).await;
    let us = stream.local_addr().unwrap().to_string();
    assert!(hear(stream).await.ends_with(&us));
}

#[tokio::test]
async fn http_2_is_spoken_too() {
    let server = start(GENEROUS).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let answer = client.get(format!("http://{}/", server.address)).send().await.unwrap();
    assert_eq!((answer.version(), answer.status().as_u16()), (reqwest::Version::HTTP_2, 200));
}

#[tokio::test]
async fn who_says_nothing_or_little_is_cut_off() {
    let server = start(ServerLimits { header_timeout: SHORT, ..GENEROUS }).await;
    // Nothing; what may become HTTP/2; the preface of HTTP/2 and no more; half a head; a request, then silence.
    for words in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nHost:", REQUEST] {
        let started = Instant::now();
        hear(say(&server, words).await).await;
        assert!(started.elapsed() >= SHORT, "{words:?} was cut early");
    }
}

#[tokio::test]
async fn trickling_headers_buys_no_time() {
    let server = start(ServerLimits { header_timeout: SHORT, ..GENEROUS }).await;
    let (reader, mut writer) = say(&server, "GET / HTTP/1.1\r\n").await.into_split();
    let trickle = tokio::spawn(async move {
        while writer.write_all(b"a: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        writer
    });
    let writer = tokio::time::timeout(LONG, trickle).await.expect("still open").unwrap();
    drop(reader.reunite(writer));
}

#[tokio::test]
async fn an_oversized_head_is_refused() {
    let server = start(GENEROUS).await;
    let filler = "x".repeat(66 * 1024);
    let heard = hear(say(&server, format!("GET / HTTP/1.1\r\nHost: x\r\nA: {filler}\r\n\r\n")).await).await;
    assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let server = start(ServerLimits { max_connections: 1, ..GENEROUS }).await;
    let first = say(&server, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    server.arrived.notified().await;
    let second = tokio::spawn(hear(say(&server, LAST_REQUEST).await));
    tokio::time::sleep(SHORT).await;
    assert!(!second.is_finished(), "two connections were served at once");
    server.go_on.notify_one();
    assert!(hear(first).await.ends_with("at last"));
    assert!(second.await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn stopping_finishes_requests_and_closes_idle_connections() {
    let server = start(GENEROUS).await;
    let mut idle = say(&server, REQUEST).await;
    assert!(idle.read(&mut [0; 4096]).await.unwrap() > 0);
    let silent = say(&server, "").await;
    let busy = tokio::spawn(hear(say(&server, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await));
    server.arrived.notified().await;

    server.stop.cancel();
    assert_eq!(hear(idle).await, "");
    assert_eq!(hear(silent).await, "");
    assert!(!busy.is_finished() && !server.ended.is_finished());

    server.go_on.notify_one();
    let heard = busy.await.unwrap();
    assert!(heard.starts_with("HTTP/1.1 200") && heard.ends_with("at last"), "{heard}");
    tokio::time::timeout(LONG, server.ended).await.expect("serves on").unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "still listening");
}

#[tokio::test]
async fn who_connected_before_the_stop_may_still_ask() {
    for _ in 0..20 {
        let server = start(GENEROUS).await;
        // Whether the server has picked them up by now or the system still holds them.
        let mut waiting = Vec::new();
        for _ in 0..10 {
            waiting.push(TcpStream::connect(server.address).await.unwrap());
        }
        server.stop.cancel();
        for mut stream in waiting {
            stream.write_all(LAST_REQUEST.as_bytes()).await.unwrap();
            assert!(hear(stream).await.starts_with("HTTP/1.1 200"));
        }
        tokio::time::timeout(LONG, server.ended).await.expect("serves on").unwrap();
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_the_deadline() {
    let server = start(ServerLimits { drain: SHORT, ..GENEROUS }).await;
    let mut stream = say(&server, "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
    let reader = tokio::spawn(hear(stream));
    let started = Instant::now();
    server.stop.cancel();
    tokio::time::timeout(LONG, server.ended).await.expect("serves on").unwrap();
    assert!(started.elapsed() >= SHORT, "cut early");
    assert!(reader.await.unwrap().contains("more"));
}
