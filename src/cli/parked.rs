//! Events that could not be applied, for whoever looks after them.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use seiketsu_projections::retry::Retried;
use seiketsu_projections::skip::{skip, skipped};
use seiketsu_projections::{Projection, dead_letter, read_models, retry as again};
use serde::Serialize;

use super::Failure;
use super::parts::{at_the_machine, system_pool};
use crate::config::Config;
use crate::relay;

type Done = Result<ExitCode, Failure>;

#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Show which streams are parked, at which event, and why.
    List {
        /// Of one read model only.
        projection: Option<String>,
        /// Answer as JSON, a line per stream.
        #[arg(long)]
        json: bool,
        /// Show what was skipped instead: which events, by whom, when and why.
        #[arg(long)]
        skipped: bool,
    },
    /// Show the parked events of the stream that has one at this position.
    Show {
        projection: String,
        position: i64,
        /// Answer as JSON, a line per event.
        #[arg(long)]
        json: bool,
    },
    /// Try parked events again, once their cause is gone: in order, each stream up to the first that fails again.
    Retry {
        projection: String,
        /// Only the stream that has an event parked at this position.
        #[arg(long)]
        position: Option<i64>,
    },
    /// Go without the event that failed, for good, and apply what waits behind it.
    Skip {
        projection: String,
        position: i64,
        /// Kept with who did it and when.
        #[arg(long)]
        reason: String,
    },
}

/// More than anybody reads.
const MOST: i64 = 10_000;

pub async fn run(config: &Config, command: Parked) -> Done {
    match command {
        Parked::List { projection, json, skipped: true } => {
            list_skipped(config, projection.as_deref(), json).await
        }
        Parked::List { projection, json, skipped: false } => list(config, projection.as_deref(), json).await,
        Parked::Show { projection, position, json } => show(config, &projection, position, json).await,
        Parked::Retry { projection, position } => retry(config, &projection, position).await,
        Parked::Skip { projection, position, reason } => {
            go_without(config, &projection, position, &reason).await
        }
    }
}

/// As JSON, a line each; otherwise in words. Exit code 0 whether or not there are any.
fn print<T: Serialize>(items: &[T], json: bool, nothing: &str, words: impl Fn(&T) -> String) -> Done {
    if items.is_empty() && !json {
        println!("{nothing}");
    }
    for item in items {
        println!("{}", if json { serde_json::to_string(item)? } else { words(item) });
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config, projection: Option<&str>, json: bool) -> Done {
    let streams = dead_letter::list(&system_pool(config)?, projection, MOST).await?;
    print(&streams, json, "nothing is parked", |stream| {
        format!(
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
        )
    })
}

async fn list_skipped(config: &Config, projection: Option<&str>, json: bool) -> Done {
    let events = skipped(&system_pool(config)?, projection, MOST).await?;
    print(&events, json, "nothing was skipped", |event| {
        format!(
            "{} goes without position {} ({}, event {} of {} {}), skipped by {} at {}: {}",
            event.projection,
            event.position,
            event.event_type,
            event.sequence,
            event.aggregate_type,
            event.aggregate_id,
            event.skipped_by,
            event.skipped_at.format("%F %T UTC"),
            event.reason
        )
    })
}

async fn show(config: &Config, projection: &str, position: i64, json: bool) -> Done {
    let events = dead_letter::events_with(&system_pool(config)?, projection, position).await?;
    if events.is_empty() {
        return Err(nothing_at(projection, position));
    }
    print(&events, json, "", |event| {
        let why = event.error.as_deref().unwrap_or("waits");
        format!("position {}, event {}, {}: {why}", event.position, event.sequence, event.event_type)
    })
}

async fn retry(config: &Config, projection: &str, position: Option<i64>) -> Done {
    if projection == relay::NAME {
        let asked = relay::retry::ask(&system_pool(config)?, position).await?;
        return match (asked, position) {
            (0, Some(position)) => Err(nothing_at(projection, position)),
            (asked, _) => Ok(asked_for(asked)),
        };
    }
    let (pool, model) = (system_pool(config)?, find(projection)?);
    let retried = match position {
        None => again::retry(&pool, &model).await?,
        Some(position) => {
            again::retry_at(&pool, &model, position).await?.ok_or_else(|| nothing_at(projection, position))?
        }
    };
    Ok(told(retried))
}

async fn go_without(config: &Config, projection: &str, position: i64, reason: &str) -> Done {
    if reason.trim().is_empty() {
        return Err("--reason must say why".into());
    }
    let by = at_the_machine();
    if projection == relay::NAME {
        let asked = relay::retry::skip(&system_pool(config)?, position, (reason, &by)).await?;
        println!("{projection} goes without position {position}");
        return Ok(asked_for(asked));
    }
    let retried = skip(&system_pool(config)?, &find(projection)?, position, (reason, &by)).await?;
    println!("{projection} goes without position {position}");
    Ok(told(retried))
}

fn nothing_at(projection: &str, position: i64) -> Failure {
    format!("{projection} has nothing parked at position {position}").into()
}

/// The relay does it, once it is active; `parked list relay` shows what is refused again.
fn asked_for(events: u64) -> ExitCode {
    println!("the relay is asked to send {events} events");
    println!("read models fed by Kafka get these streams by a rebuild");
    ExitCode::SUCCESS
}

/// Exit code 1 where something is parked again.
fn told(Retried { applied, parked }: Retried) -> ExitCode {
    println!("{applied} applied, {parked} parked again");
    if parked == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn find(projection: &str) -> Result<Arc<dyn Projection>, Failure> {
    read_models::find(projection).ok_or_else(|| format!("there is no read model {projection}").into())
}
