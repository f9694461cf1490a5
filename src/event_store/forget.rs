//! Forgetting idempotency keys that nobody will come back with.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// How often old keys are looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// Keys per statement: short enough to be in nobody's way.
const BATCH: i64 = 10_000;

/// Deletes keys older than `keep`, now and then until `stop`. Several processes may do so at once.
pub async fn forget_old_keys(pool: PgPool, keep: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match forget(&pool, keep).await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "idempotency keys forgotten"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "idempotency keys not forgotten");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Deletes all keys older than `keep`; says how many.
///
/// # Errors
/// The database cannot be reached; what was deleted before stays deleted.
pub async fn forget(pool: &PgPool, keep: Duration) -> Result<u64, sqlx::Error> {
    let mut forgotten = 0;
    loop {
        let deleted = sqlx::query(
            "delete from idempotency_keys where ctid = any (array(
                 select ctid from idempotency_keys where created_at < now() - make_interval(secs => $1)
                  limit $2))",
        )
        .bind(keep.as_secs_f64())
        .bind(BATCH)
        .execute(pool)
        .await?
        .rows_affected();
        forgotten += deleted;
        if deleted == 0 {
            return Ok(forgotten);
        }
    }
}
