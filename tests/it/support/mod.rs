//! What the tests share: servers, databases, wishes, and waiting for conditions instead of for time.
#![expect(dead_code, reason = "each helper is used by some folder of tests, not all of them by every one")]

/// A Kafka broker that can be made to stop answering.
pub mod broker;
/// Lists on which a number has nothing against it.
pub mod clean_lists;
/// A fresh database for each test.
pub mod database;
/// All events folded, compared with what the read models show.
pub mod fold;
/// Topics and a consumer group for each test.
pub mod kafka;
/// The shared Redis; keys and channels carry a name of the test's own.
pub mod redis;
/// The binary, running.
pub mod server;
/// Waiting until something is so.
pub mod wait;
/// Who wishes what, by name.
pub mod wishes;

/// A variable `.dev/with-services` sets.
fn service(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set; run the tests by `make test`, or by `.dev/with-services postgres redis kafka -- cargo test`")
    })
}
