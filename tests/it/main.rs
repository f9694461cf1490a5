//! Integration tests: real Postgres, Kafka and Redis, as `.dev/with-services` starts them. One folder per subject;
//! each test has a database, topics and a consumer group of its own, so that all of them may run at once.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

mod architecture;
mod audit;
mod demo;
mod doctor;
mod embedded;
mod event_store;
mod fan_out;
mod faults;
mod hot_cache;
mod http;
mod identity;
mod lifecycle;
mod lists;
mod migrate;
mod packs;
mod read_models;
mod rebuild;
mod server;
mod trial;
