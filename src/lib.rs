//! The server: commands in, events stored, read models out.
//!
//! A command travels `http` → `command` (load, decide) → `event_store` (append, one round trip) and is answered.
//! Its events travel on from the store, through `relay` and Kafka or directly, to the projections of
//! `seiketsu_projections`, whose read models answer the queries of `http`. Nothing else leaves the command path.

/// Where time enters.
pub mod clock;
/// What an operator can set.
pub mod config;
/// What is wrong with an installation, why, and what to do.
pub mod doctor;
/// A private Postgres for development, from programs found on the machine.
pub mod embedded;
/// Waking readers after commits.
pub mod hint;
/// Answers many ask for at once, kept for a moment.
pub mod hot_cache;
/// Where new ids enter.
pub mod ids;
/// Starting, stopping and draining a process.
pub mod lifecycle;
/// The schema, brought up to date.
pub mod migrate;
/// Logs, metrics, and what panics leave behind.
pub mod telemetry;

/// Who goes next: each tenant its share.
pub mod admission;
/// Proof that what is stored is what was recorded.
pub mod audit;
/// Load, decide, append; retry on conflict; answer what was committed.
pub mod command;
/// What was decided, for ever.
pub mod event_store;
/// Do-not-call lists and other data sets permission rests on.
pub mod lists;
/// Events to Kafka, each at least once and in order.
pub mod relay;

/// Whether somebody may be contacted.
pub mod permission;

/// Who somebody is and what they may do.
pub mod identity;
/// Two organizations to try things out with.
pub mod seed;

/// Everything a request may need, built once.
pub mod app;
/// The HTTP contract.
pub mod http;

/// Realistic days for a running server, and the proof that every number it shows agrees.
pub mod demo;

/// The roles of the binary.
pub mod cli;
