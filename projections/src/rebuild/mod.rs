//! Builds a read model anew from the store, beside the one in use, and swaps the two.
//!
//! The projection's own code fills tables of the same names in schema `rebuild_<name>`, found by search path: history
//! up to a boundary stream by stream, over several connections (`load`), then, in order of position, what came since. At the end the live
//! checkpoint is held, both models are brought to the same place, and tables, checkpoints and parked events change
//! places in one transaction. Readers see the old rows until then and the new ones after; live workers find their
//! checkpoint moved and continue from it. The old tables stay in schema `retired_<name>`, with their checkpoint, until
//! they are rolled back to or dropped. Nothing outside the tables happens: projections have no effects.
//!
//! It may be killed at any moment. How far it has come is written in the transactions that write the rows (`rebuilds`,
//! `rebuild_stretches`), and a second start goes on there; other code, or a migrated schema, begins anew.
//!
//! An event that cannot be applied is parked with its stream, as it is live; the swap replaces what was parked.

/// One rebuild of a read model at a time.
mod claim;
/// Two models at the same place.
pub mod compare;
/// History, cut into stretches.
mod history;
/// What an interrupted rebuild knows when it goes on.
mod journal;
/// The live model's checkpoint.
mod live;
/// Stretches of history into bare tables, several at once.
mod load;
/// Back to the tables before.
pub mod rollback;
/// Tables that are not the live ones.
mod shadow;
/// Other tables take the place of the live ones.
mod swap;
/// Shadow tables: made like the live ones, and put in their place.
mod tables;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool};

use crate::projection::{ApplyError, Projection};
use crate::{crash_point, store};
use claim::{Helpers, claim};
use compare::Comparison;
use journal::{Journal, Phase};
use live::Live;
use shadow::{BATCH, Shadow};
use swap::{Successor, Swapped};

/// How a rebuild is to end.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Kafka partitions per topic: fixes which events share a checkpoint.
    pub partitions: i16,
    pub swap: Swap,
    /// Whether the old tables stay, to be rolled back to.
    pub keep_old: bool,
}

/// Whether the new tables take the place of the old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// Whatever they hold: mending a wrong read model is what rebuilds are for.
    Always,
    /// Only where they are proven to hold the same. Otherwise they stay as they are, and the next start goes on with
    /// them.
    IfEqual,
    /// They are compared and dropped.
    Never,
}

impl How {
    /// Swaps and keeps the old tables.
    #[must_use]
    pub const fn new(partitions: i16) -> Self {
        Self { partitions, swap: Swap::Always, keep_old: true }
    }
}

/// How far it has come. Of `goal`, `done` are: events while loading, indexes while indexing, positions while
/// catching up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: i64,
    pub goal: i64,
}

/// What it is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Loading,
    Indexing,
    CatchingUp,
    Comparing,
    Swapping,
}

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Whether an earlier start had done part of it.
    pub resumed: bool,
    /// Events read by this start.
    pub events: u64,
    /// The position the new tables stand at.
    pub position: i64,
    /// Events that could not be applied, or follow one that could not.
    pub parked: i64,
    pub comparison: Comparison,
    pub swapped: bool,
}

/// Why the live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("this read model is being rebuilt already")]
    Running,
    /// Events were skipped, or a migration ran. The next start begins anew.
    #[error("events were skipped or tables were changed while it ran; start it again")]
    Changed,
    #[error("there are no retired tables of this read model")]
    NothingRetired,
    #[error("the retired tables cannot be brought up to date: {0}")]
    RetiredDiffer(String),
    #[error(transparent)]
    Failed(#[from] ApplyError),
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The schemas of a read model's other tables; also the names their checkpoints and parked events are kept under.
struct Names {
    rebuild: String,
    retired: String,
}

impl Names {
    fn of(projection: &dyn Projection) -> Self {
        let name = projection.name();
        Self { rebuild: format!("rebuild_{name}"), retired: format!("retired_{name}") }
    }
}

/// What a rebuild would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Events of the load.
    pub events: i64,
    /// Of them, those an interrupted start has read; `None` where none can be gone on with.
    pub loaded: Option<i64>,
    pub tables: usize,
    /// Size of the live tables with their indexes.
    pub bytes: i64,
    /// Whether there are old tables, which a swap would replace.
    pub retired: bool,
}

