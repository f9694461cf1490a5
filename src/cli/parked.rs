//! Events that could not be applied, for whoever looks after them.

use std::process::ExitCode;
use std::sync::Arc;

use seiketsu_projections::retry::Retried;
use seiketsu_projections::{Projection, dead_letter, read_models, retry as again};
use sqlx::PgPool;

use super::Failure;
use super::parts::database_url;
use crate::config::Config;
use crate::event_store::{PoolSizes, Pools};

type Done = Result<ExitCode, Failure>;

/// Prints the parked streams; exit code 0 whether or not there are any.
pub async fn list(config: &Config, projection: Option<&str>, json: bool) -> Done {
    let streams = dead_letter::list(&pool(config)?, projection).await?;
    if json {
        for stream in &streams {
            println!("{}", serde_json::to_string(stream)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if streams.is_empty() {
        println!("nothing is parked");
    }
    for stream in &streams {
        println!(
            "{} at position {} ({}, event {} of {} {}), {} waiting since {}: {}",
            stream.projection,
            stream.position,
            stream.event_type,
            stream.sequence,
            stream.aggregate_type,
            stream.aggregate_id,
            stream.events,
            stream.parked_at.format("%F %T UTC"),
            stream.error
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 where something is parked again.
pub async fn retry(config: &Config, projection: &str) -> Done {
    let Retried { applied, parked } = again::retry(&pool(config)?, &find(projection)?).await?;
    println!("{applied} applied, {parked} parked again");
    Ok(if parked == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn find(projection: &str) -> Result<Arc<dyn Projection>, Failure> {
    if projection == "relay" {
        return Err(
            "what the relay has parked went past Kafka's limits; rebuild the read models fed by Kafka".into(),
        );
    }
    read_models::find(projection).ok_or_else(|| format!("there is no read model {projection}").into())
}

fn pool(config: &Config) -> Result<PgPool, Failure> {
    let sizes = PoolSizes { tenant: 1, system: 2 };
    Ok(Pools::new(&database_url(config)?, sizes)?.system().clone())
}
