use std::time::Duration;

use rand::Rng;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::exchange::{Exchange, Outcome, Request, gone, headers};
use crate::history::End;

/// Where and when the client goes away.
struct Departure {
    /// How much of the request it sends, out of a thousand bytes.
    sent: usize,
    /// How long it stays after that.
    stays: Duration,
}

impl Departure {
    /// In the middle of the request, or at any moment of the server's work on it.
    fn any(rng: &mut impl Rng) -> Self {
        let whole = rng.gen_bool(0.75);
        let sent = if whole { 1000 } else { rng.gen_range(1..1000) };
        Self { sent, stays: Duration::from_micros(rng.gen_range(0..20_000)) }
    }
}

impl Exchange {
    /// Sends a request, or the beginning of one, and goes away without waiting for the answer.
    pub async fn send_and_leave(
        &self,
        client: u32,
        url: &str,
        request: &Request,
        rng: &mut impl Rng,
    ) -> Outcome {
        let departure = Departure::any(rng);
        let access = self.sessions.access(request.tenant).await;
        let text = on_the_wire(url, &access, request);
        let op = self.begin(client, request);
        let outcome = match depart(url, text.as_bytes(), departure).await {
            Ok(()) => gone(op, End::Info, "left"),
            Err(_) => gone(op, End::Info, "cut_off"),
        };
        self.conclude(request, outcome)
    }
}

async fn depart(url: &str, text: &[u8], departure: Departure) -> std::io::Result<()> {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let sent = (text.len() * departure.sent).div_ceil(1000);
    connection.write_all(&text[..sent.min(text.len())]).await?;
    tokio::time::sleep(departure.stays).await;
    Ok(())
}

/// HTTP/1.1 by hand, so that it can be cut anywhere.
fn on_the_wire(url: &str, access: &str, request: &Request) -> String {
    let host = url.trim_start_matches("http://");
    let mut text = format!(
        "{} /api/v1{} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {access}\r\n",
        request.method, request.path
    );
    for (name, value) in headers(request) {
        text.extend([name, ": ", &value, "\r\n"]);
    }
    let body = request.body.as_deref().unwrap_or_default();
    text + &format!("content-length: {}\r\n\r\n{body}", body.len())
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::{Departure, Duration, Request, depart, on_the_wire};
    use crate::history::{Kind, Token, Way};

    fn request() -> Request {
        Request {
            tenant: 0,
            f: Kind::AddNote,
            way: Way::Disconnect,
            method: Method::POST,
            path: "/leads/1/notes".to_owned(),
            body: Some("{\"text\":\"x\"}".to_owned()),
            aggregate: None,
            key: Some(Token::new(0, 1)),
            token: None,
            expected_version: Some(3),
            after: None,
            polled_after: None,
        }
    }

    #[test]
    fn the_whole_request_is_proper_http() {
        let text = on_the_wire("http://127.0.0.1:80", "secret", &request());
        assert!(text.starts_with("POST /api/v1/leads/1/notes HTTP/1.1\r\nhost: 127.0.0.1:80\r\n"));
        assert!(text.contains("if-match: \"3\"\r\n"));
        assert!(text.ends_with("content-length: 12\r\n\r\n{\"text\":\"x\"}"));
    }

    #[tokio::test]
    async fn a_part_arrives_and_then_nobody_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let leaving = tokio::spawn(async move {
            depart(&url, &[b'x'; 100], Departure { sent: 500, stays: Duration::ZERO }).await
        });
        let (mut connection, _) = listener.accept().await.expect("a client");
        let mut heard = Vec::new();
        drop(connection.read_to_end(&mut heard).await);
        assert_eq!(heard.len(), 50);
        leaving.await.expect("no panic").expect("sent");
    }
}
