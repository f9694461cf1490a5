//! Where every projection stands, for operators.

use std::sync::Arc;

use serde::Serialize;
use sqlx::{FromRow, PgExecutor, PgPool};

use crate::lag;
use crate::pause::{Pause, paused};
use crate::projection::Projection;

/// Where a projection stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    pub name: &'static str,
    /// Of this program's code; the rows of another one wait for a rebuild.
    pub version: i32,
    /// Everything up to here is applied.
    pub position: i64,
    /// Positions between there and the head of the store.
    pub lag_events: i64,
    /// Age of the oldest event not applied, in seconds.
    pub lag_seconds: i64,
    pub parked_streams: i64,
    pub parked_events: i64,
    pub skipped_events: i64,
    /// Absent where it goes on.
    pub paused: Option<Pause>,
}

/// Where some projections stand now.
///
/// # Errors
/// The database cannot be reached.
pub async fn of(pool: &PgPool, projections: &[Arc<dyn Projection>]) -> Result<Vec<Standing>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let lags = lag::of(&mut *connection, projections).await?;
    let paused = paused(&mut *connection).await?;
    let set_aside = set_aside(&mut *connection).await?;
    let standing = |projection: &Arc<dyn Projection>| {
        let name = projection.name();
        let lag = lags.iter().find(|lag| lag.projection == name)?;
        let set_aside = set_aside.iter().find(|one| one.projection == name);
        Some(Standing {
            name,
            version: projection.version(),
            position: lag.position,
            lag_events: lag.events,
            lag_seconds: lag.seconds.floor() as i64,
            parked_streams: set_aside.map_or(0, |one| one.parked_streams),
            parked_events: lag.parked,
            skipped_events: set_aside.map_or(0, |one| one.skipped_events),
            paused: paused.iter().find(|pause| pause.projection == name).cloned(),
        })
    };
    Ok(projections.iter().filter_map(standing).collect())
}

#[derive(FromRow)]
struct SetAside {
    projection: String,
    parked_streams: i64,
    skipped_events: i64,
}

/// What projections did not apply; those that applied everything are left out.
async fn set_aside(executor: impl PgExecutor<'_>) -> Result<Vec<SetAside>, sqlx::Error> {
    sqlx::query_as(
        "select projection, sum(parked)::bigint as parked_streams, sum(skipped)::bigint as skipped_events
           from (select projection, count(distinct (tenant_id, aggregate_type, aggregate_id)) as parked, 0 as skipped
                   from dead_letters group by projection
                  union all
                 select projection, 0, count(*) from skipped_events group by projection) as one
          group by projection",
    )
    .fetch_all(executor)
    .await
}
