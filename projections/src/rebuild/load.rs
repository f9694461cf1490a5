//! The load: lanes at work at the same time, each over a connection of its own. A lane reads a stretch, applies it and notes
//! that in one transaction; then it takes the next. Streams do not depend on each other, so neither do stretches.

use std::sync::Arc;

use futures::{Stream, TryStreamExt as _};
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::claim::Helpers;
use super::journal::Journal;
use super::shadow::Shadow;
use super::{Names, history};
use crate::crash_point;
use crate::projection::{ApplyError, Projection};
use crate::store::{self, Streams};

/// Stretches under way at once. More than Postgres and this process have cores: while one is read another is written.
const LANES: usize = 4;

struct Lane {
    connection: PgConnection,
    shadow: Shadow,
    /// Events up to here are loaded, those after it are caught up with.
    boundary: i64,
}

impl Lane {
    async fn open(
        pool: &PgPool,
        projection: &Arc<dyn Projection>,
        partitions: i16,
        boundary: i64,
    ) -> Result<Self, sqlx::Error> {
        let helpers = Helpers { pool, projection: projection.as_ref() };
        let mut connection = helpers.connect().await?;
        let schema = Names::of(projection.as_ref()).rebuild;
        let shadow = Shadow::find(&mut connection, Arc::clone(projection), schema, partitions).await?;
        Ok(Self { connection, shadow, boundary })
    }

    /// Takes stretches until there are no more.
    async fn work(
        mut self,
        stretches: Arc<Mutex<impl Stream<Item = Result<Streams, sqlx::Error>> + Unpin>>,
        tell: UnboundedSender<i64>,
    ) -> Result<(), ApplyError> {
        loop {
            let Some(streams) = stretches.lock().await.try_next().await? else { return Ok(()) };
            let events = self.load(streams).await?;
            // Nobody hears it only where the rebuild is being given up.
            tell.send(events).unwrap_or_default();
        }
    }

    /// Reads and applies a stretch; returns how many events it had.
    async fn load(&mut self, streams: Streams) -> Result<i64, ApplyError> {
        let wanted = self.shadow.projection().aggregates();
        let events = store::events_of_streams(&mut self.connection, wanted, streams, self.boundary).await?;
        let count = events.len() as i64;
        let mut transaction = self.shadow.begin(&mut self.connection).await?;
        self.shadow.apply(&mut transaction, events.into_iter().map(Arc::new).collect()).await?;
        Journal::note_loaded(&mut *transaction, self.shadow.projection().name(), streams, count).await?;
        transaction.commit().await?;
        crash_point::reached("rebuild.stretch");
        Ok(count)
    }
}

/// Loads all that is not loaded yet; `loaded` hears of each stretch's events.
pub(super) async fn load(
    pool: &PgPool,
    projection: &Arc<dyn Projection>,
    partitions: i16,
    journal: &Journal,
    mut loaded: impl FnMut(i64),
) -> Result<(), ApplyError> {
    let done = Journal::stretches(pool, projection.name()).await?;
    let stretches = Arc::new(Mutex::new(history::stretches(pool.clone(), done)));
    let (tell, mut heard) = unbounded_channel();
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let lane = Lane::open(pool, projection, partitions, journal.boundary).await?;
        lanes.spawn(lane.work(Arc::clone(&stretches), tell.clone()));
    }
    drop(tell);
    loop {
        tokio::select! {
            Some(events) = heard.recv() => loaded(events),
            Some(ended) = lanes.join_next() => ended.map_err(|_| sqlx::Error::WorkerCrashed)??,
            else => return Ok(()),
        }
    }
}
