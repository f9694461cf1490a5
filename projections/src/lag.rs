//! How far read models are behind the store, wherever their workers run.

use std::sync::Arc;

use sqlx::{FromRow, PgExecutor};

use crate::Projection;

/// How far one read model is behind.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Lag {
    pub projection: String,
    /// Everything up to here is applied.
    pub position: i64,
    /// Positions after it up to the store's last event; some of them may never have been given to one.
    pub events: i64,
    /// How long the oldest event that is not applied has been in the store; 0 where there is none.
    pub seconds: f64,
    /// Events that could not be applied, and those that wait behind them.
    pub parked: i64,
}

/// How far each of `projections` is behind.
///
/// # Errors
/// The database cannot be reached.
pub async fn of(
    executor: impl PgExecutor<'_>,
    projections: &[Arc<dyn Projection>],
) -> Result<Vec<Lag>, sqlx::Error> {
    sqlx::query_as(
        "select n.projection, mark.position, greatest(head.position - mark.position, 0) as events,
                coalesce(greatest(extract(epoch from clock_timestamp() - oldest.recorded_at), 0), 0)::float8 as seconds,
                (select count(*) from dead_letters d where d.projection = n.projection) as parked
           from (select coalesce(max(position), 0) as position from events) head
          cross join unnest($1::text[], $2::int[]) as n(projection, version)
          cross join lateral (select projection_watermark(n.projection, n.version) as position) mark
           left join lateral (select e.recorded_at from events e where e.position > mark.position
                               order by e.position limit 1) oldest on true",
    )
    .bind(projections.iter().map(|projection| projection.name()).collect::<Vec<_>>())
    .bind(projections.iter().map(|projection| projection.version()).collect::<Vec<_>>())
    .fetch_all(executor)
    .await
}

impl Lag {
    /// Sets the gauges of this read model.
    #[expect(clippy::cast_precision_loss, reason = "gauges are floats; positions stay far below 2^52")]
    pub fn record(&self) {
        let gauge = |name: &'static str, value: f64| {
            metrics::gauge!(name, "projection" => self.projection.clone()).set(value);
        };
        gauge("projection_position", self.position as f64);
        gauge("projection_lag_events", self.events as f64);
        gauge("projection_lag_seconds", self.seconds);
        gauge("projection_parked_events", self.parked as f64);
    }
}
