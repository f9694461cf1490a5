use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;

/// Turns events into rows. See the crate documentation for what an implementation may assume.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Stable name: checkpoints, metrics, `seiketsu rebuild <name>`.
    fn name(&self) -> &'static str;

    /// Bumped when existing rows no longer mean what the code expects; the read model must then be rebuilt.
    fn version(&self) -> i32 {
        1
    }

    /// The aggregates whose events it wants.
    fn aggregates(&self) -> &'static [&'static str];

    /// The tables it fills, all in schema `read_models`. Rebuild copies their shape and swaps them.
    fn tables(&self) -> &'static [&'static str];

    /// Applies events in order, within the caller's transaction. Touch each row once per batch, not once per event;
    /// name tables without a schema. A rebuild applies different streams in transactions that run at the same time: a row
    /// that several streams write to must be added to, not replaced, and such rows be written in one order.
    ///
    /// # Errors
    /// Any error undoes the whole batch; see [`ApplyError`] for what follows.
    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError>;

    /// Brings rows that were rebuilt from events alone to what others made of the live ones, so that nothing is done
    /// twice: called before rebuilt tables take the place of the live ones, within the caller's transaction, and
    /// perhaps more than once. For most there is nothing to do: only events write their rows.
    ///
    /// # Errors
    /// Any error undoes the swap.
    async fn settle(&self, _rows: &mut PgConnection) -> Result<(), ApplyError> {
        Ok(())
    }
}

/// Why a batch was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database said no. Transient failures are tried again, others park the event.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The event does not decode, or does not follow from the row: it is parked.
    #[error("event at position {position}: {reason}")]
    Poison { position: i64, reason: String },
    /// A row of ours does not (de)serialise: it is parked.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What an event says.
///
/// # Errors
/// [`ApplyError::Poison`] where it does not decode.
pub fn fact_of(envelope: &Envelope) -> Result<&Fact, ApplyError> {
    let poison = |reason: String| ApplyError::Poison { position: envelope.position, reason };
    envelope.fact.as_ref().map_err(|error| poison(error.to_string()))
}

impl ApplyError {
    /// Whether the same batch may well succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                // Classes: connection, transaction rollback, resources, operator intervention, lock not available.
                let class = error.code().map(|code| code.chars().take(2).collect::<String>());
                matches!(class.as_deref(), Some("08" | "40" | "53" | "57" | "55"))
            }
            Self::Database(error) => matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::WorkerCrashed
            ),
            Self::Poison { .. } | Self::Json(_) => false,
        }
    }
}
