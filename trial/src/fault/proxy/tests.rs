//! Each mode between plain sockets: the server sends back what it gets.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{Mode, Proxy, Struck, Way};

/// Long enough for anything that comes at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// Nothing that comes at once takes this long.
const SILENCE: Duration = Duration::from_millis(200);

async fn before_an_echo() -> Proxy {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.into_split();
                drop(tokio::io::copy(&mut from, &mut to).await);
            });
        }
    });
    Proxy::start(address).await.unwrap()
}

async fn connect(proxy: &Proxy) -> TcpStream {
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(echo(&mut client, "hello").await, "hello");
    client
}

async fn echo(client: &mut TcpStream, text: &str) -> String {
    client.write_all(text.as_bytes()).await.unwrap();
    let mut back = vec![0; text.len()];
    timeout(PATIENCE, client.read_exact(&mut back)).await.unwrap().unwrap();
    String::from_utf8(back).unwrap()
}

/// What still comes, up to the end, and how it ends.
async fn rest(client: &mut TcpStream) -> (String, Option<ErrorKind>) {
    let mut text = Vec::new();
    let ended = timeout(PATIENCE, client.read_to_end(&mut text)).await.unwrap();
    (String::from_utf8(text).unwrap(), ended.err().map(|error| error.kind()))
}

#[tokio::test]
async fn without_a_fault_everything_passes_and_ends_where_it_ended() {
    let proxy = before_an_echo().await;
    let mut client = connect(&proxy).await;
    let long = "0123456789".repeat(20_000);
    client.write_all(long.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, (long, None));
    assert_eq!(proxy.struck(), Struck::default());
}

#[tokio::test]
async fn a_delay_holds_bytes_back_and_loses_none() {
    let proxy = before_an_echo().await;
    let mut client = connect(&proxy).await;
    proxy.set(Way::ToServer, Mode::Delay(SILENCE));
    let started = Instant::now();
    assert_eq!(echo(&mut client, "late").await, "late");
    assert!(started.elapsed() >= SILENCE);
    assert_eq!(proxy.struck(), Struck { delayed: 1, ..Struck::default() });
}

#[tokio::test]
async fn a_cut_lets_so_many_bytes_through_and_no_more() {
    let proxy = before_an_echo().await;
    let mut client = connect(&proxy).await;
    proxy.set(Way::ToClient, Mode::CutAfter(6));
    assert_eq!(echo(&mut client, "1234").await, "1234");
    client.write_all(b"5678").await.unwrap();
    assert_eq!(rest(&mut client).await, ("56".to_owned(), None));
    assert_eq!(proxy.struck(), Struck { cut: 1, ..Struck::default() });
    // Each connection has a measure of its own, and each setting a new one.
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(echo(&mut other, "12345").await, "12345");
    proxy.set(Way::ToClient, Mode::CutAfter(6));
    assert_eq!(echo(&mut other, "123456").await, "123456");
}

#[tokio::test]
async fn a_black_hole_answers_nothing_and_closes_nothing_and_stays_one() {
    let proxy = before_an_echo().await;
    let mut client = connect(&proxy).await;
    proxy.set(Way::ToServer, Mode::BlackHole);
    client.write_all(b"lost").await.unwrap();
    assert!(timeout(SILENCE, client.read_u8()).await.is_err(), "something came back");
    proxy.heal();
    client.write_all(b"lost too").await.unwrap();
    assert!(timeout(SILENCE, client.read_u8()).await.is_err(), "bytes came after a hole");
    assert_eq!(proxy.struck(), Struck { swallowed: 1, ..Struck::default() });
    connect(&proxy).await;
}

#[tokio::test]
async fn a_reset_is_one_for_the_client() {
    let proxy = before_an_echo().await;
    let mut client = connect(&proxy).await;
    proxy.set(Way::ToClient, Mode::Reset);
    client.write_all(b"lost").await.unwrap();
    assert_eq!(rest(&mut client).await, (String::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(proxy.struck(), Struck { reset: 1, ..Struck::default() });
}

#[tokio::test]
async fn a_trickle_brings_everything_piece_by_piece() {
    let proxy = before_an_echo().await;
    let mut client = connect(&proxy).await;
    let pause = Duration::from_millis(20);
    proxy.set(Way::ToClient, Mode::Trickle { bytes: 2, pause });
    let started = Instant::now();
    assert_eq!(echo(&mut client, "12345678").await, "12345678");
    assert!(started.elapsed() >= pause * 3);
    assert!(proxy.struck().trickled >= 4, "{:?}", proxy.struck());
}

#[tokio::test]
async fn a_refusal_meets_new_connections_only() {
    let proxy = before_an_echo().await;
    let mut old = connect(&proxy).await;
    proxy.refuse(true);
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(rest(&mut new).await, (String::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(echo(&mut old, "still here").await, "still here");
    proxy.heal();
    connect(&proxy).await;
    assert_eq!(proxy.struck(), Struck { refused: 1, ..Struck::default() });
}

#[tokio::test]
async fn severing_ends_idle_connections_too() {
    let proxy = before_an_echo().await;
    let mut clients = [connect(&proxy).await, connect(&proxy).await];
    proxy.sever();
    for client in &mut clients {
        assert_eq!(rest(client).await, (String::new(), Some(ErrorKind::ConnectionReset)));
    }
    connect(&proxy).await;
    assert_eq!(proxy.struck(), Struck { severed: 2, ..Struck::default() });
}
