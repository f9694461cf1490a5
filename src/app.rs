//! The composition root: everything a request may need, built once, for every role and for tests.

use std::ops::Deref;
use std::sync::Arc;

use seiketsu_projections::arrival::{Arrivals, Awaited};
use seiketsu_projections::page::AsOf;
use seiketsu_projections::{Projection, planted, read_models};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::command::Commands;
use crate::event_store::Pools;
use crate::hint::Hint;
use crate::hot_cache::HotCache;
use crate::http::problem::Problem;
use crate::http::request::Freshness;
use crate::identity::Identity;

/// What handlers share, by reference: every request clones this several times.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What an [`App`] consists of.
pub struct Parts {
    pub commands: Commands,
    pub pools: Pools,
    pub identity: Identity,
    pub arrivals: Arrivals,
    pub hint: Hint,
    pub limits: Limits,
    /// Kafka partitions per topic, which decide what a consistency token waits for.
    pub partitions: i16,
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
    /// Cancelled when the server stops: open streams end then.
    pub stop: CancellationToken,
    /// Answers many ask for at once, where Redis is configured.
    pub hot: Option<HotCache>,
    pub allowed_origins: Vec<String>,
}

/// Bounds on what a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max_body_bytes: usize,
    pub request_timeout: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_body_bytes: 1024 * 1024, request_timeout: std::time::Duration::from_secs(30) }
    }
}

/// Whether an answer shows what its reader asked to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    Yes,
    /// The reader accepts an older answer, and gets it marked.
    Stale,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl App {
    /// Waits until `projection` shows what the reader has seen elsewhere, as long as it has patience.
    ///
    /// # Errors
    /// 503 `projection_lagging` where it does not arrive in time and the reader insists.
    pub async fn arrive(
        &self,
        freshness: &Freshness,
        projection: &dyn Projection,
    ) -> Result<Arrived, Problem> {
        let awaited = freshness.awaited.as_ref().filter(|_| !planted::bug("stale-read-with-token"));
        let Some(awaited) = awaited else { return Ok(Arrived::Yes) };
        let awaited = Awaited { position: awaited.position, partition: self.partition(awaited) };
        let arrived =
            self.arrivals.wait(self.pools.system(), projection, &awaited, freshness.patience).await?;
        match (arrived, freshness.lenient) {
            (true, _) => Ok(Arrived::Yes),
            (false, true) => Ok(Arrived::Stale),
            (false, false) => Err(Problem::unavailable(
                "projection_lagging",
                "the read model has not arrived at the awaited position; wait longer, or accept a stale answer with Prefer: handling=lenient",
            )),
        }
    }

    /// A token names the slot of its stream; the installation decides which partition that is.
    fn partition(&self, awaited: &Awaited) -> Option<String> {
        let (aggregate, slot) = awaited.partition.as_deref()?.split_once('/')?;
        let slot: i16 = slot.parse().ok()?;
        Some(format!("{aggregate}/{}", slot % self.partitions.max(1)))
    }

    /// All read models, for health and metrics.
    #[must_use]
    pub fn projections(&self) -> Vec<Arc<dyn Projection>> {
        read_models::all()
    }
}

/// A single resource with the moment it shows.
#[derive(Debug, Serialize)]
pub struct Shown<T> {
    #[serde(flatten)]
    pub resource: T,
    #[serde(rename = "asOf")]
    pub as_of: AsOf,
}
