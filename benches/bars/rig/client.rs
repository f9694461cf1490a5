//! A client that costs little: requests as bytes over kept-alive connections, answers read just far enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::figures::Distribution;
use super::server::Server;

/// What a load did.
pub struct Measured {
    samples: Vec<Duration>,
    took: Duration,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "a few million at most")]
    pub fn per_second(&self) -> f64 {
        self.samples.len() as f64 / self.took.as_secs_f64()
    }

    pub fn samples(&self) -> &[Duration] {
        &self.samples
    }

    pub fn latency(&self) -> Distribution {
        Distribution::new(self.samples.clone())
    }
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Status and body of an answer.
pub struct Answer<'a> {
    pub status: usize,
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP socket");
        Self { stream, buffer: Vec::with_capacity(16 * 1024) }
    }

    pub async fn send(&mut self, request: &[u8]) -> Answer<'_> {
        self.stream.write_all(request).await.expect("the server reads");
        self.buffer.clear();
        let (head_end, length) = loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
            assert!(read > 0, "the server closed a connection");
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break (end + 4, content_length(&self.buffer[..end]));
            }
        };
        while self.buffer.len() < head_end + length {
            self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
        }
        let status = number(&self.buffer[9..12]);
        Answer { status, body: &self.buffer[head_end..head_end + length] }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Our server writes header names in lower case.
fn content_length(head: &[u8]) -> usize {
    let name = b"content-length: ";
    find(head, name).map_or(0, |at| number(&head[at + name.len()..]))
}

fn number(text: &[u8]) -> usize {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// `POST /leads` for a new lead, with a key of its own.
pub fn create_lead_request(server: &Server) -> Vec<u8> {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    post(server, "/api/v1/leads", n, &lead_body(n))
}

/// `POST /leads/{id}/notes` for a lead that exists.
pub fn add_note_request(server: &Server, lead: &str) -> Vec<u8> {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    post(server, &format!("/api/v1/leads/{lead}/notes"), n, &format!(r#"{{"text":"Note number {n}"}}"#))
}

fn post(server: &Server, path: &str, n: u64, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         idempotency-key: bench-{}-{n}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        server.token,
        std::process::id(),
        body.len()
    )
    .into_bytes()
}

/// `GET` of a path with its query.
pub fn get_request(server: &Server, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n", server.token)
        .into_bytes()
}

fn lead_body(n: u64) -> String {
    let line = n % 8_000_000 + 2_000_000;
    format!(
        r#"{{"firstName":"Lead","lastName":"Number {n}","email":"lead{n}@example.com","phone":"+1415{line}","source":"website","tags":["bench"],"preferences":{{"budget":450000,"area":"Mission"}}}}"#
    )
}

/// What a connection sends, again and again.
#[derive(Clone)]
pub enum Work {
    /// New leads.
    Create,
    /// Notes on leads that exist, one after the other.
    Append(Arc<Vec<String>>),
    /// Queries, one after the other.
    Get(Arc<Vec<String>>),
}

impl Work {
    fn request(&self, server: &Server, turn: usize) -> Vec<u8> {
        match self {
            Self::Create => create_lead_request(server),
            Self::Append(leads) => add_note_request(server, &leads[turn % leads.len()]),
            Self::Get(paths) => get_request(server, &paths[turn % paths.len()]),
        }
    }
}

/// One organization's part in a load.
#[derive(Clone)]
pub struct Party {
    pub server: Server,
    pub connections: usize,
    pub work: Work,
}

/// Sends over `connections` connections as fast as they are answered.
pub async fn load(server: &Server, connections: usize, during: Duration, work: Work) -> Measured {
    let party = Party { server: server.clone(), connections, work };
    load_of(vec![party], during).await.remove(0)
}

/// Several parties at once, each measured for itself. From one thread: it needs a fraction of a core, and the server
/// needs the rest.
pub async fn load_of(parties: Vec<Party>, during: Duration) -> Vec<Measured> {
    let measure = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run_parties(parties, during))
    };
    tokio::task::spawn_blocking(measure).await.expect("the load ran to its end")
}

async fn run_parties(parties: Vec<Party>, during: Duration) -> Vec<Measured> {
    let started = Instant::now();
    let end = started + during;
    let running: Vec<Vec<_>> = parties
        .iter()
        .map(|party| {
            let connect = |n| tokio::spawn(send_until(party.clone(), n, end));
            (0..party.connections).map(connect).collect()
        })
        .collect();
    let mut measured = Vec::new();
    for connections in running {
        let mut samples = Vec::new();
        for connection in connections {
            samples.extend(connection.await.expect("a connection ran to its end"));
        }
        measured.push(Measured { samples, took: started.elapsed() });
    }
    measured
}

async fn send_until(party: Party, number: usize, end: Instant) -> Vec<Duration> {
    let mut connection = Connection::open(&party.server).await;
    let mut samples = Vec::new();
    // Connections begin at different places, so that they do not all turn to the same lead at once.
    let mut turn = number * 7919;
    while Instant::now() < end {
        let request = party.work.request(&party.server, turn);
        let sent = Instant::now();
        let answer = connection.send(&request).await;
        // Who is told to come back comes back; it is not a command that was taken.
        if answer.status == 429 || answer.status == 503 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        }
        assert!(answer.status < 300, "{}: {}", answer.status, String::from_utf8_lossy(answer.body));
        samples.push(sent.elapsed());
        turn += party.connections;
    }
    samples
}

/// Creates some leads and returns their ids.
pub async fn some_leads(server: &Server, count: usize) -> Vec<String> {
    let mut connection = Connection::open(server).await;
    let mut ids = Vec::new();
    for _ in 0..count {
        let answer = connection.send(&create_lead_request(server)).await;
        let lead: serde_json::Value = serde_json::from_slice(answer.body).expect("a lead");
        ids.push(lead["id"].as_str().expect("an id").to_owned());
    }
    ids
}
