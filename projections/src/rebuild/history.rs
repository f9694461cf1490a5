//! History in stretches of the key space, to be loaded in any order and by several at once.
//!
//! Every stream comes whole, so that a row is written once however often its aggregate changed, and the rows of a stretch
//! come in the order of their keys. Streams are not torn: one of a million events needs the memory for them.

use std::collections::VecDeque;

use futures::stream::{self, Stream};
use sqlx::PgPool;
use uuid::Uuid;

use crate::store::{self, Streams};

/// About how many events of the store a stretch covers, wanted or not.
const STRETCH: i64 = 5000;

/// What is planned next.
struct Planner {
    pool: PgPool,
    /// The aggregate ids up to here are planned; `None` once all are.
    reached: Option<Beginning>,
    /// Stretches an earlier start has loaded, in order.
    done: VecDeque<Streams>,
}

/// Before the first aggregate id, or after one.
type Beginning = Option<Uuid>;

/// The stretches of the whole key space, in order, without those that are `done`.
pub(super) fn stretches(
    pool: PgPool,
    done: Vec<Streams>,
) -> impl Stream<Item = Result<Streams, sqlx::Error>> + Send + Unpin {
    let planner = Planner { pool, reached: Some(None), done: done.into() };
    Box::pin(stream::try_unfold(planner, |mut planner| async move {
        Ok(planner.next().await?.map(|stretch| (stretch, planner)))
    }))
}

impl Planner {
    async fn next(&mut self) -> Result<Option<Streams>, sqlx::Error> {
        self.pass_over_done();
        let Some(after) = self.reached else { return Ok(None) };
        let ahead = store::aggregate_ahead(&self.pool, after, STRETCH).await?;
        let done = self.done.front().and_then(|done| done.after);
        let up_to = [ahead, done].into_iter().flatten().min();
        self.reached = up_to.map(Some);
        Ok(Some(Streams { after, up_to }))
    }

    fn pass_over_done(&mut self) {
        while let Some(done) = self.done.front().filter(|done| self.reached == Some(done.after)) {
            self.reached = done.up_to.map(Some);
            self.done.pop_front();
        }
    }
}
