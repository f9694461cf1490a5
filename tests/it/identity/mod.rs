//! What identity promises, and what tries to break it.

mod access;
mod api_key;
mod login;
mod refresh;
mod seed;
mod tables;

use std::time::Duration;

use seiketsu::clock::{self, Clock};
use seiketsu::event_store::Pools;
use seiketsu::identity::{AuthError, Credentials, Identity, IdentityConfig, Role, Session, SigningKey};
use seiketsu::seed::{SeedPasswords, Seeded, SeededOrganization, SeededUser};
use sqlx::Executor as _;

use crate::support::database::{self, TestDatabase};

const ACCESS: i64 = 600;
const REFRESH: i64 = 3600;
const PASSWORD: &str = "a password for tests";

/// Two organizations, and somebody at the door.
struct House {
    database: TestDatabase,
    key: SigningKey,
    clock: Clock,
    identity: Identity,
    seeded: Seeded,
}

async fn house() -> House {
    let database = database::create().await;
    let seeded =
        seiketsu::seed::seed(&database.pools, SeedPasswords::given(PASSWORD), clock::now()).await.unwrap();
    let (key, clock) = (SigningKey::generate(), Clock::default());
    let identity = door(database.pools.clone(), &key, &clock);
    House { database, key, clock, identity, seeded }
}

fn door(pools: Pools, key: &SigningKey, clock: &Clock) -> Identity {
    let config = IdentityConfig {
        issuer: "https://seiketsu.example".to_owned(),
        access_ttl: Duration::from_secs(ACCESS.unsigned_abs()),
        refresh_ttl: Duration::from_secs(REFRESH.unsigned_abs()),
    };
    Identity::new(pools, config, key, clock.clone()).unwrap()
}

impl House {
    /// Identity in another process of the same installation.
    fn another_process(&self) -> Identity {
        door(self.database.more_pools(), &self.key, &self.clock)
    }

    fn agent(&self) -> &SeededUser {
        self.seeded.first.user(Role::Agent).unwrap()
    }

    async fn login(&self, email: &str, password: &str) -> Result<Session, AuthError> {
        self.identity.login(&credentials(&self.seeded.first, email, password)).await
    }

    async fn agent_session(&self) -> Session {
        self.login(&self.agent().email, PASSWORD).await.unwrap()
    }

    /// As an operator would, with everything at hand.
    async fn sql(&self, statement: &str) {
        self.database.superuser().await.execute(statement).await.unwrap();
    }

    async fn disable_agent(&self) {
        self.sql(&format!("update users set disabled_at = now() where id = '{}'", self.agent().id)).await;
    }
}

fn credentials<'a>(
    organization: &'a SeededOrganization,
    email: &'a str,
    password: &'a str,
) -> Credentials<'a> {
    Credentials { organization: organization.domain, email, password, totp: None, address: None }
}

/// The refusal's code and words: all a stranger sees.
fn refusal<T>(answer: Result<T, AuthError>) -> (&'static str, String) {
    match answer {
        Ok(_) => panic!("not refused"),
        Err(refusal) => (refusal.code(), refusal.to_string()),
    }
}

fn code<T>(answer: Result<T, AuthError>) -> &'static str {
    refusal(answer).0
}
