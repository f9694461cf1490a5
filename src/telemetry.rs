//! Logs, metrics, and what panics leave behind.
//!
//! Logs go to standard error, as lines for people or JSON for collectors. Metrics are served by `/metrics`. Neither
//! carries a secret: those are of type `crate::config::Secret`, which prints as `***`, and no event carries a body.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use seiketsu_projections::lag::{self, Lag};
use seiketsu_projections::{read_models, store};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogFormat, TelemetryConfig};
use crate::event_store::Pools;
use crate::migrate;

/// From what an append on a fast disk takes to what a client gives up after.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Commands per append and events per transaction grow by doubling under load.
const BATCHES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0];

/// How often samples that nobody has fetched are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why there are no logs or metrics.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("`telemetry.log` is not a log directive")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("logs were set up before")]
    Logs(#[from] TryInitError),
    #[error("metrics cannot be set up")]
    Metrics(#[from] BuildError),
    #[error("no thread for metrics")]
    Thread(#[from] std::io::Error),
}

/// Sets up logs, metrics and the panic hook of the process. Once, before anything else.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(config: &TelemetryConfig) -> Result<PrometheusHandle, TelemetryError> {
    init_logs(config)?;
    std::panic::set_hook(Box::new(report_panic));
    let handle = metrics()?.install_recorder()?;
    let upkeep = handle.clone();
    std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(UPKEEP);
            upkeep.run_upkeep();
        }
    })?;
    Ok(handle)
}

fn init_logs(config: &TelemetryConfig) -> Result<(), TelemetryError> {
    let logs = tracing_subscriber::fmt()
        .with_env_filter(config.log.parse::<EnvFilter>()?)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.format {
        LogFormat::Text => logs.finish().try_init()?,
        LogFormat::Json => logs.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

fn metrics() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_size".to_owned()), BATCHES)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_events".to_owned()), BATCHES)
}

/// A panic is a bug: into the log with it, where alerts look, with the place and (if asked for) the way there.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let backtrace = std::backtrace::Backtrace::capture();
    tracing::error!(
        place,
        thread = std::thread::current().name(),
        %backtrace,
        "panic: {}",
        words(panic)
    );
    metrics::counter!("panics_total").increment(1);
}

fn words<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = panic.payload();
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}

/// `/metrics`, `/api/health/live` and `/api/health/ready`, for roles without the API.
pub fn ops_router(metrics: PrometheusHandle, pools: Pools) -> Router {
    let asked = pools.clone();
    let render = async move || {
        measure_lag(&asked).await;
        ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
    };
    Router::new()
        .route("/metrics", get(render))
        .route("/api/health/live", get(async || "alive\n"))
        .route("/api/health/ready", get(async move || ready(&pools).await))
}

/// Sets the gauges that are not counted along the way but asked for: where the store ends, and how far each read model
/// is behind it. Where the database does not answer they stay as they were.
pub async fn measure_lag(pools: &Pools) {
    let Ok(head) = store::head(pools.system()).await else { return };
    metrics::gauge!("eventstore_head_position").set(head as f64);
    if let Ok(lags) = lag::of(pools.system(), &read_models::all()).await {
        lags.iter().for_each(Lag::record);
    }
}

/// Ready means: the database answers and has the schema of this release.
async fn ready(pools: &Pools) -> (StatusCode, &'static str) {
    let Ok(mut connection) = pools.system().acquire().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n");
    };
    match migrate::pending(&mut connection).await {
        Ok(pending) if pending.is_empty() => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the schema is not that of this release\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::metrics;

    #[test]
    fn durations_and_batches_have_buckets() {
        let recorder = metrics().expect("buckets").build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("append_duration_seconds").record(0.003);
            metrics::histogram!("append_batch_size").record(3.0);
            metrics::histogram!("projection_batch_events").record(3.0);
        });
        let page = handle.render();
        assert!(page.contains("append_duration_seconds_bucket{le=\"0.005\"} 1"), "{page}");
        assert!(page.contains("append_batch_size_bucket{le=\"4\"} 1"), "{page}");
        assert!(page.contains("projection_batch_events_bucket{le=\"2\"} 0"), "{page}");
    }
}
