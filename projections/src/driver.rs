//! The one loop that moves events into read models, live and in a rebuild.
//!
//! A worker drives a group of projections from one source. Per batch it opens one transaction, lets every
//! projection apply what is new to it, moves all checkpoints and commits: rows and checkpoints are never apart.
//! Where that fails for a reason that will not pass, each projection of the group goes on alone, event by event;
//! the event that cannot be applied is parked with its stream, and the rest goes on.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seiketsu_domain::envelope::Envelope;
use sqlx::{Connection, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::arrival::Arrivals;
use crate::checkpoint::{Checkpoints, MoveError, move_all};
use crate::dead_letter::{self, StreamKey};
use crate::projection::{ApplyError, Projection};
use crate::source::{Batch, Reach, ResumePoint, Source, SourceError, WHOLE_STORE};

/// Drives a group of projections.
pub struct Worker {
    pool: PgPool,
    projections: Vec<Driven>,
    /// Kafka partitions per topic: fixes which events share a checkpoint.
    partitions: i16,
    arrivals: Arrivals,
}

struct Driven {
    projection: Arc<dyn Projection>,
    checkpoints: Checkpoints,
    parked: HashSet<StreamKey>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("another worker moved a checkpoint")]
    Fenced,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Apply(ApplyError::Database(error))
    }
}

impl From<MoveError> for Failure {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::Fenced => Self::Fenced,
            MoveError::Database(error) => error.into(),
        }
    }
}

