//! Stopping a projection where it is. In every process, whatever its source, it applies nothing from the pause on; others
//! of the same worker go on. A paused projection may be rebuilt, and stays paused.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, PgPool};

use crate::source::WHOLE_STORE;

/// Who stopped a projection, when and why.
#[derive(Debug, Clone, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    #[serde(skip)]
    pub projection: String,
    pub reason: String,
    /// `user:<id>`, or `cli:<login>` for somebody at the machine.
    pub paused_by: String,
    pub paused_at: DateTime<Utc>,
}

/// The projections that are paused.
///
/// # Errors
/// The database cannot be reached.
pub async fn paused(executor: impl PgExecutor<'_>) -> Result<Vec<Pause>, sqlx::Error> {
    sqlx::query_as(
        "select projection, reason, paused_by, paused_at from paused_projections order by projection",
    )
    .fetch_all(executor)
    .await
}

/// Pauses a projection; returns whether it went on until now. When this returns, what workers had begun is committed or
/// undone, and they begin nothing more.
///
/// # Errors
/// The database cannot be reached.
pub async fn pause(pool: &PgPool, projection: &str, reason: &str, by: &str) -> Result<bool, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let paused = sqlx::query(
        "insert into paused_projections (projection, reason, paused_by) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(projection)
    .bind(reason)
    .bind(by)
    .execute(&mut *transaction)
    .await?
    .rows_affected()
        > 0;
    // Workers hold this row while they apply; afterwards they find themselves overtaken, and look who is paused.
    sqlx::query(
        "update projection_checkpoints set generation = generation + 1 where projection = $1 and partition = $2",
    )
    .bind(projection)
    .bind(WHOLE_STORE)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    tracing::warn!(projection, reason, by, "projection paused");
    Ok(paused)
}

/// Lets a projection go on; returns whether it was paused. Workers look every second.
///
/// # Errors
/// The database cannot be reached.
pub async fn resume(pool: &PgPool, projection: &str) -> Result<bool, sqlx::Error> {
    let resumed = sqlx::query("delete from paused_projections where projection = $1")
        .bind(projection)
        .execute(pool)
        .await?
        .rows_affected()
        > 0;
    tracing::warn!(projection, "projection resumed");
    Ok(resumed)
}
