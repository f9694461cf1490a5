//! The evidence: what the system holds when a trial is over, collected from outside.
//!
//! Collected once everything has healed: first the consumers get time to arrive at the end of the log, then the event
//! table, the topics from their first record, the read models (by SQL, and as clients list them), parked events and
//! suspicious lines of logs are read. Payloads are folded on the way and not kept: an event takes some 90 bytes, a
//! record of a topic some 80.

/// What clients are shown in the end.
mod listed;
/// Suspicious lines of logs.
mod log;
/// Waiting until all consumers have arrived.
mod quiet;
/// Read models, row by row.
mod rows;
/// The event table.
mod store;
/// Topics, from offset 0.
mod topics;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::history::Token;
use crate::load::Login;

/// Where evidence is found.
#[derive(Debug, Clone)]
pub struct Sources {
    /// URL of the database, of a login that row-level security does not bind.
    pub database: String,
    /// Where events are relayed to; `None` where they are not.
    pub kafka: Option<KafkaSource>,
    /// A server, and an account per tenant in the order of the history, to see what clients see.
    pub server: String,
    pub logins: Vec<Login>,
    /// Log files of all servers.
    pub logs: Vec<PathBuf>,
    /// Parts of log lines that the trial's faults explain.
    pub explained: Vec<String>,
    /// How long consumers may take to arrive at the end of the log.
    pub recovery: Duration,
}

/// Brokers, and what the installation calls its topics.
#[derive(Debug, Clone)]
pub struct KafkaSource {
    pub brokers: String,
    pub topic_prefix: String,
}

/// See the module documentation.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The organizations, by the number that history uses.
    pub tenants: Vec<Uuid>,
    /// By stream, and within a stream by sequence.
    pub events: Vec<StoredEvent>,
    /// By topic and partition, and within a partition by offset. `None` where nothing is relayed.
    pub records: Option<Vec<TopicRecord>>,
    /// The state of each aggregate as its events add up, by their own rules.
    pub folds: Vec<Fold>,
    /// The state of each aggregate as the rows of read models show it.
    pub rows: Vec<Row>,
    /// Counters of read models.
    pub counters: Vec<Counter>,
    /// What clients are shown by lists.
    pub listed: Vec<Listed>,
    pub parked: Vec<Parked>,
    /// Consumers that had not arrived when their time was over.
    pub late: Vec<Late>,
    /// Consumers that were looked at.
    pub consumers: usize,
    /// Lines of logs that tell of trouble.
    pub alarms: Vec<Alarm>,
    /// Lines of logs that were looked at.
    pub log_lines: usize,
}

/// An aggregate, by tenant, type and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream {
    /// The number of the tenant; [`u16::MAX`] for one that took no part.
    pub tenant: u16,
    pub aggregate: Aggregate,
    pub id: Uuid,
}

/// The types of aggregate there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aggregate {
    Call,
    Compliance,
    Consent,
    Escalation,
    Lead,
}

impl Aggregate {
    pub const ALL: [Self; 5] = [Self::Call, Self::Compliance, Self::Consent, Self::Escalation, Self::Lead];

    /// As it stands in the store and in topics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Compliance => "compliance",
            Self::Consent => "consent",
            Self::Escalation => "escalation",
            Self::Lead => "lead",
        }
    }

    /// `None` for a type this trial does not know.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.name() == name)
    }
}

/// A row of the event table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    pub stream: Stream,
    pub sequence: i64,
    pub position: i64,
    pub event_id: Uuid,
    /// Such as `lead.created`.
    pub kind: &'static str,
    pub command_id: Uuid,
    /// The token the payload carries, where it is the one of the request that caused the event.
    pub token: Option<Token>,
}

/// A record of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRecord {
    pub stream: Stream,
    pub partition: i32,
    pub offset: i64,
    pub sequence: i64,
    pub position: i64,
    pub event_id: Uuid,
}

/// What the events of an aggregate add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    pub stream: Stream,
    pub version: i64,
    /// Hash of the state; `None` where an event does not read.
    pub digest: Option<u64>,
}

/// A row that keeps the state of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub view: &'static str,
    pub stream: Stream,
    /// Hash of the state; `None` where it does not read.
    pub digest: Option<u64>,
}

/// A number a read model keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    pub tenant: u16,
    pub what: Counted,
    pub value: i64,
}

/// What read models count, all of which follows from how many events there are of which type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    ActiveCalls,
    Leads,
    CallsStarted,
    LeadsCreated,
    Grants,
    Revocations,
    LeadTimeline,
    CallTimeline,
    Segments,
}

/// An aggregate on a list, as a client is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who asked.
    pub asked_by: u16,
    pub stream: Stream,
    pub version: i64,
}

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The read model, or `relay`.
    pub by: String,
    pub position: i64,
    pub event_id: Option<Uuid>,
    pub reason: Option<String>,
}

/// A consumer that has not arrived at the end of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    pub consumer: String,
    pub position: i64,
    pub head: i64,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    pub text: String,
}

/// Why evidence cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("Kafka does not answer")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error("record {offset} of partition {partition} of {topic} is not an event: {reason}")]
    Record { topic: String, partition: i32, offset: i64, reason: &'static str },
    #[error("{topic} begins at offset {offset} of partition {partition}: it has forgotten records")]
    Forgotten { topic: String, partition: i32, offset: i64 },
    #[error("the server does not answer")]
    Http(#[from] reqwest::Error),
    #[error("{account} is shown {status} instead of {path}")]
    NotShown { account: String, path: String, status: u16 },
    #[error("cannot read the log {file}")]
    Log { file: PathBuf, source: std::io::Error },
    #[error("position {position} holds an aggregate or event of a type that is not in the catalogue")]
    UnknownType { position: i64 },
    #[error("reading was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Evidence {
    /// Waits until consumers have arrived, at most [`Sources::recovery`], and then collects everything.
    ///
    /// # Errors
    /// See [`EvidenceError`]. Consumers that do not arrive are evidence, not an error.
    pub async fn collect(sources: &Sources, tenants: &[Uuid]) -> Result<Self, EvidenceError> {
        let pool = PgPoolOptions::new().max_connections(2).connect(&sources.database).await?;
        let mut evidence = Self { tenants: tenants.to_vec(), ..Self::default() };
        quiet::wait(&pool, sources, &mut evidence).await?;
        store::read(&pool, &mut evidence).await?;
        rows::read(&pool, &mut evidence).await?;
        store::read_parked(&pool, &mut evidence).await?;
        if let Some(kafka) = sources.kafka.clone() {
            let tenants = tenants.to_vec();
            let reading = tokio::task::spawn_blocking(move || topics::read(&kafka, &tenants));
            evidence.records = Some(reading.await??);
        }
        listed::read(sources, &mut evidence).await?;
        log::read(sources, &mut evidence)?;
        pool.close().await;
        Ok(evidence)
    }
}

/// The number of an organization.
fn number_of(tenants: &[Uuid], organization: Uuid) -> u16 {
    let place = tenants.iter().position(|tenant| *tenant == organization);
    place.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX)
}
