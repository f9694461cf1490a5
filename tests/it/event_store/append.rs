use seiketsu::ids;
use seiketsu_domain::escalation::Escalation;
use seiketsu_projections::store::events_after;

use super::{append, committed};
use crate::support::{database, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn appended_events_are_read_back_in_order() {
    let database = database::create().await;
    let store = database.store();
    let (tenant, id) = (wishes::tenant(), ids::new());
    committed(&store, append(tenant, id, 0, 3)).await;
    let last = committed(&store, append(tenant, id, 3, 2)).await;

    let history = store.history::<Escalation>(tenant, id, i64::MAX).await.unwrap();
    assert_eq!(history.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let loaded = store.load::<Escalation>(tenant, id).await.unwrap();
    assert_eq!((loaded.state.version, loaded.position), (5, last));
    let all = events_after(database.pools.system(), 0, 100).await.unwrap();
    assert!(all.is_sorted_by(|a, b| a.position < b.position && a.sequence < b.sequence));
    assert_eq!(all.last().unwrap().position, last);
}
