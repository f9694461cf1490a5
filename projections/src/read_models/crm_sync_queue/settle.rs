//! What connectors have written already, taken out of a queue that was made of events alone.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use super::CrmSyncQueue;
use crate::skip::Skips;
use crate::{ApplyError, Projection, store};

/// A lead that changed since it was synced.
struct Changed {
    tenant: Uuid,
    lead: Uuid,
    /// The version that was synced.
    synced: i64,
    /// Position of the last change.
    last: i64,
}

/// Leads put in again at a time.
const AT_ONCE: usize = 500;

/// Removes the leads that were synced, and puts those in again that changed since, with what changed since.
pub(super) async fn settle(queue: &CrmSyncQueue, rows: &mut PgConnection) -> Result<(), ApplyError> {
    let changed: Vec<(Uuid, Uuid, i64, i64)> = sqlx::query_as(
        "with synced as (
             delete from crm_sync_queue q using crm_synced s
              where s.tenant_id = q.tenant_id and s.lead_id = q.lead_id
             returning q.tenant_id, q.lead_id, s.version as synced, q.version, q.last_position
         )
         select tenant_id, lead_id, synced, last_position from synced where synced < version",
    )
    .fetch_all(&mut *rows)
    .await?;
    let changed: Vec<Changed> = changed
        .into_iter()
        .map(|(tenant, lead, synced, last)| Changed { tenant, lead, synced, last })
        .collect();
    let skips = Skips::of(&mut *rows, queue.name()).await?;
    for part in changed.chunks(AT_ONCE) {
        put_in_again(queue, rows, part, &skips).await?;
    }
    Ok(())
}

/// Applies the events between the synced version and the last position of some leads.
async fn put_in_again(
    queue: &CrmSyncQueue,
    rows: &mut PgConnection,
    leads: &[Changed],
    skips: &Skips,
) -> Result<(), ApplyError> {
    let since: HashMap<(Uuid, Uuid), &Changed> =
        leads.iter().map(|changed| ((changed.tenant, changed.lead), changed)).collect();
    let ids: Vec<Uuid> = leads.iter().map(|changed| changed.lead).collect();
    let mut due = store::events_of_aggregates(&mut *rows, "lead", &ids).await?;
    due.retain(|event| {
        let changed = since.get(&(event.tenant.0, event.aggregate_id));
        changed.is_some_and(|changed| event.sequence > changed.synced && event.position <= changed.last)
    });
    let due: Vec<_> = due.into_iter().filter_map(|event| skips.seen(&Arc::new(event))).collect();
    queue.apply(rows, &due).await
}
