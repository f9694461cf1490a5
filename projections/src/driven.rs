//! One projection under way: where it stands, which streams are parked, and what to do with its next events.

use std::any::Any;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use seiketsu_domain::envelope::Envelope;
use sqlx::{Connection, PgConnection};

use crate::checkpoint::{Checkpoints, LoadError};
use crate::dead_letter::{self, StreamKey};
use crate::planted;
use crate::projection::{ApplyError, Projection};
use crate::skip::Skips;
use crate::source::Batch;

pub(crate) struct Driven {
    pub projection: Arc<dyn Projection>,
    pub checkpoints: Checkpoints,
    /// The name events are parked under: the projection's, or another while it is rebuilt.
    park_under: String,
    parked: HashSet<StreamKey>,
    skips: Skips,
}

/// What a batch holds for one projection, in order.
#[derive(Default)]
pub(crate) struct News {
    pub fresh: Vec<Arc<Envelope>>,
    /// Events of streams that are parked.
    pub held_back: Vec<Arc<Envelope>>,
}

impl News {
    pub fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.held_back.is_empty()
    }
}

impl Driven {
    pub fn new(projection: Arc<dyn Projection>, park_under: String) -> Self {
        let (checkpoints, parked, skips) = (Checkpoints::default(), HashSet::new(), Skips::default());
        Self { projection, checkpoints, park_under, parked, skips }
    }

    /// As [`Driven::new`], of rows that are not the live ones: `name` keeps its checkpoint and what it parks.
    pub async fn kept_under(
        connection: &mut PgConnection,
        projection: Arc<dyn Projection>,
        name: String,
    ) -> Result<Self, sqlx::Error> {
        let mut driven = Self::new(projection, name);
        let version = driven.projection.version();
        let kept = Checkpoints::kept_under(&mut *connection, &driven.park_under, version).await?;
        driven.checkpoints = kept.unwrap_or_default();
        driven.load_parked(&mut *connection).await?;
        driven.load_skips(connection).await?;
        Ok(driven)
    }

    /// Reads where it stands from the table.
    pub async fn load(&mut self, connection: &mut PgConnection) -> Result<(), LoadError> {
        self.checkpoints = Checkpoints::load(&mut *connection, self.projection.as_ref()).await?;
        self.load_parked(&mut *connection).await?;
        Ok(self.load_skips(connection).await?)
    }

    /// Reads what it goes without, under whatever name it parks.
    pub async fn load_skips(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.skips = Skips::of(connection, self.projection.name()).await?;
        Ok(())
    }

    async fn load_parked(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.parked = dead_letter::parked_streams(connection, &self.park_under).await?;
        Ok(())
    }

    /// The events of a batch that concern this projection and were not applied before.
    pub fn news(&self, batch: &Batch, partitions: i16) -> News {
        let wanted = self.projection.aggregates();
        let mut news = News::default();
        for event in &batch.events {
            if wanted.contains(&event.aggregate_type.as_str()) && self.checkpoints.is_new(event, partitions) {
                let parked = !self.parked.is_empty() && self.parked.contains(&StreamKey::of(event));
                let Some(event) = self.skips.seen(event) else { continue };
                if parked { &mut news.held_back } else { &mut news.fresh }.push(event);
            }
        }
        news
    }

    /// Events that were parked, to be applied.
    pub fn unparked(&self, events: Vec<Envelope>) -> News {
        let fresh = events.into_iter().filter_map(|event| self.skips.seen(&Arc::new(event))).collect();
        News { fresh, held_back: Vec::new() }
    }

    /// Applies all, or fails having changed anything: the caller's transaction is then to be undone.
    pub async fn apply(&self, rows: &mut PgConnection, news: &News) -> Result<(), ApplyError> {
        self.hold_back(&mut *rows, &news.held_back).await?;
        if planted::bug("apply-twice") && self.projection.name() == "dashboard" {
            self.projection.apply(&mut *rows, &news.fresh).await?;
        }
        if news.fresh.is_empty() { Ok(()) } else { self.attempt(rows, &news.fresh).await }
    }

    /// A panic is an error of the events like any other: it parks one of them, and does not stop the rest.
    async fn attempt(&self, rows: &mut PgConnection, events: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        match AssertUnwindSafe(self.projection.apply(rows, events)).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(panic) => Err(ApplyError::Poison {
                position: events.first().map_or(0, |event| event.position),
                reason: format!("panicked: {}", message_of(panic.as_ref())),
            }),
        }
    }

    /// Applies what can be applied and parks the rest; returns how many that are. Fails only where trying again may
    /// help.
    pub async fn apply_or_park(&mut self, rows: &mut PgConnection, news: &News) -> Result<usize, ApplyError> {
        self.hold_back(&mut *rows, &news.held_back).await?;
        let mut parked = news.held_back.len();
        // Halves instead of single events: few are to blame, and a set is applied as quickly as one of it.
        let mut pending = vec![news.fresh.clone()];
        while let Some(part) = pending.pop() {
            let (part, behind): (Vec<_>, Vec<_>) =
                part.into_iter().partition(|event| !self.parked.contains(&StreamKey::of(event)));
            self.hold_back(&mut *rows, &behind).await?;
            parked += behind.len();
            let Some(reason) = self.try_part(&mut *rows, &part).await? else { continue };
            if let [event] = part.as_slice() {
                self.park(&mut *rows, event, Some(&reason)).await?;
                self.parked.insert(StreamKey::of(event));
                parked += 1;
            } else {
                let (first, second) = part.split_at(part.len() / 2);
                pending.extend([second.to_vec(), first.to_vec()]);
            }
        }
        Ok(parked)
    }

    async fn hold_back(&self, rows: &mut PgConnection, events: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        for event in events {
            self.park(&mut *rows, event, None).await?;
        }
        Ok(())
    }

    async fn park(
        &self,
        rows: &mut PgConnection,
        event: &Envelope,
        reason: Option<&str>,
    ) -> Result<(), ApplyError> {
        if let Some(error) = reason {
            let projection = self.projection.name();
            let (position, event_type) = (event.position, event.event_type.as_str());
            tracing::error!(projection, position, event_type, error, "event parked");
            metrics::counter!("projection_parked_total", "projection" => projection).increment(1);
        }
        Ok(dead_letter::park(rows, &self.park_under, event, reason).await?)
    }

    /// Applies events in a savepoint; the reason where they cannot be applied.
    async fn try_part(
        &self,
        rows: &mut PgConnection,
        part: &[Arc<Envelope>],
    ) -> Result<Option<String>, ApplyError> {
        if part.is_empty() {
            return Ok(None);
        }
        let mut savepoint = rows.begin().await?;
        match self.attempt(&mut savepoint, part).await {
            Ok(()) => {
                savepoint.commit().await?;
                Ok(None)
            }
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                Ok(Some(error.to_string()))
            }
        }
    }
}

/// What a panic says, where it says something.
fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}
