//! Signals, sent to a process of their own: this binary, running one of the ignored tests below.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use seiketsu::lifecycle::{Drained, Lifecycle};

/// Starts the ignored test of that name and waits until it listens.
fn start(test: &str) -> Child {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("lifecycle::{test}"), "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("listening")), "{test} did not start");
    // Read on, so that the process can write on.
    std::thread::spawn(move || lines.for_each(drop));
    process
}

fn signal(process: &Child, name: &str) {
    assert!(
        Command::new("kill")
            .args([&format!("-{name}"), &process.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_signal_lets_loops_finish() {
    for name in ["INT", "TERM"] {
        let mut process = start("a_process_that_finishes");
        signal(&process, name);
        assert!(process.wait().unwrap().success(), "after SIG{name}");
    }
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let mut process = start("a_process_that_never_finishes");
    signal(&process, "TERM");
    // A second one that comes before the first is handled is the same to the system, so it is repeated.
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        signal(&process, "TERM");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(143));
}

#[tokio::test]
#[ignore = "run by a_signal_lets_loops_finish"]
async fn a_process_that_finishes() {
    let lifecycle = Lifecycle::new();
    lifecycle.listen().unwrap();
    let stop = lifecycle.stop().clone();
    lifecycle.spawn("loop", async move {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    });
    println!("listening");
    lifecycle.stop().cancelled().await;
    assert_eq!(lifecycle.drain(Duration::from_secs(10)).await, Drained::Clean);
}

#[tokio::test]
#[ignore = "run by a_second_signal_ends_the_process_at_once"]
async fn a_process_that_never_finishes() {
    let lifecycle = Lifecycle::new();
    lifecycle.listen().unwrap();
    lifecycle.spawn("deaf", std::future::pending());
    println!("listening");
    lifecycle.stop().cancelled().await;
    lifecycle.drain(Duration::from_secs(600)).await;
}
