//! Where read models stand, and stopping them there.

use std::process::ExitCode;

use clap::Subcommand;
use seiketsu_projections::standing::{self, Standing};
use seiketsu_projections::{pause, read_models};

use super::Failure;
use super::parts::{at_the_machine, system_pool};
use crate::config::Config;

type Done = Result<ExitCode, Failure>;

#[derive(Debug, Subcommand)]
pub enum Projections {
    /// Show where each stands, whether it is paused, and how much is parked.
    List {
        /// Answer as JSON, a line per read model.
        #[arg(long)]
        json: bool,
    },
    /// Stop a read model where it is, in every process, until it is resumed.
    Pause {
        name: String,
        /// Kept with who did it and when, as long as it is paused.
        #[arg(long)]
        reason: String,
    },
    /// Let a read model go on.
    Resume { name: String },
}

pub async fn run(config: &Config, command: Projections) -> Done {
    match command {
        Projections::List { json } => list(config, json).await?,
        Projections::Pause { name, reason } => stop(config, &name, &reason).await?,
        Projections::Resume { name } => {
            let resumed = pause::resume(&system_pool(config)?, known(&name)?).await?;
            println!("{name} {}", if resumed { "goes on" } else { "was not paused" });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config, json: bool) -> Result<(), Failure> {
    for standing in standing::of(&system_pool(config)?, &read_models::all()).await? {
        println!("{}", if json { serde_json::to_string(&standing)? } else { in_words(&standing) });
    }
    Ok(())
}

fn in_words(standing: &Standing) -> String {
    let Standing { name, position, lag_events, lag_seconds, parked_events, skipped_events, .. } = standing;
    let paused = standing.paused.as_ref().map_or_else(String::new, |pause| {
        let at = pause.paused_at.format("%F %T UTC");
        format!(", paused by {} at {at}: {}", pause.paused_by, pause.reason)
    });
    format!(
        "{name:20} at position {position}, {lag_events} behind ({lag_seconds} s), {parked_events} parked, \
         {skipped_events} skipped{paused}"
    )
}

async fn stop(config: &Config, name: &str, reason: &str) -> Result<(), Failure> {
    if reason.trim().is_empty() {
        return Err("--reason must say why".into());
    }
    let paused = pause::pause(&system_pool(config)?, known(name)?, reason, &at_the_machine()).await?;
    println!("{name} {}", if paused { "is paused" } else { "was paused already" });
    Ok(())
}

fn known(name: &str) -> Result<&'static str, Failure> {
    let found = read_models::find(name);
    found.map(|projection| projection.name()).ok_or_else(|| format!("there is no read model {name}").into())
}
