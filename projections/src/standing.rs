//! Where every projection stands, for operators.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use crate::pause::{Pause, paused};
use crate::projection::Projection;
use crate::store;

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
pub async fn of(
    pool: &PgPool,
    projections: &[Arc<dyn Projection>],
    now: DateTime<Utc>,
) -> Result<Vec<Standing>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let head = store::head(&mut *connection).await?;
    let paused = paused(&mut *connection).await?;
    let mut standings = Vec::new();
    for projection in projections {
        let mut standing = look(&mut connection, projection.as_ref(), (head, now)).await?;
        standing.paused = paused.iter().find(|pause| pause.projection == standing.name).cloned();
        standings.push(standing);
    }
    Ok(standings)
}

async fn look(
    connection: &mut PgConnection,
    projection: &dyn Projection,
    (head, now): (i64, DateTime<Utc>),
) -> Result<Standing, sqlx::Error> {
    let (name, version) = (projection.name(), projection.version());
    let (position, oldest, parked_streams, parked_events, skipped_events): (
        i64,
        Option<DateTime<Utc>>,
        i64,
        i64,
        i64,
    ) = sqlx::query_as(
        "with mark as (select projection_watermark($1, $2) as position)
             select mark.position,
                    (select e.recorded_at from events e where e.position > mark.position order by e.position limit 1),
                    (select count(distinct (tenant_id, aggregate_type, aggregate_id)) from dead_letters where projection = $1),
                    (select count(*) from dead_letters where projection = $1),
                    (select count(*) from skipped_events where projection = $1)
               from mark",
    )
    .bind(name)
    .bind(version)
    .fetch_one(connection)
    .await?;
    let lag_seconds = oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
    let lag_events = (head - position).max(0);
    let paused = None;
    Ok(Standing {
        name,
        version,
        position,
        lag_events,
        lag_seconds,
        parked_streams,
        parked_events,
        skipped_events,
        paused,
    })
}
