//! Projections that move together: per batch one transaction, in which all their checkpoints move and each applies what
//! is new to it. Rows and checkpoints are never apart.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use sqlx::{Connection, Executor, PgConnection, PgPool};

use crate::arrival::Arrivals;
use crate::checkpoint::{Checkpoints, LoadError, MoveError, move_all};
use crate::deadline::in_time;
use crate::driven::{Driven, News};
use crate::projection::{ApplyError, Projection};
use crate::source::{Batch, Reach, ResumePoint, SourceError, WHOLE_STORE};
use crate::{crash_point, planted};

/// Why a worker has to start over from the table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("another worker moved a checkpoint")]
    Fenced,
    /// No failure: a projection that was paused is to go on.
    #[error("other projections are paused than before")]
    OthersArePaused,
    /// The task that applied was ended from outside, or panicked.
    #[error("applying ended: {0}")]
    Ended(#[from] tokio::task::JoinError),
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

pub(crate) struct Group {
    projections: Vec<Driven>,
    /// Kafka partitions per topic: fixes which events share a checkpoint.
    partitions: i16,
    arrivals: Arrivals,
    /// Its own, so that it knows the group's statements and tables; none before the first batch and after a failure.
    connection: Option<PgConnection>,
}

impl Group {
    pub fn new(projections: Vec<Arc<dyn Projection>>, partitions: i16, arrivals: Arrivals) -> Self {
        let drive = |projection: Arc<dyn Projection>| {
            let name = projection.name().to_owned();
            Driven::new(projection, name)
        };
        let projections = projections.into_iter().map(drive).collect();
        Self { projections, partitions, arrivals, connection: None }
    }

    /// Reads where each projection stands, and lowers `from` to the slowest.
    pub async fn load(
        &mut self,
        connection: &mut PgConnection,
        from: &mut ResumePoint,
    ) -> Result<(), LoadError> {
        for driven in &mut self.projections {
            driven.load(&mut *connection).await?;
            let watermark = driven.checkpoints.watermark;
            from.lower_to(watermark, &driven.checkpoints.offsets);
            self.arrivals.arrived(driven.projection.name(), WHOLE_STORE, watermark);
        }
        Ok(())
    }

    /// Everything of a Kafka partition up to here is applied by all.
    pub fn applied(&self, partition: &str) -> i64 {
        let applied = self.projections.iter().map(|driven| driven.checkpoints.applied(partition));
        applied.min().unwrap_or(i64::MAX)
    }

    /// Applies a batch for good, and tells who waits for it.
    pub async fn apply(&mut self, pool: &PgPool, batch: &Batch) -> Result<(), Failure> {
        if planted::bug("stalled-worker") && batch.reach.iter().any(|reach| reach.position > 300) {
            std::future::pending::<()>().await;
        }
        let started = Instant::now();
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(pool).await?,
        };
        // A connection something failed over is not used again.
        in_time(self.apply_over(&mut connection, batch)).await?;
        self.connection = Some(connection);
        for driven in &mut self.projections {
            driven.checkpoints.moved(&batch.reach);
            for reach in &batch.reach {
                self.arrivals.arrived(driven.projection.name(), &reach.partition, reach.position);
            }
        }
        measure(batch, started);
        Ok(())
    }

    async fn apply_over(&mut self, connection: &mut PgConnection, batch: &Batch) -> Result<(), Failure> {
        let news: Vec<News> =
            self.projections.iter().map(|driven| driven.news(batch, self.partitions)).collect();
        if news.iter().all(News::is_empty) {
            return self.move_on(connection, &batch.reach).await;
        }
        match self.apply_together(connection, &news, &batch.reach).await {
            // Something will not pass: find out which event it is.
            Err(Failure::Apply(error)) if !error.is_transient() => {
                self.apply_one_by_one(connection, &news, &batch.reach).await
            }
            outcome => outcome,
        }
    }

    /// Moves the checkpoints where there is nothing to apply.
    async fn move_on(&self, connection: &mut PgConnection, reach: &[Reach]) -> Result<(), Failure> {
        let mut transaction = connection.begin().await?;
        move_all(&mut transaction, &self.moves(), reach).await?;
        Ok(transaction.commit().await?)
    }

    async fn apply_together(
        &self,
        connection: &mut PgConnection,
        news: &[News],
        reach: &[Reach],
    ) -> Result<(), Failure> {
        let mut transaction = connection.begin().await?;
        move_all(&mut transaction, &self.moves(), reach).await?;
        for (driven, news) in self.projections.iter().zip(news) {
            driven.apply(&mut transaction, news).await?;
        }
        crash_point::reached("projection.applied");
        transaction.commit().await?;
        crash_point::reached("projection.committed");
        Ok(())
    }

    fn moves(&self) -> Vec<(&dyn Projection, &Checkpoints)> {
        self.projections.iter().map(|driven| (driven.projection.as_ref(), &driven.checkpoints)).collect()
    }

    async fn apply_one_by_one(
        &mut self,
        connection: &mut PgConnection,
        news: &[News],
        reach: &[Reach],
    ) -> Result<(), Failure> {
        for (driven, news) in self.projections.iter_mut().zip(news) {
            let mut transaction = connection.begin().await?;
            move_all(&mut transaction, &[(driven.projection.as_ref(), &driven.checkpoints)], reach).await?;
            driven.apply_or_park(&mut transaction, news).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

/// Read models may lose their last moments in a crash of the database: the checkpoint is lost with them and the
/// events come again. So they need not wait for the disk.
async fn connect(pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
    let mut connection = pool.acquire().await?.detach();
    connection.execute("set synchronous_commit = off; set search_path = read_models, public").await?;
    Ok(connection)
}

fn measure(batch: &Batch, started: Instant) {
    metrics::histogram!("projection_batch_seconds").record(started.elapsed().as_secs_f64());
    metrics::histogram!("projection_batch_events").record(batch.events.len() as f64);
    if let Some(oldest) = batch.events.first() {
        let age = SystemTime::now().duration_since(oldest.recorded_at.get().into());
        metrics::histogram!("projection_age_seconds").record(age.unwrap_or_default().as_secs_f64());
    }
    metrics::counter!("projection_events_total").increment(batch.events.len() as u64);
}
