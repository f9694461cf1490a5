use std::any::Any;
use std::sync::Arc;

use moka::sync::Cache;
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::ids::TenantId;
use uuid::Uuid;

use crate::event_store::Loaded;

type CacheKey = (TenantId, &'static str, Uuid);

/// Decided state of recently used aggregates. May be behind the store when another process wrote; the version
/// check of the append notices, so a stale entry costs a retry and never a wrong decision that is stored.
#[derive(Clone)]
pub struct StateCache {
    entries: Cache<CacheKey, Arc<dyn Any + Send + Sync>>,
}

impl StateCache {
    /// A cache of at most `capacity` aggregates; 0 turns it off.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        Self { entries: Cache::new(capacity) }
    }

    pub(super) fn get<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Option<Arc<Loaded<A>>> {
        self.entries.get(&(tenant, A::TYPE, id))?.downcast().ok()
    }

    pub(super) fn put<A: Decide>(&self, tenant: TenantId, id: Uuid, loaded: Loaded<A>) {
        self.entries.insert((tenant, A::TYPE, id), Arc::new(loaded));
    }

    pub(super) fn forget<A: Decide>(&self, tenant: TenantId, id: Uuid) {
        self.entries.invalidate(&(tenant, A::TYPE, id));
    }
}