/// Tells what a rebuild would do, and does nothing.
///
/// # Errors
/// The database cannot be reached.
pub async fn plan(pool: &PgPool, projection: &dyn Projection) -> Result<Plan, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let journal = Journal::find(&mut connection, projection).await?;
    let events = match &journal {
        Some(journal) => journal.to_load,
        None => {
            let head = store::head(&mut *connection).await?;
            store::count_up_to(&mut *connection, projection.aggregates(), head).await?
        }
    };
    Ok(Plan {
        events,
        loaded: journal.map(|journal| journal.loaded),
        tables: projection.tables().len(),
        bytes: tables::bytes(&mut connection, projection.tables()).await?,
        retired: live::version_of(&mut *connection, &Names::of(projection).retired).await?.is_some(),
    })
}

/// Rebuilds `projection` while it goes on working, or goes on where an earlier start was interrupted. The login of
/// `pool` owns the tables; rows are read and written as `seiketsu_system`.
///
/// # Errors
/// See [`RebuildError`]; the live tables are untouched then.
pub async fn rebuild(
    pool: &PgPool,
    projection: Arc<dyn Projection>,
    how: How,
    mut progress: impl FnMut(Progress),
) -> Result<Rebuilt, RebuildError> {
    let mut rebuild = Rebuild::start(pool, projection, how).await?;
    rebuild.load(&mut progress).await?;
    rebuild.index(&mut progress).await?;
    rebuild.catch_up(&mut progress).await?;
    progress(Progress { stage: Stage::Comparing, done: 0, goal: 1 });
    let comparison = rebuild.compare().await?;
    let swaps = match how.swap {
        Swap::Always => true,
        Swap::IfEqual => comparison.is_equal(),
        Swap::Never => false,
    };
    progress(Progress { stage: Stage::Swapping, done: 0, goal: 1 });
    let Swapped { position, parked } =
        if swaps { rebuild.take_over().await? } else { rebuild.stand_back().await? };
    let Rebuild { resumed, events, .. } = rebuild;
    Ok(Rebuilt { resumed, events, position, parked, comparison, swapped: swaps })
}

struct Rebuild {
    pool: PgPool,
    connection: PgConnection,
    how: How,
    projection: Arc<dyn Projection>,
    shadow: Shadow,
    journal: Journal,
    resumed: bool,
    events: u64,
}

impl Rebuild {
    async fn start(pool: &PgPool, projection: Arc<dyn Projection>, how: How) -> Result<Self, RebuildError> {
        let mut connection = claim(pool, projection.as_ref()).await?;
        let found = Journal::find(&mut connection, projection.as_ref()).await?;
        let resumed = found.is_some();
        let journal = match found {
            Some(journal) => journal,
            None => begin(&mut connection, projection.as_ref()).await?,
        };
        let schema = Names::of(projection.as_ref()).rebuild;
        let shadow = Shadow::find(&mut connection, Arc::clone(&projection), schema, how.partitions).await?;
        let pool = pool.clone();
        Ok(Self { pool, connection, how, projection, shadow, journal, resumed, events: 0 })
    }

    /// History, stream by stream.
    async fn load(&mut self, progress: &mut impl FnMut(Progress)) -> Result<(), ApplyError> {
        if self.journal.phase != Phase::Load {
            return Ok(());
        }
        let (mut done, goal, before) = (self.journal.loaded, self.journal.to_load, self.journal.loaded);
        load::load(&self.pool, &self.projection, self.how.partitions, &self.journal, |events| {
            done += events;
            progress(Progress { stage: Stage::Loading, done, goal });
        })
        .await?;
        self.events += u64::try_from(done - before).unwrap_or_default();
        // What the lanes have parked.
        self.shadow = self.find_shadow().await?;
        let mut transaction = self.shadow.begin(&mut self.connection).await?;
        self.shadow.move_to(&mut transaction, self.journal.boundary).await?;
        self.journal.enter(&mut *transaction, self.projection.name(), Phase::Index).await?;
        Ok(transaction.commit().await?)
    }

    async fn find_shadow(&mut self) -> Result<Shadow, sqlx::Error> {
        let (schema, projection) = (self.shadow.schema.clone(), Arc::clone(&self.projection));
        Shadow::find(&mut self.connection, projection, schema, self.how.partitions).await
    }

    async fn index(&mut self, progress: &mut impl FnMut(Progress)) -> Result<(), sqlx::Error> {
        if self.journal.phase != Phase::Index {
            return Ok(());
        }
        let tables = self.projection.tables();
        let helpers = Helpers { pool: &self.pool, projection: self.projection.as_ref() };
        let tell = |done, goal| progress(Progress { stage: Stage::Indexing, done, goal });
        tables::finish(&helpers, &mut self.connection, &self.shadow.schema, tables, tell).await?;
        self.journal.enter(&mut self.connection, self.projection.name(), Phase::CatchUp).await?;
        crash_point::reached("rebuild.indexed");
        Ok(())
    }

