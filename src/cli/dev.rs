//! `seiketsu dev`: everything on this machine, from nothing, until Ctrl-C. Data stays.

use std::path::Path;
use std::process::ExitCode;

use tokio::net::TcpListener;

use super::Failure;
use super::parts::{Base, own_key_file, own_signing_key};
use super::roles::{drained, listening, passwords};
use crate::config::Config;
use crate::embedded::EmbeddedPostgres;
use crate::lifecycle::Lifecycle;
use crate::seed::{self, Seeded};
use crate::{clock, migrate, telemetry};

pub async fn run(mut config: Config, data: &Path) -> Result<ExitCode, Failure> {
    let metrics = telemetry::init(&config.telemetry)?;
    std::fs::create_dir_all(data)?;
    let lifecycle = listening()?;
    let postgres = match &config.database.url {
        Some(_) => None,
        None => Some(EmbeddedPostgres::start(data).await?),
    };
    if let Some(postgres) = &postgres {
        config.database.url = Some(postgres.url().clone());
    }
    if config.audit.signing_key_file.is_none() {
        config.audit.signing_key_file = Some(own_key_file(data, "audit-key.pem")?);
    }
    let outcome = serve(config, data, lifecycle, metrics).await;
    if let Some(postgres) = postgres {
        postgres.stop().await?;
    }
    outcome
}

async fn serve(
    config: Config,
    data: &Path,
    lifecycle: Lifecycle,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> Result<ExitCode, Failure> {
    let database = super::parts::database_url(&config)?;
    migrate::run(&database).await?;
    let key = own_signing_key(data)?;
    let listener = TcpListener::bind(config.http.bind).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let base = Base::new(config, lifecycle, metrics)?;
    let credentials = data.join("dev.env");
    let seeded = seed::seed(&base.pools, passwords(Some(&credentials)), clock::now()).await?;
    let app = base.app(&key)?;
    seed::seed_profiles(&app.commands, &seeded, clock::now()).await?;
    seed::write_dev_env(&credentials, &url, &database, &seeded)?;
    base.start_projections().await?;
    if base.config.kafka.brokers.is_some() {
        base.start_relay()?;
    }
    announce(&url, &credentials, &seeded);
    base.serve(app, listener).await?;
    let ended = drained(&base).await;
    base.pools.close().await;
    Ok(ended)
}

fn announce(url: &str, credentials: &Path, seeded: &Seeded) {
    println!("Seiketsu is running. Ctrl-C stops it; data stays.\n");
    println!("  API          {url}/api/v1");
    println!("  Reference    {url}/docs");
    println!("  Health       {url}/api/health/detailed");
    println!("  Metrics      {url}/metrics");
    println!("  Credentials  {} ({})", credentials.display(), seeded.first.domain);
    println!("\n`make demo` in another terminal drives it with realistic days.");
}
