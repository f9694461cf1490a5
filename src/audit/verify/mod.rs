//! Everything recomputed: events hashed again, trees built again, signatures checked, and what was published compared.

/// What can be found.
mod fault;
/// What was signed, and what is.
mod signed;
/// Leaves and events, side by side.
mod walk;

use std::io;
use std::path::Path;

use seiketsu_domain::ids::TenantId;
use seiketsu_proof::VerifierKey;
use sqlx::PgPool;
use uuid::Uuid;

pub use fault::Fault;
use signed::Signed;
use walk::Walk;

/// What was found of one tenant.
#[derive(Debug)]
pub struct TenantReport {
    pub tenant: TenantId,
    /// Events that are in the log.
    pub events: u64,
    /// Events the log has not come to.
    pub waiting: u64,
    pub checkpoints: usize,
    /// In order of what to look at first; nothing where all is as it was recorded.
    pub faults: Vec<Fault>,
}

/// What keeps a verification from coming to an end.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("published checkpoints cannot be read")]
    Published(#[from] io::Error),
}

/// Verifies the logs of one tenant or of all: reads every event and every leaf. `keys` are those that may have signed.
///
/// # Errors
/// See `Unverified`. What is wrong with the log is no error but a [`Fault`].
pub async fn verify(
    pool: &PgPool,
    keys: &[VerifierKey],
    published: Option<&Path>,
    only: Option<TenantId>,
) -> Result<Vec<TenantReport>, Unverified> {
    let tenants: Vec<Uuid> = match only {
        Some(tenant) => vec![tenant.0],
        None => {
            sqlx::query_scalar(
                "select tenant_id from audit_trees union select tenant_id from organizations order by 1",
            )
            .fetch_all(pool)
            .await?
        }
    };
    let progress: i64 = sqlx::query_scalar("select position from audit_progress").fetch_one(pool).await?;
    let mut reports = Vec::new();
    for tenant in tenants.into_iter().map(TenantId) {
        let mut faults = Vec::new();
        let signed = Signed::load(pool, keys, published, tenant, &mut faults).await?;
        let checkpoints = signed.count();
        let walk = Walk::through(pool, tenant, progress, signed).await?;
        let (events, waiting) = (walk.size(), walk.waiting);
        faults.splice(0..0, walk.conclude(pool).await?);
        reports.push(TenantReport { tenant, events, waiting, checkpoints, faults });
    }
    Ok(reports)
}
