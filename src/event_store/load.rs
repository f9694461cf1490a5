//! One stream: its history, and the state that history adds up to.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::event::Event as _;
use seiketsu_domain::ids::{PermitId, TenantId};
use seiketsu_domain::values::Timestamp;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::{EventStore, StoreError};

/// An aggregate as its stream has it.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// Shared with the cache of states, and copied only by a command that changes it.
    pub state: Arc<A>,
    /// Position of its last event; 0 where there is none.
    pub position: i64,
}

/// What an idempotency key was used for.
#[derive(Debug, Clone, FromRow)]
pub struct StoredKey {
    pub request_hash: Vec<u8>,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    pub version: i64,
    pub event_count: i32,
    pub position: i64,
}

#[derive(FromRow)]
struct StreamRow {
    position: i64,
    sequence: i64,
    event_id: Uuid,
    event_type: String,
    event_version: i32,
    payload: String,
    recorded_at: DateTime<Utc>,
}

/// One event of a stream, decoded.
#[derive(Debug, Clone)]
pub struct StreamEvent<E> {
    pub sequence: i64,
    pub event_id: Uuid,
    pub recorded_at: Timestamp,
    pub event: E,
}

#[derive(FromRow)]
struct SnapshotRow {
    last_sequence: i64,
    position: i64,
    payload: String,
}

/// Events after the last snapshot that make a new one worth its write.
const SNAPSHOT_EVERY: i64 = 200;

impl EventStore {
    /// The state of a stream of one tenant; the default state where there is no such stream.
    ///
    /// # Errors
    /// The database cannot be reached, or an event does not decode.
    pub async fn load<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Result<Loaded<A>, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let mut loaded = snapshot::<A>(&mut read, tenant, id).await?;
        let from = loaded.state.version();
        for row in stream_rows(&mut read, tenant, A::TYPE, id, (from, loaded.position), i64::MAX).await? {
            Arc::make_mut(&mut loaded.state).evolve(&decode::<A>(&row)?);
            loaded.position = row.position;
        }
        read.commit().await?;
        if loaded.state.version() - from >= SNAPSHOT_EVERY {
            self.keep_snapshot(tenant, id, loaded.clone());
        }
        Ok(loaded)
    }

    /// The decoded history of a stream from its first event up to `version`.
    ///
    /// # Errors
    /// See [`EventStore::load`].
    pub async fn history<A: Decide>(
        &self,
        tenant: TenantId,
        id: Uuid,
        version: i64,
    ) -> Result<Vec<StreamEvent<A::Event>>, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let rows = stream_rows(&mut read, tenant, A::TYPE, id, (0, 0), version).await?;
        read.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(StreamEvent {
                    sequence: row.sequence,
                    event_id: row.event_id,
                    recorded_at: Timestamp::new(row.recorded_at),
                    event: decode::<A>(row)?,
                })
            })
            .collect()
    }

    /// What a key was used for, if it was.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn stored_key(&self, tenant: TenantId, key: &str) -> Result<Option<StoredKey>, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let stored = sqlx::query_as(
            "select request_hash, aggregate_type, aggregate_id, version, event_count, position
               from idempotency_keys where tenant_id = $1 and key = $2",
        )
        .bind(tenant.0)
        .bind(key)
        .fetch_optional(&mut *read)
        .await?;
        read.commit().await?;
        Ok(stored)
    }

    /// The ids of some events of a stream, by sequence.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn event_ids(
        &self,
        tenant: TenantId,
        aggregate_type: &str,
        id: Uuid,
        sequences: &[i64],
    ) -> Result<HashMap<i64, Uuid>, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let ids: Vec<(i64, Uuid)> = sqlx::query_as(
            "select sequence, event_id from events
              where tenant_id = $1 and aggregate_type = $2 and aggregate_id = $3 and sequence = any ($4)",
        )
        .bind(tenant.0)
        .bind(aggregate_type)
        .bind(id)
        .bind(sequences)
        .fetch_all(&mut *read)
        .await?;
        read.commit().await?;
        Ok(ids.into_iter().collect())
    }

    /// The version a stream is at; 0 where there is none.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn version(&self, tenant: TenantId, aggregate_type: &str, id: Uuid) -> Result<i64, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let version: Option<i64> = sqlx::query_scalar(
            "select sequence from events where tenant_id = $1 and aggregate_type = $2 and aggregate_id = $3
              order by sequence desc limit 1",
        )
        .bind(tenant.0)
        .bind(aggregate_type)
        .bind(id)
        .fetch_optional(&mut *read)
        .await?;
        read.commit().await?;
        Ok(version.unwrap_or_default())
    }

    /// The consent ledger that issued a permit.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn ledger_of_permit(
        &self,
        tenant: TenantId,
        permit: PermitId,
    ) -> Result<Option<Uuid>, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let ledger = sqlx::query_scalar(
            "select aggregate_id from events
              where tenant_id = $1 and event_type = 'consent.checked' and payload #>> '{permit,id}' = $2",
        )
        .bind(tenant.0)
        .bind(permit.0.to_string())
        .fetch_optional(&mut *read)
        .await?;
        read.commit().await?;
        Ok(ledger)
    }

    /// Stores a snapshot where a stream has grown past another [`SNAPSHOT_EVERY`] events since version `before`: however
    /// long it lives in the cache, whoever loads it next reads few of them.
    pub(crate) fn snapshot_now_and_then<A: Decide>(
        &self,
        tenant: TenantId,
        id: Uuid,
        before: i64,
        loaded: &Loaded<A>,
    ) {
        if loaded.state.version() / SNAPSHOT_EVERY > before / SNAPSHOT_EVERY {
            self.keep_snapshot(tenant, id, loaded.clone());
        }
    }

    /// Stores a snapshot off the caller's path. A failure costs a slower load and is only logged.
    pub(crate) fn keep_snapshot<A: Decide>(&self, tenant: TenantId, id: Uuid, loaded: Loaded<A>) {
        let pool = self.pools.system().clone();
        tokio::spawn(async move {
            if let Err(error) = write_snapshot(&pool, tenant, id, &loaded).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "snapshot not stored");
            }
        });
    }
}

