//! Guessing costs: ten failures for an account, or from an address, close it for the rest of a quarter of an hour.
//!
//! Counted in this process, for accounts that exist and for those that do not alike. An account is never closed for
//! longer, so a stranger can delay somebody's login but not prevent it.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use moka::sync::Cache;
use seiketsu_domain::values::Timestamp;
use sha2::{Digest, Sha256};

use super::error::AuthError;

const FAILURES: u32 = 10;
const WINDOW_SECONDS: i64 = 15 * 60;
const CAPACITY: u64 = 100_000;

/// A hash, so that a flood of names takes little memory and no name is kept.
type Key = [u8; 16];

#[derive(Clone)]
pub(super) struct Attempts {
    failures: Cache<Key, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// What a login is counted under.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    account: Key,
    address: Option<Key>,
}

impl Origin {
    pub fn new(organization: &str, email: &str, address: Option<IpAddr>) -> Self {
        let account = key(&["account", &organization.to_lowercase(), &email.to_lowercase()]);
        Self { account, address: address.map(|address| key(&["address", &network(address).to_string()])) }
    }

    fn keys(&self) -> impl Iterator<Item = Key> {
        std::iter::once(self.account).chain(self.address)
    }
}

/// A household of IPv6 has a whole /64 to call from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

impl Attempts {
    pub fn new() -> Self {
        let window = Duration::from_secs(WINDOW_SECONDS.unsigned_abs());
        Self { failures: Cache::builder().max_capacity(CAPACITY).time_to_live(window).build() }
    }

    /// Refuses where too much failed lately.
    pub fn check(&self, origin: &Origin, now: Timestamp) -> Result<(), AuthError> {
        let closed =
            origin.keys().filter_map(|key| self.failures.get(&key)).filter(|seen| seen.count >= FAILURES);
        let left = closed.map(|seen| WINDOW_SECONDS - now.seconds_since(seen.since)).max().unwrap_or(0);
        match u64::try_from(left) {
            Ok(seconds @ 1..) => {
                Err(AuthError::TooManyAttempts { retry_after: Duration::from_secs(seconds) })
            }
            _ => Ok(()),
        }
    }

    pub fn failed(&self, origin: &Origin, now: Timestamp) {
        for key in origin.keys() {
            self.failures.entry(key).and_upsert_with(|seen| match seen.map(|seen| *seen.value()) {
                Some(seen) if now.seconds_since(seen.since) < WINDOW_SECONDS => {
                    Failures { count: seen.count.saturating_add(1), ..seen }
                }
                _ => Failures { since: now, count: 1 },
            });
        }
    }

    /// The account's owner is here. The address stays counted: it may hold an account of its own and guess others.
    pub fn succeeded(&self, origin: &Origin) {
        self.failures.invalidate(&origin.account);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use seiketsu_domain::values::Timestamp;

    use super::{Attempts, AuthError, FAILURES, Origin};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::default().plus_seconds(seconds)
    }

    fn from(email: &str, address: &str) -> Origin {
        Origin::new("harbor.example", email, address.parse::<IpAddr>().ok())
    }

    fn fail(attempts: &Attempts, origin: &Origin, times: u32) {
        (0..times).for_each(|_| attempts.failed(origin, at(0)));
    }

    #[test]
    fn the_tenth_failure_closes_an_account_until_a_quarter_of_an_hour_after_the_first() {
        let attempts = Attempts::new();
        let origin = from("a@harbor.example", "");
        fail(&attempts, &origin, FAILURES - 1);
        assert!(attempts.check(&origin, at(60)).is_ok());
        attempts.failed(&origin, at(60));
        let Err(AuthError::TooManyAttempts { retry_after }) = attempts.check(&origin, at(60)) else {
            panic!("still open")
        };
        assert_eq!(retry_after, Duration::from_secs(14 * 60));
        assert!(attempts.check(&origin, at(15 * 60)).is_ok());
        attempts.failed(&origin, at(15 * 60));
        assert!(attempts.check(&origin, at(15 * 60)).is_ok(), "a new window starts from one");
    }

    #[test]
    fn letter_case_opens_no_second_account_and_other_accounts_stay_open() {
        let attempts = Attempts::new();
        fail(&attempts, &from("a@harbor.example", ""), FAILURES);
        assert!(attempts.check(&Origin::new("HARBOR.example", "A@harbor.example", None), at(0)).is_err());
        assert!(attempts.check(&from("b@harbor.example", ""), at(0)).is_ok());
    }

    #[test]
    fn an_address_is_closed_whatever_account_it_tries() {
        let attempts = Attempts::new();
        for n in 0..FAILURES {
            attempts.failed(&from(&format!("{n}@harbor.example"), "2001:db8::1"), at(0));
        }
        assert!(attempts.check(&from("x@harbor.example", "2001:db8::ffff"), at(0)).is_err(), "the same /64");
        assert!(attempts.check(&from("x@harbor.example", "2001:db8:0:1::1"), at(0)).is_ok());
        fail(&attempts, &from("y@harbor.example", "192.0.2.1"), FAILURES);
        assert!(
            attempts.check(&from("x@harbor.example", "::ffff:192.0.2.1"), at(0)).is_err(),
            "IPv4 in disguise"
        );
    }

    #[test]
    fn a_success_clears_the_account_and_not_the_address() {
        let attempts = Attempts::new();
        let origin = from("a@harbor.example", "192.0.2.1");
        fail(&attempts, &origin, FAILURES);
        attempts.succeeded(&origin);
        assert!(attempts.check(&from("a@harbor.example", "192.0.2.2"), at(0)).is_ok());
        assert!(attempts.check(&from("b@harbor.example", "192.0.2.1"), at(0)).is_err());
    }
}
