//! Up to where a read model is known to be complete: it may stand still, and never falls back.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _};
use tokio_util::sync::CancellationToken;

use super::{assert_faithful, caught_up, escalate, from_kafka, relay};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka};

/// Streams begun, one at a time, so that every partition rests now and then.
const STREAMS: usize = 150;
/// Before the place where rests are forgotten.
const FIRST: i64 = 9_900;

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_partition_that_rested_takes_nothing_back() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let begin = format!("select setval('event_position', {FIRST})");
    database.superuser().await.execute(begin.as_str()).await.unwrap();
    let (relay, worker) = (relay(&database, &kafka), from_kafka(&database, &kafka));
    let commands = database.commands();
    let stop = CancellationToken::new();
    let traffic = async {
        for _ in 0..STREAMS {
            escalate(&commands, 2).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        caught_up(&database).await;
        stop.cancel();
    };
    let ((), seen) = tokio::join!(traffic, look(&database, &stop));
    worker.stop().await;
    relay.stop().await;

    let falls =
        |of: fn(&(i64, i64)) -> i64| seen.windows(2).filter(|pair| of(&pair[1]) < of(&pair[0])).count();
    assert!(falls(|seen| seen.1) > 0, "no partition that rested had news in {} looks", seen.len());
    assert_eq!(falls(|seen| seen.0), 0);
    let kept: i64 = sqlx::query_scalar("select count(*) from relay_rests where complete_to < 10000")
        .fetch_one(database.pools.system())
        .await
        .unwrap();
    assert!(kept <= 4, "of those that nobody stands in {kept} are kept");
    assert_faithful(&database).await;
}

/// What is said, and what the last events known of the partitions alone would tell, again and again.
async fn look(database: &TestDatabase, stop: &CancellationToken) -> Vec<(i64, i64)> {
    let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let mut seen = Vec::new();
    while !stop.is_cancelled() {
        let look = sqlx::query_as(
            "select projection_watermark('escalation_queue', 1),
                    coalesce((select min(coalesce(own.position, 0))
                                from relay_partitions p
                                left join projection_checkpoints own
                                       on own.partition = p.partition and own.projection = 'escalation_queue'
                               where coalesce(own.position, 0) < p.position),
                             (select max(position) from relay), 0)",
        );
        seen.push(look.fetch_one(&mut connection).await.unwrap());
    }
    seen
}