    /// What came since the boundary, until so little is left that live workers can wait for it.
    async fn catch_up(&mut self, progress: &mut impl FnMut(Progress)) -> Result<(), ApplyError> {
        loop {
            let goal = self.goal().await?;
            let mut came = 0;
            while self.shadow.position() < goal {
                came += self.shadow.step(&mut self.connection, goal).await?;
                progress(Progress { stage: Stage::CatchingUp, done: self.shadow.position(), goal });
            }
            self.events += came;
            if came < BATCH as u64 {
                return Ok(());
            }
        }
    }

    /// Where to go in order of position: not beyond the live model, so that the two can be compared; the head of the
    /// store where that one does not come.
    async fn goal(&mut self) -> Result<i64, sqlx::Error> {
        let position = self.shadow.position();
        match live_beyond(&mut self.connection, self.projection.as_ref(), position).await? {
            Some(live) => Ok(live),
            None => store::head(&mut self.connection).await,
        }
    }

    /// Brings both models to the same place, looks at them there, and lets the live one go on meanwhile.
    async fn compare(&mut self) -> Result<Comparison, ApplyError> {
        let mut hold = self.pool.begin().await?;
        let live = Live::hold(&mut hold, self.projection.as_ref()).await?;
        let behind = self.shadow.position() - live.checkpoints.watermark;
        if behind > 0 {
            return Ok(Comparison::Behind(behind));
        }
        let mut transaction = self.shadow.begin(&mut self.connection).await?;
        self.shadow.draw_level(&mut transaction, &live).await?;
        self.projection.settle(&mut transaction).await?;
        transaction.commit().await?;
        let mut snapshot = self.pool.begin_with(SNAPSHOT).await?;
        hold.rollback().await?;
        Ok(Comparison::Compared(
            compare::tables(&mut snapshot, self.projection.as_ref(), &self.shadow.schema).await?,
        ))
    }

    async fn take_over(&mut self) -> Result<Swapped, RebuildError> {
        let names = Names::of(self.projection.as_ref());
        let projection = Arc::clone(&self.projection);
        let partitions = self.how.partitions;
        let successor = Successor { projection, schema: names.rebuild, partitions };
        let swapped = successor.take_over(&mut self.connection).await?;
        if !self.how.keep_old {
            live::forget(&mut self.connection, &names.retired).await?;
            live::forget_parked(&mut self.connection, &names.retired).await?;
            tables::drop_schema(&mut self.connection, &names.retired).await?;
        }
        Ok(swapped)
    }

    /// Leaves the live tables as they are.
    async fn stand_back(&mut self) -> Result<Swapped, sqlx::Error> {
        let parked = sqlx::query_scalar("select count(*) from dead_letters where projection = $1")
            .bind(&self.shadow.schema)
            .fetch_one(&mut self.connection)
            .await?;
        if self.how.swap == Swap::Never {
            give_up(&mut self.connection, self.projection.as_ref()).await?;
        }
        Ok(Swapped { position: self.shadow.position(), parked })
    }
}

/// One snapshot of everything, for as long as it takes.
const SNAPSHOT: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; select 1";

/// Empty tables, and a journal that says so.
async fn begin(connection: &mut PgConnection, projection: &dyn Projection) -> Result<Journal, RebuildError> {
    give_up(&mut *connection, projection).await?;
    let boundary = store::head(&mut *connection).await?;
    let to_load = store::count_up_to(&mut *connection, projection.aggregates(), boundary).await?;
    tables::create(&mut *connection, &Names::of(projection).rebuild, projection.tables()).await?;
    Ok(Journal::begin(connection, projection, boundary, to_load).await?)
}

/// Removes what an earlier start has left, journal first: without one nobody takes the rest for whole.
async fn give_up(connection: &mut PgConnection, projection: &dyn Projection) -> Result<(), sqlx::Error> {
    let schema = Names::of(projection).rebuild;
    Journal::forget(&mut *connection, projection.name()).await?;
    live::forget(&mut *connection, &schema).await?;
    live::forget_parked(&mut *connection, &schema).await?;
    tables::drop_schema(connection, &schema).await.map(drop)
}

/// How long a live model that is behind may stand still until it is given up on.
const PATIENCE: Duration = Duration::from_secs(2);

/// Up to where the live model has applied everything, once that is not before `position`; `None` where it does not come.
async fn live_beyond(
    connection: &mut PgConnection,
    projection: &dyn Projection,
    position: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let (mut last, mut since) = (i64::MIN, Instant::now());
    loop {
        let reached = Live::find(&mut *connection, projection).await?.checkpoints.watermark;
        if reached >= position {
            return Ok(Some(reached));
        }
        if reached > last {
            (last, since) = (reached, Instant::now());
        }
        if since.elapsed() > PATIENCE {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
