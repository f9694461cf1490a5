//! Credentials that were checked a moment ago.
//!
//! Promise: what a check would refuse is refused at the latest `TRUSTED_FOR` after it came to be so. Between
//! checks a credential costs one look into memory.

use std::sync::Arc;
use std::time::Duration;

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

/// The end of a credential, its signature or its secret: a tenth of the text to hash, and nobody can choose it.
type Ending = [u8; 64];

fn ending(credential: &str) -> Ending {
    let mut ending = [0; 64];
    let from = credential.len().saturating_sub(ending.len());
    let bytes = &credential.as_bytes()[from..];
    ending[..bytes.len()].copy_from_slice(bytes);
    ending
}

#[derive(Clone)]
pub(super) struct Seen {
    entries: Cache<Ending, Arc<Entry>>,
}

struct Entry {
    credential: Box<str>,
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
            // A clock that was put back makes nobody younger.
            _ => now.millis_since(self.checked_at).abs(),
        }
    }
}

impl Seen {
    pub fn new() -> Self {
        // What is no longer trusted need not be kept for long: it may be a key that opens a door.
        let forgotten = Duration::from_millis(2 * TRUSTED_FOR.unsigned_abs());
        Self { entries: Cache::builder().max_capacity(CAPACITY).time_to_live(forgotten).build() }
    }

    /// Who `credential` stands for; runs `check` where nobody did so lately.
    pub async fn or_check(
        &self,
        credential: &str,
        now: Timestamp,
        check: impl AsyncFnOnce() -> Result<Checked, AuthError>,
    ) -> Result<Arc<Principal>, AuthError> {
        let known = self.entries.get(&ending(credential)).filter(|known| *known.credential == *credential);
        let Some(known) = known else {
            return self.check(credential, now, check).await;
        };
        match known.age(now) {
            ..RENEWED_FROM => Ok(Arc::clone(&known.principal)),
            RENEWED_FROM..TRUSTED_FOR => self.renew(credential, now, &known, check).await,
            _ => self.check(credential, now, check).await,
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

    async fn check(
        &self,
        credential: &str,
        now: Timestamp,
        check: impl AsyncFnOnce() -> Result<Checked, AuthError>,
    ) -> Result<Arc<Principal>, AuthError> {
        // Boxed: it happens once in a while, and every request would carry room for it.
        match Box::pin(check()).await {
            Ok(Checked { principal, until }) => {
                let principal = Arc::new(principal);
                let entry = Entry {
                    credential: credential.into(),
                    principal: Arc::clone(&principal),
                    until,
                    checked_at: now,
                    turn: tokio::sync::Mutex::default(),
                };
                self.entries.insert(ending(credential), Arc::new(entry));
                Ok(principal)
            }
            // Not known is not refused: what was known may still count.
            Err(error @ AuthError::Unavailable(_)) => Err(error),
            Err(refusal) => {
                self.entries.invalidate(&ending(credential));
                Err(refusal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use seiketsu_domain::values::Timestamp;
    use tokio::sync::Notify;

    use super::{AuthError, Checked, Principal, Seen};
    use crate::identity::Role;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::default().plus_seconds(seconds)
    }

    fn checked(until: Option<Timestamp>) -> Checked {
        let principal = Principal {
            tenant: uuid::Uuid::from_u128(1).into(),
            user: uuid::Uuid::from_u128(2).into(),
            role: Role::Agent,
            name: "Listing agent".to_owned(),
            email: None,
            organization: "Harbor".to_owned(),
        };
        Checked { principal, until }
    }

    /// A database that counts the looks into it, and says yes unless told otherwise.
    #[derive(Default)]
    struct Looks {
        count: AtomicUsize,
    }

    impl Looks {
        async fn yes(&self) -> Result<Checked, AuthError> {
            self.count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(checked(None))
        }

        fn count(&self) -> usize {
            self.count.load(Ordering::Relaxed)
        }
    }

    async fn down() -> Result<Checked, AuthError> {
        Err(AuthError::Unavailable(sqlx::Error::PoolTimedOut))
    }

    async fn no() -> Result<Checked, AuthError> {
        Err(AuthError::TokenInvalid)
    }

    #[tokio::test]
    async fn a_credential_is_looked_up_once_in_twenty_seconds() {
        let (seen, looks) = (Seen::new(), Looks::default());
        for second in 0..60 {
            seen.or_check("token", at(second), async || looks.yes().await).await.expect("known");
        }
        assert_eq!(looks.count(), 3);
    }

    #[tokio::test]
    async fn a_crowd_looks_once_when_the_answer_grows_old() {
        let (seen, looks) = (Seen::new(), Looks::default());
        seen.or_check("token", at(0), async || looks.yes().await).await.expect("known");
        let crowd = (0..50).map(|_| seen.or_check("token", at(25), async || looks.yes().await));
        assert!(futures::future::join_all(crowd).await.iter().all(Result::is_ok));
        assert_eq!(looks.count(), 2);
    }

    #[tokio::test]
    async fn while_one_looks_again_the_others_go_on() {
        let (seen, looks) = (Seen::new(), Looks::default());
        seen.or_check("token", at(0), async || looks.yes().await).await.expect("known");
        let answer = Arc::new(Notify::new());
        let slow = tokio::spawn({
            let (seen, answer) = (seen.clone(), Arc::clone(&answer));
            async move {
                seen.or_check("token", at(25), async || {
                    answer.notified().await;
                    no().await
                })
                .await
            }
        });
        tokio::task::yield_now().await;
        seen.or_check("token", at(25), async || no().await).await.expect("still trusted");
        answer.notify_one();
        assert!(slow.await.expect("no panic").is_err());
        assert!(seen.or_check("token", at(25), async || no().await).await.is_err(), "and now it is known");
    }

    #[tokio::test]
    async fn a_database_that_is_down_is_excused_for_thirty_seconds_in_all() {
        let (seen, looks) = (Seen::new(), Looks::default());
        seen.or_check("token", at(0), async || looks.yes().await).await.expect("known");
        for second in [0, 19, 20, 29] {
            seen.or_check("token", at(second), down).await.expect("trusted");
        }
        for second in [30, 31, 3600, -3600] {
            let answer = seen.or_check("token", at(second), down).await;
            assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{second}");
        }
    }

    #[tokio::test]
    async fn an_end_counts_at_once_and_a_refusal_is_not_kept() {
        let (seen, looks) = (Seen::new(), Looks::default());
        seen.or_check("token", at(0), async || Ok(checked(Some(at(5))))).await.expect("known");
        seen.or_check("token", at(4), no).await.expect("trusted");
        assert!(seen.or_check("token", at(5), no).await.is_err());
        seen.or_check("token", at(5), async || looks.yes().await).await.expect("asked again");
        assert_eq!(looks.count(), 1);
    }

    #[tokio::test]
    async fn credentials_are_not_mistaken_for_each_other() {
        let (seen, looks) = (Seen::new(), Looks::default());
        seen.or_check("token", at(0), async || looks.yes().await).await.expect("known");
        for other in ["Token", "token ", "", "toke", "token\0"] {
            assert!(seen.or_check(other, at(0), no).await.is_err(), "{other}");
        }
        let (one, other) = (format!("one.{}", "s".repeat(86)), format!("other.{}", "s".repeat(86)));
        seen.or_check(&one, at(0), async || looks.yes().await).await.expect("known");
        assert!(seen.or_check(&other, at(0), no).await.is_err(), "the same signature under another text");
    }
}
