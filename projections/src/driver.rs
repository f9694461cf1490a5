//! The one loop that moves events into read models, live and in a rebuild.
//!
//! A worker drives groups of projections from one source, side by side. Per batch each group opens one transaction,
//! moves its checkpoints, lets every projection apply what is new to it, and commits: rows and checkpoints are never
//! apart. Where that fails for a reason that will not pass, each projection of the group goes on alone, event by event;
//! the event that cannot be applied is parked with its stream, and the rest goes on.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::arrival::Arrivals;
use crate::deadline::in_time;
use crate::group::{Failure, Group};
use crate::pause::paused;
use crate::projection::{ApplyError, Projection};
use crate::side_by_side::SideBySide;
use crate::source::{Batch, Reach, ResumePoint, Source, SourceError};
use crate::store;

/// Drives projections.
pub struct Worker {
    pool: PgPool,
    /// Those of a group share a transaction.
    groups: Vec<Vec<Arc<dyn Projection>>>,
    /// Kafka partitions per topic: fixes which events share a checkpoint.
    partitions: i16,
    arrivals: Arrivals,
}

/// What the tables say when a worker starts over.
struct Loaded {
    groups: Vec<Group>,
    /// Where the slowest stands.
    from: ResumePoint,
    /// Projections that are left where they are, by name.
    paused: Vec<String>,
}

/// How often a worker looks whether a paused projection is resumed.
const LOOK_FOR_RESUMED: Duration = Duration::from_secs(1);
/// First pause after a failure; doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Events per transaction where the store fills a gap.
const FILL: i64 = 1000;

impl Worker {
    /// A worker over `pool` (the system role) whose projections all move together. `arrivals` learns how far each has
    /// come.
    #[must_use]
    pub fn new(
        pool: PgPool,
        projections: Vec<Arc<dyn Projection>>,
        partitions: i16,
        arrivals: Arrivals,
    ) -> Self {
        Self::side_by_side(pool, vec![projections], partitions, arrivals)
    }

    /// A worker whose groups of projections move independently of each other. Each holds a connection of its own.
    #[must_use]
    pub fn side_by_side(
        pool: PgPool,
        groups: Vec<Vec<Arc<dyn Projection>>>,
        partitions: i16,
        arrivals: Arrivals,
    ) -> Self {
        Self { pool, groups, partitions, arrivals }
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
        let Loaded { groups, from, paused } = in_time(self.load()).await?;
        if groups.is_empty() {
            return tokio::select! {
                () = stop.cancelled() => Ok(()),
                changed = self.until_others_are_paused(&paused) => Err(changed),
            };
        }
        source.resume(&from).await?;
        let mut groups = SideBySide::start(groups, &self.pool);
        let fed = tokio::select! {
            fed = groups.feed(source, stop, || *pause = PAUSE) => fed,
            changed = self.until_others_are_paused(&paused) => Err(changed),
        };
        // What was read is applied before anything else happens, such as letting go of a partition.
        groups.end(source).await.and(fed)
    }

    /// Looks out for those that are resumed. One that is paused is noticed by its checkpoint, not here.
    async fn until_others_are_paused(&self, so_far: &[String]) -> Failure {
        if so_far.is_empty() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LOOK_FOR_RESUMED).await;
            match self.paused().await {
                Ok(now) if now == so_far => {}
                Ok(_) => return Failure::OthersArePaused,
                Err(error) => return error.into(),
            }
        }
    }

    /// Some interruptions are part of the work; the others come back.
    async fn go_on_after(&mut self, interruption: Failure) -> Result<(), Failure> {
        match interruption {
            Failure::Source(SourceError::Reassigned) | Failure::OthersArePaused => Ok(()),
            Failure::Source(SourceError::Gap { partition, position, offset }) => {
                tracing::warn!(partition, offset, "Kafka has forgotten events; reading them from the store");
                self.fill_gap(&partition, position, offset).await
            }
            failure => Err(failure),
        }
    }

    /// Applies what lies in a partition before `position`, so that Kafka can go on there with `offset`.
    async fn fill_gap(&mut self, partition: &str, position: i64, offset: i64) -> Result<(), Failure> {
        let mut groups = self.load().await?.groups;
        let Some((aggregate, number)) = partition.split_once('/') else { return Ok(()) };
        let place = (aggregate, number.parse().unwrap_or_default(), self.partitions);
        let mut reached = groups.iter().map(|group| group.applied(partition)).min().unwrap_or_default();
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
            self.apply(&mut groups, &Batch { events, reach: vec![reach] }).await?;
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
        let Loaded { mut groups, from, .. } = self.load().await.map_err(fault)?;
        source.resume(&from).await.map_err(|e| fault(e.into()))?;
        let mut reached = from.watermark;
        while reached < position {
            let batch = source.next().await.map_err(|e| fault(e.into()))?;
            self.apply(&mut groups, &batch).await.map_err(fault)?;
            reached = batch.reach.iter().map(|reach| reach.position).max().unwrap_or(reached);
            progress(reached);
        }
        Ok(())
    }

    /// All groups as the table has them, without what is paused.
    async fn load(&self) -> Result<Loaded, Failure> {
        loop {
            let loaded = self.load_without(self.paused().await?).await?;
            // Whoever is paused after this finds that its checkpoint is no longer the one loaded here.
            if self.paused().await? == loaded.paused {
                return Ok(loaded);
            }
        }
    }

    /// The projections that are paused, by name.
    async fn paused(&self) -> Result<Vec<String>, sqlx::Error> {
        Ok(paused(&self.pool).await?.into_iter().map(|pause| pause.projection).collect())
    }

    async fn load_without(&self, paused: Vec<String>) -> Result<Loaded, Failure> {
        let mut connection = self.pool.acquire().await?;
        let mut from = ResumePoint::default();
        let mut groups = Vec::new();
        let stands = |one: &&Arc<dyn Projection>| paused.iter().any(|name| name == one.name());
        for projections in &self.groups {
            let moving: Vec<_> = projections.iter().filter(|one| !stands(one)).cloned().collect();
            if moving.is_empty() {
                continue;
            }
            let mut group = Group::new(moving, self.partitions, self.arrivals.clone());
            group.load(&mut connection, &mut from).await?;
            groups.push(group);
        }
        Ok(Loaded { groups, from, paused })
    }

    /// Applies a batch by one group after the other.
    async fn apply(&self, groups: &mut [Group], batch: &Batch) -> Result<(), Failure> {
        for group in groups {
            group.apply(&self.pool, batch).await?;
        }
        Ok(())
    }
}

/// A transaction like those of a worker, for whoever stands in for one.
pub(crate) async fn begin(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, sqlx::Error> {
    pool.begin_with("BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL search_path = read_models, public")
        .await
}
