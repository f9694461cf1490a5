//! Clients that command, read and misbehave, over HTTP and with everything they do recorded.
//!
//! Each client belongs to one tenant and does one thing after the other, chosen by a generator of its own from the
//! seed: the same seed makes the same choices, as far as the answers are the same. They share what they learn, so
//! that many of them meet at the same streams, one of which is hot. They send again under the same key, at the same
//! moment, with another body, go away in the middle, read with the tokens of others, and reach for what another
//! tenant owns.
//!
//! An operation nobody answered is tried again under its key, at the latest by `Load::settle`: in the end the
//! history knows what became of each, or that the server would not say.

/// What a client does next.
mod choice;
/// One client's day.
mod client;
/// What the clients are to do.
mod config;
/// How often what was done.
mod counts;
/// Requests, and what answers mean.
mod exchange;
/// Going away in the middle of a request.
mod leave;
/// Logged in, again where it runs out.
mod session;
/// The end: no outcome left unknown.
mod settle;
/// What the clients know of each other's work.
mod world;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;

pub use config::{LoadConfig, Login, Shares};
pub use counts::Counts;
pub(crate) use exchange::digest_of_ids;

use crate::history::{Begin, Recorder};
use client::Client;
use exchange::Exchange;
use session::Sessions;
use world::World;

/// Clients at work. Dropped without [`Load::settle`], they end where they are.
pub struct Load {
    shared: Arc<Shared>,
    clients: JoinSet<()>,
}

/// What all clients share.
struct Shared {
    config: LoadConfig,
    exchange: Exchange,
    world: World,
    stop: AtomicBool,
}

/// The load is over.
#[derive(Debug)]
pub struct Settled {
    /// The file to read the history from.
    pub history: PathBuf,
    /// The organizations, in the order the history numbers them.
    pub tenants: Vec<Uuid>,
    pub counts: Counts,
    /// Commands whose outcome the server would not tell before the deadline.
    pub unsettled: usize,
}

/// Why there is no load.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot write the history")]
    History(#[from] io::Error),
    #[error("no client for HTTP")]
    Http(#[from] reqwest::Error),
    #[error("{account} cannot log in: {answer}")]
    Login { account: String, answer: String },
    #[error("a load needs at least one server, two tenants and one client")]
    Nothing,
}

impl Load {
    /// Logs every account in and sets the clients to work.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn start(config: LoadConfig) -> Result<Self, LoadError> {
        if config.urls.is_empty() || config.logins.len() < 2 || config.clients == 0 {
            return Err(LoadError::Nothing);
        }
        let http = reqwest::Client::builder().timeout(config.patience).build()?;
        let sessions = Sessions::open(http.clone(), &config).await?;
        let tenants = sessions.organizations();
        let recorder =
            Recorder::create(&config.history, Begin { seed: config.seed, tenants: tenants.clone() })?;
        let world = World::new(tenants, config.streams);
        let exchange = Exchange::new(http, &config, sessions, recorder);
        let shared = Arc::new(Shared { config, exchange, world, stop: AtomicBool::new(false) });
        let mut clients = JoinSet::new();
        for number in 0..shared.config.clients {
            clients.spawn(Client::new(&shared, number).work());
        }
        Ok(Self { shared, clients })
    }

    /// How often what was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.exchange.counts.now()
    }

    /// Returns when so many operations have ended since the beginning: for faults by operation count.
    pub async fn until(&self, operations: u64) {
        while self.shared.exchange.counts.ended() < operations {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops the clients where they are between two operations, then asks for every outcome that is still unknown
    /// and reads the feed to its end, for at most `patience`. To be called when everything has healed.
    ///
    /// # Errors
    /// The history could not be written.
    pub async fn settle(mut self, patience: Duration) -> Result<Settled, LoadError> {
        self.shared.stop.store(true, Ordering::Relaxed);
        while self.clients.join_next().await.is_some() {}
        let unsettled = settle::all(&self.shared, patience).await;
        self.shared.exchange.recorder.intact()?;
        Ok(Settled {
            history: self.shared.config.history.clone(),
            tenants: self.shared.world.organizations().to_vec(),
            counts: self.counts(),
            unsettled,
        })
    }
}
