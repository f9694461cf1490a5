//! A trial from its beginning to its verdict: clients at work, something broken and healed, everything checked.
//!
//! Who writes one starts an `Installation`, starts a `Trial` on it, and breaks and heals something in a loop:
//!
//! ```text
//! let mut trial = Trial::start("F-13", scene).await?;
//! while trial.goes_on() {
//!     trial.more(500).await;            // by operations, not by time, so that the fault meets traffic
//!     postgres.end_by(Signal::Quit)?;
//!     postgres.start_again()?;
//!     struck += 1;
//! }
//! trial.end(struck).await?.must_be_sound();
//! ```
//!
//! A run goes round once, or as long as `Course` says. A verdict is sound where no check complains, the fault
//! struck, and the load did everything a load can do.

/// How long trials take and by which seed.
mod course;
/// Processes of the server's binary on one database.
mod installation;
/// What came out.
mod verdict;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use course::Course;
pub use installation::{Installation, Process, Role};
pub use verdict::Verdict;

use crate::check;
use crate::evidence::{Evidence, EvidenceError, KafkaSource, Sources};
use crate::history::{History, HistoryError};
use crate::load::{Load, LoadConfig, LoadError, Shares};

/// How long clients and consumers may take to settle once everything is healed.
const RECOVERY: Duration = Duration::from_secs(60);

/// What a trial begins with.
pub struct Scene<'a> {
    pub installation: &'a Installation,
    /// Servers the clients choose from.
    pub urls: Vec<String>,
    /// URL of the database, past all faults.
    pub database: String,
    pub kafka: Option<KafkaSource>,
    /// Parts of log lines the fault explains.
    pub explained: Vec<&'static str>,
    pub clients: u32,
    /// How long a client waits for an answer.
    pub patience: Duration,
    pub shares: Shares,
}

/// Clients at work on an installation.
pub struct Trial {
    pub load: Load,
    fault: &'static str,
    course: Course,
    sources: Sources,
    begun: Instant,
    rounds: u32,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("waited {0:?} in vain for {1} more operations")]
    Stalled(Duration, u64),
}

impl Trial {
    /// Sets the clients to work. `fault` is its number in the list of faults, such as `F-13`.
    ///
    /// # Errors
    /// See [`TrialError`].
    pub async fn start(fault: &'static str, scene: Scene<'_>) -> Result<Self, TrialError> {
        let course = Course::from_env();
        let logins = scene.installation.logins()?;
        let history = history_file(fault);
        let mixed = LoadConfig::mixed(scene.urls.clone(), logins.clone(), course.seed, history);
        let load =
            LoadConfig { clients: scene.clients, patience: scene.patience, shares: scene.shares, ..mixed };
        let load = Load::start(load).await?;
        let sources = Sources {
            database: scene.database,
            kafka: scene.kafka,
            server: scene.urls.into_iter().next().unwrap_or_default(),
            logins,
            logs: scene.installation.logs(),
            explained: scene.explained.into_iter().map(str::to_owned).collect(),
            recovery: RECOVERY,
        };
        Ok(Self { load, fault, course, sources, begun: Instant::now(), rounds: 0 })
    }

    /// Whether there is to be another round; true the first time.
    pub fn goes_on(&mut self) -> bool {
        let goes_on = self.rounds == 0 || self.begun.elapsed() < self.course.length;
        self.rounds += u32::from(goes_on);
        goes_on
    }

    /// The round under way, from 1.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.rounds
    }

    /// Waits until so many more operations have ended.
    ///
    /// # Errors
    /// They have not after a minute.
    pub async fn more(&self, operations: u64) -> Result<(), TrialError> {
        let wanted = self.load.counts().total() + operations;
        tokio::time::timeout(RECOVERY, self.load.until(wanted))
            .await
            .map_err(|_| TrialError::Stalled(RECOVERY, operations))
    }

    /// Lets the clients do everything they can do, settles what is unknown, collects and checks. `struck` is how often
    /// the fault did.
    ///
    /// # Errors
    /// See [`TrialError`]. What the checks find is a verdict, not an error.
    pub async fn end(self, struck: u64) -> Result<Verdict, TrialError> {
        let patience = Instant::now();
        while !self.load.counts().missing().is_empty() && patience.elapsed() < RECOVERY {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let seconds = self.begun.elapsed().as_secs();
        let settled = self.load.settle(RECOVERY).await?;
        let evidence = Evidence::collect(&self.sources, &settled.tenants).await?;
        let report = check::all(&History::read(&settled.history)?, &evidence);
        let verdict = Verdict {
            fault: self.fault,
            seed: self.course.seed,
            seconds,
            rounds: self.rounds,
            struck,
            events: evidence.events.len(),
            missing: settled.counts.missing(),
            unsettled: settled.unsettled,
            counts: settled.counts,
            report,
            history: settled.history,
        };
        verdict.write_down()?;
        Ok(verdict)
    }
}

/// Kept until the verdict is known to be sound, for whoever must find out why it is not.
fn history_file(fault: &str) -> PathBuf {
    let own = uuid::Uuid::new_v4().simple();
    std::env::temp_dir().join(format!("seiketsu-trial-{fault}-{own}.jsonl"))
}
