//! The one loop that moves events into read models, live and in a rebuild.
//!
//! A worker drives a group of projections from one source. Per batch it opens one transaction, moves all
//! checkpoints, lets every projection apply what is new to it, and commits: rows and checkpoints are never apart.
//! Where that fails for a reason that will not pass, each projection of the group goes on alone, event by event;
//! the event that cannot be applied is parked with its stream, and the rest goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::arrival::Arrivals;
use crate::checkpoint::{LoadError, MoveError, move_all};
use crate::driven::{Driven, News};
use crate::projection::{ApplyError, Projection};
use crate::source::{Batch, Reach, ResumePoint, Source, SourceError, WHOLE_STORE};
use crate::{crash_point, store};

/// Drives a group of projections.
pub struct Worker {
    pool: PgPool,
    projections: Vec<Driven>,
    /// Kafka partitions per topic: fixes which events share a checkpoint.
    partitions: i16,
    arrivals: Arrivals,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Load(#[from] LoadError),
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
/// Events per transaction where the store fills a gap.
const FILL: i64 = 1000;

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
            .map(|projection| {
                let name = projection.name().to_owned();
                Driven::new(projection, name)
            })
            .collect();
        Self { pool, projections, partitions, arrivals }
    }

    /// Runs until `stop`; survives every failure of database and broker by backing off and resuming.
    pub async fn run(mut self, mut source: Box<dyn Source>, stop: CancellationToken) {
        let mut pause = PAUSE;
        while !stop.is_cancelled() {
            let Err(interruption) = self.run_until_interrupted(source.as_mut(), &stop, &mut pause).await
            else {
                return;
            };
            let Err(failure) = self.go_on_after(interruption).await else { continue };
            tracing::warn!(error = &failure as &dyn std::error::Error, ?pause, "projection worker resumes");
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                () = stop.cancelled() => return,
            }
        }
    }

    async fn run_until_interrupted(
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

    /// Some interruptions are part of the work; the others come back.
    async fn go_on_after(&mut self, interruption: Failure) -> Result<(), Failure> {
        match interruption {
            Failure::Source(SourceError::Reassigned) => Ok(()),
            Failure::Source(SourceError::Gap { partition, position, offset }) => {
                tracing::warn!(partition, offset, "Kafka has forgotten events; reading them from the store");
                self.fill_gap(&partition, position, offset).await
            }
            failure => Err(failure),
        }
    }

    /// Applies what lies in a partition before `position`, so that Kafka can go on there with `offset`.
    async fn fill_gap(&mut self, partition: &str, position: i64, offset: i64) -> Result<(), Failure> {
        self.load().await?;
        let Some((aggregate, number)) = partition.split_once('/') else { return Ok(()) };
        let place = (aggregate, number.parse().unwrap_or_default(), self.partitions);
        let applied = self.projections.iter().map(|driven| driven.checkpoints.applied(partition)).min();
        let mut reached = applied.unwrap_or_default();
        loop {
            let events = store::events_of_partition(&self.pool, place, reached, position, FILL).await?;
            let more = events.len() as i64 == FILL;
            reached = if more { events.last().map_or(reached, |last| last.position) } else { position - 1 };
            let reach = Reach {
                partition: partition.to_owned(),
                position: reached,
                next_offset: (!more).then_some(offset),
            };
            let events = events.into_iter().map(Arc::new).collect();
            self.apply(&Batch { events, reach: vec![reach] }).await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Applies everything up to `position` of the store and returns; for whoever needs a read model to be current.
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
        let from = self.load().await.map_err(fault)?;
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

    async fn load(&mut self) -> Result<ResumePoint, Failure> {
        let mut connection = self.pool.acquire().await?;
        let mut from = ResumePoint { watermark: i64::MAX, ..ResumePoint::default() };
        for driven in &mut self.projections {
            driven.load(&mut connection).await?;
            let watermark = driven.checkpoints.watermark;
            from.watermark = from.watermark.min(watermark);
            for (partition, offset) in &driven.checkpoints.offsets {
                let slowest = from.offsets.entry(partition.clone()).or_insert(*offset);
                *slowest = (*slowest).min(*offset);
            }
            self.arrivals.arrived(driven.projection.name(), WHOLE_STORE, watermark);
        }
        Ok(from)
    }

    async fn apply(&mut self, batch: &Batch) -> Result<(), Failure> {
        let started = Instant::now();
        let news: Vec<News> =
            self.projections.iter().map(|driven| driven.news(batch, self.partitions)).collect();
        match self.apply_together(&news, &batch.reach).await {
            // Something will not pass: find out which event it is.
            Err(Failure::Apply(error)) if !error.is_transient() => {
                self.apply_one_by_one(&news, &batch.reach).await?;
            }
            outcome => outcome?,
        }
        for driven in &mut self.projections {
            driven.checkpoints.moved(&batch.reach);
            for reach in &batch.reach {
                self.arrivals.arrived(driven.projection.name(), &reach.partition, reach.position);
            }
        }
        measure(batch, started);
        Ok(())
    }

    async fn apply_together(&self, news: &[News], reach: &[Reach]) -> Result<(), Failure> {
        let mut transaction = begin(&self.pool).await?;
        let moves: Vec<_> =
            self.projections.iter().map(|d| (d.projection.as_ref(), &d.checkpoints)).collect();
        move_all(&mut transaction, &moves, reach).await?;
        for (driven, news) in self.projections.iter().zip(news) {
            driven.apply(&mut transaction, news).await?;
        }
        crash_point::reached("projection.applied");
        transaction.commit().await?;
        crash_point::reached("projection.committed");
        Ok(())
    }

    async fn apply_one_by_one(&mut self, news: &[News], reach: &[Reach]) -> Result<(), Failure> {
        for (driven, news) in self.projections.iter_mut().zip(news) {
            let mut transaction = begin(&self.pool).await?;
            move_all(&mut transaction, &[(driven.projection.as_ref(), &driven.checkpoints)], reach).await?;
            driven.apply_or_park(&mut transaction, news).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

fn measure(batch: &Batch, started: Instant) {
    metrics::histogram!("projection_batch_seconds").record(started.elapsed().as_secs_f64());
    metrics::histogram!("projection_batch_events").record(batch.events.len() as f64);
    metrics::counter!("projection_events_total").increment(batch.events.len() as u64);
}

/// Read models may lose their last moments in a crash of the database: the checkpoint is lost with them and the
/// events come again. So they need not wait for the disk.
pub(crate) async fn begin(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, sqlx::Error> {
    pool.begin_with("BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL search_path = read_models, public")
        .await
}
