//! Credentials that were checked a moment ago.
//!
//! Promise: what a check would refuse is refused at the latest [`TRUSTED_FOR`] after it came to be so. Between
//! checks a credential costs one look into memory.

use std::sync::Arc;

use moka::sync::Cache;
use seiketsu_domain::values::Timestamp;

use super::error::AuthError;
use super::principal::Principal;

/// A credential is not trusted for longer than this without looking again.
const TRUSTED_FOR: i64 = 30_000;
/// From this age on one request at a time looks again, while the others go on.
const RENEWED_FROM: i64 = 20_000;
/// Credentials remembered; about a kilobyte each.
const CAPACITY: u64 = 50_000;

/// What a check found.
pub(super) struct Checked {
    pub principal: Principal,
    /// The credential counts until then.
    pub until: Option<Timestamp>,
}

#[derive(Clone)]
pub(super) struct Seen {
    entries: Cache<Box<str>, Arc<Entry>>,
}

struct Entry {
    principal: Arc<Principal>,
    until: Option<Timestamp>,
    checked_at: Timestamp,
    /// Held by the one request that looks again.
    turn: tokio::sync::Mutex<()>,
}

impl Entry {
    fn age(&self, now: Timestamp) -> i64 {
        match self.until {
            Some(until) if until <= now => i64::MAX,
            _ => now.millis_since(self.checked_at),
        }
    }
}

impl Seen {
    pub fn new() -> Self {
        Self { entries: Cache::new(CAPACITY) }
    }

    /// Who `credential` stands for; runs `check` where nobody did so lately.
    pub async fn or_check(
        &self,
        credential: &str,
        now: Timestamp,
        check: impl AsyncFnOnce() -> Result<Checked, AuthError>,
    ) -> Result<Arc<Principal>, AuthError> {
        let Some(known) = self.entries.get(credential) else {
            return self.check(credential, now, check).await;
        };
        match known.age(now) {
            ..RENEWED_FROM => Ok(Arc::clone(&known.principal)),
            RENEWED_FROM..TRUSTED_FOR => self.renew(credential, now, &known, check).await,
            _ => self.wait_and_check(credential, now, &known, check).await,
        }
    }

    async fn renew(
        &self,
        credential: &str,
        now: Timestamp,
        known: &Entry,
        check: impl AsyncFnOnce() -> Result<Checked, AuthError>,
    ) -> Result<Arc<Principal>, AuthError> {
        let Ok(_turn) = known.turn.try_lock() else { return Ok(Arc::clone(&known.principal)) };
        match self.check(credential, now, check).await {
            // A database that hiccups costs nobody their session while the last answer still counts.
            Err(AuthError::Unavailable(_)) => Ok(Arc::clone(&known.principal)),
            answer => answer,
        }
    }

    async fn wait_and_check(
        &self,
        credential: &str,
        now: Timestamp,
        known: &Entry,
        check: impl AsyncFnOnce() -> Result<Checked, AuthError>,
    ) -> Result<Arc<Principal>, AuthError> {
        let _turn = known.turn.lock().await;
        match self.entries.get(credential) {
            Some(newer) if newer.age(now) < TRUSTED_FOR => Ok(Arc::clone(&newer.principal)),
            _ => self.check(credential, now, check).await,
        }
    }

    async fn check(
        &self,
        credential: &str,
        now: Timestamp,
        check: impl AsyncFnOnce() -> Result<Checked, AuthError>,
    ) -> Result<Arc<Principal>, AuthError> {
        match check().await {
            Ok(Checked { principal, until }) => {
                let principal = Arc::new(principal);
                let entry = Entry {
                    principal: Arc::clone(&principal),
                    until,
                    checked_at: now,
                    turn: tokio::sync::Mutex::default(),
                };
                self.entries.insert(credential.into(), Arc::new(entry));
                Ok(principal)
            }
            Err(refusal) => {
                self.entries.invalidate(credential);
                Err(refusal)
            }
        }
    }
}
