use std::any::Any;
use std::sync::Arc;

use quick_cache::sync::Cache;
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::ids::TenantId;
use seiketsu_projections::planted;
use uuid::Uuid;

use crate::event_store::Loaded;

type CacheKey = (TenantId, &'static str, Uuid);

/// Decided state of recently used aggregates. May be behind the store when another process wrote; the version
/// check of the append notices, so a stale entry costs a retry and never a wrong decision that is stored.
#[derive(Clone)]
pub struct StateCache {
    entries: Arc<Cache<CacheKey, Entry>>,
}

#[derive(Clone)]
struct Entry {
    state: Arc<dyn Any + Send + Sync>,
    position: i64,
}

impl StateCache {
    /// A cache of at most `capacity` aggregates; 0 turns it off.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { entries: Arc::new(Cache::new(capacity)) }
    }

    pub(super) fn get<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Option<Loaded<A>> {
        let Entry { state, position } = self.entries.get(&key::<A>(tenant, id))?;
        Some(Loaded { state: state.downcast().ok()?, position })
    }

    pub(super) fn put<A: Decide>(&self, tenant: TenantId, id: Uuid, loaded: Loaded<A>) {
        let Loaded { state, position } = loaded;
        self.entries.insert(key::<A>(tenant, id), Entry { state, position });
    }

    pub(super) fn forget<A: Decide>(&self, tenant: TenantId, id: Uuid) {
        self.entries.remove(&key::<A>(tenant, id));
    }
}

fn key<A: Decide>(tenant: TenantId, id: Uuid) -> CacheKey {
    let tenant = if planted::bug("cache-cross-tenant") { TenantId(Uuid::nil()) } else { tenant };
    (tenant, A::TYPE, id)
}
