//! One projection under way: where it stands, which streams are parked, and what to do with its next events.

use std::collections::HashSet;
use std::sync::Arc;

use seiketsu_domain::envelope::Envelope;
use sqlx::{Connection, PgConnection};

use crate::checkpoint::{Checkpoints, LoadError};
use crate::dead_letter::{self, StreamKey};
use crate::projection::{ApplyError, Projection};
use crate::source::Batch;

pub(crate) struct Driven {
    pub projection: Arc<dyn Projection>,
    pub checkpoints: Checkpoints,
    /// The name events are parked under: the projection's, or another while it is rebuilt.
    park_under: String,
    parked: HashSet<StreamKey>,
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
        Self { projection, checkpoints: Checkpoints::default(), park_under, parked: HashSet::new() }
    }

    /// Reads where it stands from the table.
    pub async fn load(&mut self, connection: &mut PgConnection) -> Result<(), LoadError> {
        self.checkpoints = Checkpoints::load(&mut *connection, self.projection.as_ref()).await?;
        Ok(self.load_parked(connection).await?)
    }

    pub async fn load_parked(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
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
                if parked { &mut news.held_back } else { &mut news.fresh }.push(Arc::clone(event));
            }
        }
        news
    }

    /// Applies all, or fails having changed anything: the caller's transaction is then to be undone.
    pub async fn apply(&self, rows: &mut PgConnection, news: &News) -> Result<(), ApplyError> {
        self.hold_back(&mut *rows, &news.held_back).await?;
        if news.fresh.is_empty() { Ok(()) } else { self.projection.apply(rows, &news.fresh).await }
    }

    /// Applies what can be applied, event by event, and parks the rest; returns how many that are. Fails only where
    /// trying again may help.
    pub async fn apply_or_park(&mut self, rows: &mut PgConnection, news: &News) -> Result<usize, ApplyError> {
        self.hold_back(&mut *rows, &news.held_back).await?;
        let mut parked = news.held_back.len();
        for event in &news.fresh {
            let stream = StreamKey::of(event);
            if self.parked.contains(&stream) {
                self.park(&mut *rows, event, None).await?;
                parked += 1;
            } else if let Some(reason) = self.try_event(&mut *rows, event).await? {
                self.park(&mut *rows, event, Some(&reason)).await?;
                self.parked.insert(stream);
                parked += 1;
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
        Ok(dead_letter::park(rows, &self.park_under, event, reason).await?)
    }

    /// Applies one event in a savepoint; the reason where it cannot be applied.
    async fn try_event(
        &self,
        rows: &mut PgConnection,
        event: &Arc<Envelope>,
    ) -> Result<Option<String>, ApplyError> {
        let mut savepoint = rows.begin().await?;
        match self.projection.apply(&mut savepoint, std::slice::from_ref(event)).await {
            Ok(()) => {
                savepoint.commit().await?;
                Ok(None)
            }
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                tracing::error!(
                    projection = self.projection.name(),
                    position = event.position,
                    event_type = event.event_type,
                    error = &error as &dyn std::error::Error,
                    "event parked"
                );
                metrics::counter!("projection_parked_total", "projection" => self.projection.name())
                    .increment(1);
                Ok(Some(error.to_string()))
            }
        }
    }
}
