//! What is measured, one file per question.

/// Commands per second and their latency, beside the peers.
mod commands;
/// One tenant at twenty times its share, and the others' latency.
mod fairness;
/// What a process needs at rest and under load, and how soon it serves.
mod footprint;
/// Appending and loading, from thousands to millions of events.
mod growth;
/// Several server processes on one database.
mod processes;
/// Lists and searches over a million leads.
mod queries;
/// Commit to Kafka, catching up.
mod relay;
/// Commit to visible, from the store and through Kafka.
mod visibility;

/// The chapters, in the order in which they run.
pub const NAMES: [&str; 8] =
    ["commands", "visibility", "relay", "fairness", "processes", "queries", "growth", "footprint"];

pub async fn run(name: &str, admin: &str) {
    match name {
        "commands" => commands::run(admin).await,
        "visibility" => visibility::run(admin).await,
        "relay" => relay::run(admin).await,
        "fairness" => fairness::run(admin).await,
        "processes" => processes::run(admin).await,
        "queries" => queries::run(admin).await,
        "growth" => growth::run(admin).await,
        _ => footprint::run(admin).await,
    }
}
