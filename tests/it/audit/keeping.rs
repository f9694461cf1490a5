use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Log, events};
use crate::support::{database, wait, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_a_leaf_of_its_tenant_and_later_ones_are_added() {
    let database = database::create().await;
    let log = Log::of(&database);
    let (mine, theirs) = (wishes::tenant(), wishes::tenant());
    events(&database, mine, 700).await;
    events(&database, theirs, 3).await;
    log.keep(None).await;
    events(&database, mine, 650).await;
    log.keep(None).await;
    for (tenant, count) in [(mine, 1350), (theirs, 3)] {
        let report = log.verify(tenant, None).await;
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        assert_eq!((report.events, report.waiting), (count, 0));
        assert!(report.checkpoints > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keepers_at_once_keep_one_log() {
    let database = database::create().await;
    let log = Log::of(&database);
    let (tenant, stop) = (wishes::tenant(), CancellationToken::new());
    let running: Vec<_> = (0..2).map(|_| tokio::spawn(log.keeper(None).run(stop.clone()))).collect();
    for _ in 0..8 {
        events(&database, tenant, 400).await;
    }
    log.complete().await;
    stop.cancel();
    for keeper in running {
        keeper.await.unwrap();
    }
    let report = log.verify(tenant, None).await;
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!(report.events, 3200);
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_published_and_a_log_that_was_cut_contradicts_them() {
    let database = database::create().await;
    let log = Log::of(&database);
    let tenant = wishes::tenant();
    let folder = std::env::temp_dir().join(format!("seiketsu-published-{tenant}"));
    events(&database, tenant, 10).await;
    // Signed while nothing is published: caught up with at the next start.
    log.keep(None).await;
    log.keep(Some(&folder)).await;
    let file = folder.join(format!("{tenant}.jsonl"));
    wait::until("the first checkpoint is published", Duration::from_secs(10), async || file.exists()).await;
    events(&database, tenant, 10).await;
    log.keep(Some(&folder)).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("\"size\"").count(), 2);
    assert!(log.verify(tenant, Some(&folder)).await.faults.is_empty());

    // As if the second ten had never been: consistent in itself.
    let pool = database.superuser_pool().await;
    for cut in [
        "delete from events where position > 10",
        "delete from audit_tiles",
        "delete from audit_trees",
        "delete from audit_checkpoints",
        "update audit_progress set position = 0",
    ] {
        sqlx::query(cut).execute(&pool).await.unwrap();
    }
    log.keep(None).await;
    assert!(log.verify(tenant, None).await.faults.is_empty());
    let faults = log.verify(tenant, Some(&folder)).await.faults;
    std::fs::remove_dir_all(folder).unwrap();
    let said = faults.first().map(ToString::to_string).unwrap_or_default();
    assert_eq!(said, "published checkpoint is of 20 events, the log has 10: its end is gone");
}
