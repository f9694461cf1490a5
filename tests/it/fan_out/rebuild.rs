//! A rebuild beside a live read model.

use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::read_models::escalation_queue::EscalationQueue;
use seiketsu_projections::rebuild::{How, RebuildError, Stage, rebuild};
use seiketsu_projections::{ApplyError, Projection};
use sqlx::{Connection, Executor, PgConnection};

use super::{
    PATIENCE, Traffic, assert_faithful, caught_up, escalate, from_kafka, from_store, more_events, polling,
    relay, worker_of,
};
use crate::support::{database, kafka, wait};

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_equals_the_live_read_model_and_the_worker_goes_on() {
    for through_kafka in [false, true] {
        let (database, kafka) = (database::create().await, kafka::settings().await);
        let relay = relay(&database, &kafka);
        let worker = if through_kafka { from_kafka(&database, &kafka) } else { from_store(&database) };
        let traffic = Traffic::start(&database);
        more_events(&database, 200).await;
        // Rows nobody would miss if the rebuild only added to the old ones.
        let mut superuser = database.superuser().await;
        wait::until("rows are spoiled", PATIENCE, async || {
            let spoil = "update read_models.escalations set state = '{}' where random() < 0.5";
            superuser.execute(spoil).await.unwrap().rows_affected() > 0
        })
        .await;
        let mut heard = Vec::new();
        let pool = database.more_pools().system().clone();
        let rebuilt =
            rebuild(&pool, Arc::new(EscalationQueue), How::new(4), |told| heard.push(told)).await.unwrap();
        more_events(&database, 200).await;
        traffic.stop().await;
        caught_up(&database).await;
        worker.stop().await;
        relay.stop().await;

        assert!(rebuilt.events >= 200);
        let loaded = heard.iter().rfind(|told| told.stage == Stage::Loading).unwrap();
        assert_eq!(loaded.done, loaded.goal);
        assert_eq!(rebuilt.parked, 0);
        assert!(!rebuilt.comparison.is_equal(), "the live rows were wrong");
        assert_faithful(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_needs_no_superuser_and_keeps_grants_and_walls() {
    let database = database::create_for_plain_owner().await;
    let commands = database.commands();
    for _ in 0..5 {
        escalate(&commands, 3).await;
    }
    let before = walls(&mut database.superuser().await).await;
    let pool = database.more_pools().system().clone();
    let rebuilt = rebuild(&pool, Arc::new(EscalationQueue), How::new(4), |_| ()).await.unwrap();
    assert_eq!((rebuilt.events, rebuilt.position), (15, 15));
    assert_eq!(walls(&mut database.superuser().await).await, before);
    assert_faithful(&database).await;
}

/// Grants, policies, indexes and whether row-level security is forced, as text.
async fn walls(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "with t as (select * from pg_class where oid = 'read_models.escalations'::regclass)
         select coalesce(reloptions::text, '') || relrowsecurity || relforcerowsecurity from t
         union all select grantee || privilege_type || is_grantable from information_schema.role_table_grants, t
                    where table_schema = 'read_models' and table_name = relname
         union all select polname || polcmd::text || polroles::regrole[]::text || pg_get_expr(polqual, polrelid)
                     from pg_policy, t where polrelid = t.oid
         union all select regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+', '') from pg_index, t where indrelid = t.oid
         order by 1",
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_rebuilds_at_once_one_is_refused() {
    let database = database::create().await;
    escalate(&database.commands(), 1).await;
    let pool = database.more_pools().system().clone();
    // The first cannot swap while somebody holds the checkpoint.
    let worker = from_store(&database);
    caught_up(&database).await;
    worker.stop().await;
    let mut superuser = database.superuser().await;
    let mut hold = superuser.begin().await.unwrap();
    hold.execute("select from projection_checkpoints for update").await.unwrap();
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { rebuild(&pool, Arc::new(EscalationQueue), How::new(4), |_| ()).await }
    });
    database.waits_for_a_lock().await;
    let second = rebuild(&pool, Arc::new(EscalationQueue), How::new(4), |_| ()).await;
    assert!(matches!(second, Err(RebuildError::Running)), "{second:?}");
    hold.rollback().await.unwrap();
    first.await.unwrap().unwrap();
    assert_faithful(&database).await;
}

/// The queue as the next release might have it.
struct NextRelease;

#[async_trait]
impl Projection for NextRelease {
    fn name(&self) -> &'static str {
        EscalationQueue.name()
    }

    fn version(&self) -> i32 {
        EscalationQueue.version() + 1
    }

    fn aggregates(&self) -> &'static [&'static str] {
        EscalationQueue.aggregates()
    }

    fn tables(&self) -> &'static [&'static str] {
        EscalationQueue.tables()
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        EscalationQueue.apply(rows, batch).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_of_a_read_model_waits_for_its_rebuild() {
    let database = database::create().await;
    let commands = database.commands();
    let old = from_store(&database);
    escalate(&commands, 3).await;
    caught_up(&database).await;
    let new = worker_of(&database, vec![Arc::new(NextRelease)], polling(&database));
    escalate(&commands, 3).await;
    caught_up(&database).await;
    assert_eq!(versions(&database.more_pools()).await, [1], "the new one has not begun on the old rows");

    let pool = database.more_pools().system().clone();
    rebuild(&pool, Arc::new(NextRelease), How::new(4), |_| ()).await.unwrap();
    escalate(&commands, 3).await;
    wait::until("the new one has caught up", PATIENCE, async || {
        let position: i64 = sqlx::query_scalar("select projection_watermark('escalation_queue', 2)")
            .fetch_one(&pool)
            .await
            .unwrap();
        position == 9
    })
    .await;
    old.stop().await;
    new.stop().await;
    assert_eq!(versions(&database.more_pools()).await, [2], "nor has the old one on the new");
    assert_faithful(&database).await;
}

async fn versions(pools: &seiketsu::event_store::Pools) -> Vec<i32> {
    sqlx::query_scalar("select version from projection_checkpoints where projection = 'escalation_queue'")
        .fetch_all(pools.system())
        .await
        .unwrap()
}