async fn write_snapshot<A: Decide>(
    pool: &sqlx::PgPool,
    tenant: TenantId,
    id: Uuid,
    loaded: &Loaded<A>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into snapshots (tenant_id, aggregate_type, aggregate_id, state_version, last_sequence, position, payload)
         values ($1, $2, $3, $4, $5, $6, $7::json)
         on conflict (tenant_id, aggregate_type, aggregate_id) do update
            set state_version = excluded.state_version, last_sequence = excluded.last_sequence,
                position = excluded.position, payload = excluded.payload, taken_at = now()
          where snapshots.last_sequence < excluded.last_sequence or snapshots.state_version <> excluded.state_version",
    )
    .bind(tenant.0)
    .bind(A::TYPE)
    .bind(id)
    .bind(A::STATE_VERSION)
    .bind(loaded.state.version())
    .bind(loaded.position)
    .bind(serde_json::to_string(&*loaded.state)?)
    .execute(pool)
    .await?;
    Ok(())
}

async fn snapshot<A: Decide>(
    connection: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Loaded<A>, StoreError> {
    let row: Option<SnapshotRow> = sqlx::query_as(
        "select last_sequence, position, payload::text as payload from snapshots
          where tenant_id = $1 and aggregate_type = $2 and aggregate_id = $3 and state_version = $4",
    )
    .bind(tenant.0)
    .bind(A::TYPE)
    .bind(id)
    .bind(A::STATE_VERSION)
    .fetch_optional(connection)
    .await?;
    // A snapshot that does not read back is a cache miss, not an error.
    let loaded = row.and_then(|row| {
        let state: A = serde_json::from_str(&row.payload).ok()?;
        (state.version() == row.last_sequence)
            .then(|| Loaded { state: Arc::new(state), position: row.position })
    });
    Ok(loaded.unwrap_or(Loaded { state: Arc::default(), position: 0 }))
}

async fn stream_rows(
    connection: &mut PgConnection,
    tenant: TenantId,
    aggregate_type: &str,
    id: Uuid,
    // Sequence and position of the last event that is not wanted; partitions before it are not touched.
    (after, beyond): (i64, i64),
    up_to: i64,
) -> Result<Vec<StreamRow>, StoreError> {
    Ok(sqlx::query_as(
        "select position, sequence, event_id, event_type, event_version, payload::text as payload, recorded_at
           from events
          where tenant_id = $1 and aggregate_type = $2 and aggregate_id = $3 and position > $6 and sequence > $4 and sequence <= $5
          order by sequence",
    )
    .bind(tenant.0)
    .bind(aggregate_type)
    .bind(id)
    .bind(after)
    .bind(up_to)
    .bind(beyond)
    .fetch_all(connection)
    .await?)
}

fn decode<A: Decide>(row: &StreamRow) -> Result<A::Event, StoreError> {
    A::Event::from_stored(&row.event_type, row.event_version, &row.payload)
        .map_err(|source| StoreError::Decode { position: row.position, source })
}