/// First pause after a failure; doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Worker {
    /// A worker over `pool` (the system role). `arrivals` learns how far each projection has come.
    #[must_use]
    pub fn new(
        pool: PgPool,
        projections: Vec<Arc<dyn Projection>>,
        partitions: i16,
        arrivals: Arrivals,
    ) -> Self {
        let projections = projections
            .into_iter()
            .map(|projection| Driven {
                projection,
                checkpoints: Checkpoints::default(),
                parked: HashSet::new(),
            })
            .collect();
        Self { pool, projections, partitions, arrivals }
    }

    /// Runs until `stop`; survives every failure of database and broker by backing off and resuming.
    pub async fn run(mut self, mut source: Box<dyn Source>, stop: CancellationToken) {
        let mut pause = PAUSE;
        while !stop.is_cancelled() {
            match self.run_until_failure(source.as_mut(), &stop, &mut pause).await {
                Ok(()) => return,
                Err(Failure::Fenced) => {
                    tracing::info!("checkpoint moved by another worker; resuming from the table")
                }
                Err(failure) => {
                    tracing::warn!(
                        error = &failure as &dyn std::error::Error,
                        ?pause,
                        "projection worker resumes"
                    );
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                () = stop.cancelled() => return,
            }
        }
    }

    async fn run_until_failure(
        &mut self,
        source: &mut dyn Source,
        stop: &CancellationToken,
        pause: &mut Duration,
    ) -> Result<(), Failure> {
        source.resume(&self.load().await?).await?;
        loop {
            let batch = tokio::select! {
                batch = source.next() => batch?,
                () = stop.cancelled() => return Ok(()),
            };
            self.apply(&batch).await?;
            source.applied(&batch);
            *pause = PAUSE;
        }
    }

    /// Applies everything up to `position` of the store and returns; the rebuild's way to catch up.
    ///
    /// # Errors
    /// The first failure, with everything before it committed.
    pub async fn run_to(
        &mut self,
        source: &mut dyn Source,
        position: i64,
        mut progress: impl FnMut(i64),
    ) -> Result<(), ApplyError> {
        let fault = |failure: Failure| ApplyError::Poison { position, reason: failure.to_string() };
        let from = self.load().await?;
        source.resume(&from).await.map_err(|e| fault(e.into()))?;
        let mut reached = from.watermark;
        while reached < position {
            let batch = source.next().await.map_err(|e| fault(e.into()))?;
            self.apply(&batch).await.map_err(fault)?;
            reached = batch.reach.iter().map(|reach| reach.position).max().unwrap_or(reached);
            progress(reached);
        }
        Ok(())
    }

    async fn load(&mut self) -> Result<ResumePoint, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut from = ResumePoint { watermark: i64::MAX, ..ResumePoint::default() };
        for driven in &mut self.projections {
            driven.checkpoints = Checkpoints::load(&mut connection, driven.projection.as_ref()).await?;
            driven.parked = dead_letter::parked_streams(&mut *connection, driven.projection.name()).await?;
            from.watermark = from.watermark.min(driven.checkpoints.watermark);
            for (partition, offset) in &driven.checkpoints.offsets {
                let slowest = from.offsets.entry(partition.clone()).or_insert(*offset);
                *slowest = (*slowest).min(*offset);
            }
            self.arrivals.arrived(driven.projection.name(), driven.checkpoints.watermark);
        }
        Ok(from)
    }

    async fn apply(&mut self, batch: &Batch) -> Result<(), Failure> {
        let started = Instant::now();
        let news: Vec<Vec<Arc<Envelope>>> =
            self.projections.iter().map(|driven| driven.news(batch, self.partitions)).collect();
        let parked = self.projections.iter().zip(&news).any(|(driven, news)| driven.touches_parked(news));
        let together = if parked { None } else { Some(self.apply_together(&news, &batch.reach).await) };
        match together {
            Some(Err(Failure::Apply(error))) if error.is_transient() => return Err(Failure::Apply(error)),
            None | Some(Err(Failure::Apply(_))) => self.apply_one_by_one(&news, &batch.reach).await?,
            Some(outcome) => outcome?,
        }
        for driven in &mut self.projections {
            driven.checkpoints.moved(&batch.reach);
            self.arrivals.arrived(driven.projection.name(), driven.checkpoints.watermark);
        }
        self.measure(batch, started);
        Ok(())
    }

    async fn apply_together(&self, news: &[Vec<Arc<Envelope>>], reach: &[Reach]) -> Result<(), Failure> {
        let mut transaction = begin(&self.pool).await?;
        for (driven, news) in self.projections.iter().zip(news) {
            if !news.is_empty() {
                driven.projection.apply(&mut transaction, news).await?;
            }
        }
        let moves: Vec<_> =
            self.projections.iter().map(|d| (d.projection.as_ref(), &d.checkpoints)).collect();
        move_all(&mut transaction, &moves, reach).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn apply_one_by_one(
        &mut self,
        news: &[Vec<Arc<Envelope>>],
        reach: &[Reach],
    ) -> Result<(), Failure> {
        for (driven, news) in self.projections.iter_mut().zip(news) {
            let mut transaction = begin(&self.pool).await?;
            for event in news {
                driven.apply_or_park(&mut transaction, event).await?;
            }
            move_all(&mut transaction, &[(driven.projection.as_ref(), &driven.checkpoints)], reach).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    fn measure(&self, batch: &Batch, started: Instant) {
        metrics::histogram!("projection_batch_seconds").record(started.elapsed().as_secs_f64());
        metrics::histogram!("projection_batch_events").record(batch.events.len() as f64);
        metrics::counter!("projection_events_total").increment(batch.events.len() as u64);
    }
}

impl Driven {
    fn news(&self, batch: &Batch, partitions: i16) -> Vec<Arc<Envelope>> {
        let wanted = self.projection.aggregates();
        batch
            .events
            .iter()
            .filter(|event| wanted.contains(&event.aggregate_type.as_str()))
            .filter(|event| self.checkpoints.is_new(event, partitions))
            .cloned()
            .collect()
    }

    fn touches_parked(&self, news: &[Arc<Envelope>]) -> bool {
        !self.parked.is_empty() && news.iter().any(|event| self.parked.contains(&StreamKey::of(event)))
    }

    async fn apply_or_park(&mut self, rows: &mut PgConnection, event: &Arc<Envelope>) -> Result<(), Failure> {
        let stream = StreamKey::of(event);
        let held_back = self.parked.contains(&stream);
        let failed = if held_back { None } else { self.try_event(rows, event).await? };
        if held_back || failed.is_some() {
            dead_letter::park(&mut *rows, self.projection.name(), event, failed.as_deref()).await?;
            self.parked.insert(stream);
        }
        Ok(())
    }

    /// Applies one event in a savepoint; the reason where it cannot be applied.
    async fn try_event(
        &self,
        rows: &mut PgConnection,
        event: &Arc<Envelope>,
    ) -> Result<Option<String>, Failure> {
        let mut savepoint = rows.begin().await?;
        match self.projection.apply(&mut savepoint, std::slice::from_ref(event)).await {
            Ok(()) => {
                savepoint.commit().await?;
                Ok(None)
            }
            Err(error) if error.is_transient() => Err(error.into()),
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

/// Read models may lose their last moments in a crash of the database: the checkpoint is lost with them and the
/// events come again. So they need not wait for the disk.
async fn begin(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, sqlx::Error> {
    pool.begin_with("BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL search_path = read_models, public")
        .await
}

/// Whether a batch comes from the store itself.
#[must_use]
pub fn is_whole_store(reach: &Reach) -> bool {
    reach.partition == WHOLE_STORE
}
