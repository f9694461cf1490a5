//! Groups of projections at work side by side. All get every batch in order; each applies on a task and over a
//! connection of its own, and one that is behind takes everything that waits for it at once. So a batch takes as long as
//! its slowest group, not as all together; and no group is further ahead of the slowest than `AHEAD` batches.

use std::collections::VecDeque;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::group::{Failure, Group};
use crate::source::{Batch, Source};

/// Batches read and not applied by all: the one that is being applied, and the next.
const AHEAD: usize = 2;

pub(crate) struct SideBySide {
    /// Where each group gets its batches from.
    lanes: Vec<UnboundedSender<Arc<Batch>>>,
    /// Each group in turn says that it has applied so many more.
    reports: UnboundedReceiver<(usize, usize)>,
    tasks: JoinSet<Result<(), Failure>>,
    under_way: VecDeque<Arc<Batch>>,
    /// How many of those under way each group has applied.
    applied: Vec<usize>,
}

impl SideBySide {
    pub fn start(groups: Vec<Group>, pool: &PgPool) -> Self {
        let (report, reports) = unbounded_channel();
        let (mut lanes, mut tasks) = (Vec::new(), JoinSet::new());
        let applied = vec![0; groups.len()];
        for (number, group) in groups.into_iter().enumerate() {
            let (lane, batches) = unbounded_channel();
            lanes.push(lane);
            let report = report.clone();
            // Nobody hears it only where the worker is being dropped.
            let tell = move |applied| report.send((number, applied)).unwrap_or_default();
            tasks.spawn(work(group, pool.clone(), batches, tell));
        }
        Self { lanes, reports, tasks, under_way: VecDeque::new(), applied }
    }

    /// Hands out what `source` has until it or a group can no longer, or `stop`. `progress` hears whenever something
    /// was applied.
    pub async fn feed(
        &mut self,
        source: &mut dyn Source,
        stop: &CancellationToken,
        mut progress: impl FnMut(),
    ) -> Result<(), Failure> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some((group, batches)) = self.reports.recv() => {
                    self.applied[group] += batches;
                    self.settle(source);
                    progress();
                }
                Some(ended) = self.tasks.join_next() => return ended?,
                batch = source.next(), if self.under_way.len() < AHEAD => self.hand_out(batch?),
            }
        }
    }

    fn hand_out(&mut self, batch: Batch) {
        let batch = Arc::new(batch);
        for lane in &self.lanes {
            // A group that is gone is noticed by its end.
            drop(lane.send(Arc::clone(&batch)));
        }
        self.under_way.push_back(batch);
    }

    /// Tells the source of what every group has applied.
    fn settle(&mut self, source: &mut dyn Source) {
        while self.applied.iter().all(|applied| *applied > 0)
            && let Some(batch) = self.under_way.pop_front()
        {
            self.applied.iter_mut().for_each(|applied| *applied -= 1);
            source.applied(&batch);
        }
    }

    /// Lets every group finish what it was given.
    pub async fn end(mut self, source: &mut dyn Source) -> Result<(), Failure> {
        self.lanes.clear();
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            outcome = outcome.and(ended.map_err(Failure::from).flatten());
        }
        while let Ok((group, batches)) = self.reports.try_recv() {
            self.applied[group] += batches;
        }
        self.settle(source);
        outcome
    }
}

/// Applies batches until there are no more, or one cannot be applied.
async fn work(
    mut group: Group,
    pool: PgPool,
    mut batches: UnboundedReceiver<Arc<Batch>>,
    tell: impl Fn(usize),
) -> Result<(), Failure> {
    let mut waiting = Vec::new();
    loop {
        let taken = batches.recv_many(&mut waiting, AHEAD).await;
        if taken == 0 {
            return Ok(());
        }
        match waiting.as_slice() {
            [batch] => group.apply(&pool, batch).await?,
            several => group.apply(&pool, &Batch::join(several)).await?,
        }
        tell(taken);
        waiting.clear();
    }
}
