use std::path::Path;
use std::process::ExitCode;

use tokio::net::TcpListener;

use super::Failure;
use super::parts::{Base, database_url, signing_key};
use crate::config::{Config, ConfigError, TelemetryConfig};
use crate::demo::{self, DemoArgs};
use crate::doctor::{self as checks, Report};
use crate::event_store::{PoolSizes, Pools};
use crate::http::server::{self, ServerLimits};
use crate::lifecycle::{self, Drained, Lifecycle};
use crate::seed::SeedPasswords;
use crate::{migrate as schema, seed as demo_data, telemetry};

/// Stops on the first signal, exits on the second.
pub fn listening() -> Result<Lifecycle, Failure> {
    let lifecycle = Lifecycle::new();
    lifecycle.listen()?;
    Ok(lifecycle)
}

/// Waits for what is under way; tells whether all of it ended well.
pub async fn drained(base: &Base) -> ExitCode {
    match base.lifecycle.drain(lifecycle::DRAIN).await {
        Drained::Clean => ExitCode::SUCCESS,
        Drained::Unclean => ExitCode::FAILURE,
    }
}

type Done = Result<ExitCode, Failure>;

pub async fn serve(config: Config, with_projections: bool) -> Done {
    let metrics = telemetry::init(&config.telemetry)?;
    let key = signing_key(&config)?;
    let listener = TcpListener::bind(config.http.bind).await?;
    let base = Base::new(config, listening()?, metrics)?;
    if with_projections {
        base.start_projections().await?;
    }
    tracing::info!(address = %listener.local_addr()?, "serving");
    base.serve(base.app(&key)?, listener).await?;
    Ok(drained(&base).await)
}

pub async fn relay(config: Config) -> Done {
    let base = background(config).await?;
    base.start_relay()?;
    until_stopped(&base).await
}

pub async fn project(config: Config) -> Done {
    let base = background(config).await?;
    base.start_projections().await?;
    until_stopped(&base).await
}

/// A role without the API still shows health and metrics, where it is told an address.
async fn background(config: Config) -> Result<Base, Failure> {
    let metrics = telemetry::init(&config.telemetry)?;
    let base = Base::new(config, listening()?, metrics)?;
    serve_operations(&base, &base.config.telemetry).await?;
    Ok(base)
}

async fn serve_operations(base: &Base, telemetry: &TelemetryConfig) -> Result<(), Failure> {
    let Some(address) = telemetry.metrics_bind else { return Ok(()) };
    let listener = TcpListener::bind(address).await?;
    let router = telemetry::ops_router(base.metrics.clone(), base.pools.clone());
    let stop = base.lifecycle.stop().clone();
    let limits = ServerLimits::from(&base.config.http);
    base.lifecycle.spawn("operations", async move { server::serve(listener, router, limits, stop).await });
    Ok(())
}

async fn until_stopped(base: &Base) -> Done {
    base.lifecycle.stop().cancelled().await;
    Ok(drained(base).await)
}

pub async fn migrate(config: Config) -> Done {
    let applied = schema::run(&database_url(&config)?).await?;
    if applied.is_empty() {
        println!("The schema is up to date.");
    }
    for migration in applied {
        println!("applied {migration:?}");
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn seed(config: Config, file: Option<&Path>, url: &str) -> Done {
    let database = database_url(&config)?;
    let pools = Pools::new(&database, PoolSizes { tenant: 2, system: 2 })?;
    let seeded = demo_data::seed(&pools, passwords(file), crate::clock::now()).await?;
    let commands = super::parts::a_few_commands(&pools);
    demo_data::seed_profiles(&commands, &seeded, crate::clock::now()).await?;
    if let Some(file) = file {
        demo_data::write_dev_env(file, url, &database, &seeded)?;
    }
    print!("{}", demo_data::credentials(url, &seeded));
    Ok(ExitCode::SUCCESS)
}

/// Given by the operator, remembered from last time, or new.
pub fn passwords(credentials: Option<&Path>) -> SeedPasswords {
    if let Ok(given) = std::env::var("SEIKETSU_SEED_PASSWORD") {
        return SeedPasswords::given(&given);
    }
    credentials.and_then(SeedPasswords::remembered).unwrap_or_else(SeedPasswords::generate)
}

pub fn openapi() -> Done {
    println!("{}", crate::http::openapi::document().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}

pub async fn doctor(config: Result<Config, ConfigError>, json: bool) -> Done {
    let report = match config {
        Ok(config) => checks::doctor(&config).await,
        Err(error) => Report::misconfigured(&error),
    };
    if json {
        println!("{}", report.to_json()?);
    } else {
        print!("{report}");
    }
    Ok(ExitCode::from(report.exit_code()))
}

pub async fn demo(args: DemoArgs) -> Done {
    let report = demo::run(args.into()).await?;
    Ok(if report.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
