//! History, read ahead: stretches of the key space, several at a time, handed over in order.
//!
//! Every stream comes whole, so that a row is written once however often its aggregate changed, and rows come in the
//! order of their keys. Streams are not torn: one of a million events needs the memory for them.

use std::sync::Arc;

use futures::stream::{self, Stream, TryStreamExt};
use seiketsu_domain::envelope::Envelope;
use sqlx::PgPool;
use uuid::Uuid;

use crate::store::{self, Streams};

/// About how many events of the store a stretch covers, wanted or not.
const STRETCH: i64 = 5000;
/// Stretches read and decoded ahead of the one being applied.
const AHEAD: usize = 3;

/// Some streams up to the boundary of the load, each whole.
pub(super) struct Stretch {
    pub events: Vec<Arc<Envelope>>,
    /// The last aggregate id of it; `None` at the end.
    pub reached: Option<Uuid>,
}

/// The streams of some aggregates beyond an aggregate id, up to a position.
pub(super) fn stretches(
    pool: PgPool,
    aggregates: &'static [&'static str],
    after: Option<Uuid>,
    position: i64,
) -> impl Stream<Item = Result<Stretch, sqlx::Error>> + Send + Unpin {
    let planner = pool.clone();
    let spans = stream::try_unfold(Some(after), move |next| {
        let pool = planner.clone();
        async move {
            let Some(after) = next else { return Ok(None) };
            let up_to = store::aggregate_ahead(&pool, after, STRETCH).await?;
            Ok::<_, sqlx::Error>(Some((Streams { after, up_to }, up_to.map(Some))))
        }
    });
    let read = move |streams| read(pool.clone(), aggregates, streams, position);
    Box::pin(spans.map_ok(read).try_buffered(AHEAD))
}

/// On a task of its own: decoding goes on while the stretch before is applied.
async fn read(
    pool: PgPool,
    aggregates: &'static [&'static str],
    streams: Streams,
    position: i64,
) -> Result<Stretch, sqlx::Error> {
    let reading = tokio::spawn(async move {
        let events = store::events_of_streams(&pool, aggregates, streams, position).await?;
        Ok(Stretch { events: events.into_iter().map(Arc::new).collect(), reached: streams.up_to })
    });
    reading.await.map_err(|_| sqlx::Error::WorkerCrashed)?
}
