//! Answers that many people ask for at the same moment, kept in Redis for a moment: dashboards.
//!
//! It is never needed. Whatever goes wrong is a miss, within fifty milliseconds; after a failure nobody asks again
//! for a second, so that a Redis that is down costs one caller a little rather than all of them a lot.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisResult};
use seiketsu_domain::ids::TenantId;
use sha2::{Digest, Sha256};

/// The longest an answer may be kept: what a person does not notice.
pub const LONGEST: Duration = Duration::from_secs(1);
/// The longest a question or an answer may take.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long nobody asks after a failure.
const REST: Duration = Duration::from_secs(1);

/// See the module documentation. Cheap to clone.
#[derive(Clone)]
pub struct HotCache {
    connection: ConnectionManager,
    resting_until: Arc<Mutex<Option<Instant>>>,
}

impl HotCache {
    /// A cache that connects at first use. Call it within a runtime.
    ///
    /// # Errors
    /// Where `url` is not a Redis URL.
    pub fn new(url: &str) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = Client::open(url)?.get_connection_manager_lazy(config)?;
        Ok(Self { connection, resting_until: Arc::default() })
    }

    /// The answer to `query` of a tenant, if somebody asked a moment ago.
    pub async fn get(&self, tenant: TenantId, query: &str) -> Option<Vec<u8>> {
        let mut command = redis::cmd("GET");
        command.arg(key(tenant, query));
        let found = self.ask::<Option<Vec<u8>>>(command).await.flatten();
        let outcome = if found.is_some() { "hit" } else { "miss" };
        metrics::counter!("hot_cache_total", "outcome" => outcome).increment(1);
        found
    }

    /// Keeps an answer for `time`, at most [`LONGEST`].
    pub async fn put(&self, tenant: TenantId, query: &str, answer: &[u8], time: Duration) {
        let millis = u64::try_from(time.min(LONGEST).as_millis()).unwrap_or(1).max(1);
        let mut command = redis::cmd("SET");
        command.arg(key(tenant, query)).arg(answer).arg("PX").arg(millis);
        self.ask::<()>(command).await;
    }

    async fn ask<T: FromRedisValue>(&self, command: redis::Cmd) -> Option<T> {
        if self.is_resting() {
            return None;
        }
        let mut connection = self.connection.clone();
        match tokio::time::timeout(PATIENCE, command.query_async(&mut connection)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "hot cache fails"),
            Err(_) => tracing::debug!("hot cache does not answer"),
        }
        self.rest();
        None
    }

    fn is_resting(&self) -> bool {
        let resting_until = self.resting_until.lock().unwrap_or_else(PoisonError::into_inner);
        resting_until.is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self) {
        *self.resting_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
    }
}

/// The tenant stands in front, in clear: no query can be worded so that it reads another tenant's answers.
fn key(tenant: TenantId, query: &str) -> String {
    let digest = Sha256::digest(query.as_bytes());
    let digest: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("seiketsu:hot:{tenant}:{digest}")
}
