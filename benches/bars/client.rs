//! A client that costs little: requests as bytes over kept-alive connections, answers read just far enough.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::figures::Distribution;
use crate::server::Server;

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
    let body = lead_body(n);
    format!(
        "POST /api/v1/leads HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         idempotency-key: bench-{}-{n}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        server.token,
        std::process::id(),
        body.len()
    )
    .into_bytes()
}

fn lead_body(n: u64) -> String {
    let line = n % 8_000_000 + 2_000_000;
    format!(
        r#"{{"firstName":"Lead","lastName":"Number {n}","email":"lead{n}@example.com","phone":"+1415{line}","source":"website","tags":["bench"],"preferences":{{"budget":450000,"area":"Mission"}}}}"#
    )
}

/// Creates leads over `connections` connections as fast as they are answered, from one thread: it needs a fraction of a
/// core, and the server needs the rest.
pub async fn create_leads(server: &Server, connections: usize, during: Duration) -> Measured {
    let server = server.clone();
    let measure = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let started = Instant::now();
            let end = started + during;
            let tasks: Vec<_> =
                (0..connections).map(|_| tokio::spawn(create_until(server.clone(), end))).collect();
            let mut samples = Vec::new();
            for task in tasks {
                samples.extend(task.await.expect("a connection ran to its end"));
            }
            Measured { samples, took: started.elapsed() }
        })
    };
    tokio::task::spawn_blocking(measure).await.expect("the load ran to its end")
}

async fn create_until(server: Server, end: Instant) -> Vec<Duration> {
    let mut connection = Connection::open(&server).await;
    let mut samples = Vec::new();
    while Instant::now() < end {
        let request = create_lead_request(&server);
        let sent = Instant::now();
        let answer = connection.send(&request).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(answer.body));
        samples.push(sent.elapsed());
    }
    samples
}
