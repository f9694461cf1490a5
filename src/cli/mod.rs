//! The roles of the binary. `seiketsu help` is the operator's index.

/// Whether what is stored is what was recorded.
mod audit;
/// The whole system on one machine.
mod dev;
/// Do-not-call lists, taken over from files.
mod lists;
/// Rule packs, for whoever reviews them.
mod packs;
/// Events that could not be applied.
mod parked;
/// What roles are made of: pools, store, workers, relay, server.
mod parts;
/// Where read models stand.
mod projections;
/// Read models built anew.
mod rebuild;
/// One role per function.
mod roles;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::demo::DemoArgs;

/// The backend of an AI voice-agent platform.
#[derive(Debug, Parser)]
#[command(name = "seiketsu", version, about, propagate_version = true)]
struct Cli {
    /// Settings file; `./seiketsu.toml` where present.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    role: Role,
}

/// What this process does.
#[derive(Debug, Subcommand)]
enum Role {
    /// Run everything on this machine: private Postgres, migrations, demo organizations, API, projections.
    Dev {
        /// Where data lives between runs.
        #[arg(long, default_value = ".data")]
        data: PathBuf,
    },
    /// Serve the HTTP API. Projections run elsewhere unless `--with-projections` is given.
    Serve {
        /// Also keep the read models current in this process.
        #[arg(long)]
        with_projections: bool,
    },
    /// Relay events from the store to Kafka; one is active per database, others stand by.
    Relay,
    /// Keep read models current, from the store or from Kafka (`projections.source`).
    Project,
    /// Build a read model anew beside the one in use, and swap the two.
    Rebuild(rebuild::RebuildArgs),
    /// Look after events that could not be applied, and their streams, which wait behind them.
    #[command(subcommand)]
    Parked(parked::Parked),
    /// Look where read models stand, and pause and resume them.
    #[command(subcommand)]
    Projections(projections::Projections),
    /// Take over do-not-call lists, and look at those that are held.
    #[command(subcommand)]
    Lists(lists::Lists),
    /// Look at the rule packs permission is decided by.
    #[command(subcommand)]
    Packs(Packs),
    /// Prove that what is stored is what was recorded.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Bring the database schema up to date.
    Migrate,
    /// Create the demo organizations and their users, and print how to log in.
    Seed {
        /// Also write it to this file (mode 0600), and keep the passwords found in it.
        #[arg(long, value_name = "FILE")]
        credentials: Option<PathBuf>,
        /// The address of the server, to print beside it.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// Drive a running server with realistic days and check every number it shows.
    Demo(DemoArgs),
    /// Print the API document.
    Openapi,
    /// Look for what is wrong with this installation.
    Doctor {
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server whether it is ready; exit code 0 or 1.
    Healthcheck {
        #[arg(default_value = "http://127.0.0.1:8080/api/health/ready")]
        url: String,
    },
    /// Print the documentation of every setting.
    ConfigReference,
}

#[derive(Debug, Subcommand)]
enum Packs {
    /// Show the packs of this build and their identities.
    List,
    /// Say whether a file is a valid pack, and everything that is wrong with it.
    Validate { file: PathBuf },
    /// Approve the packs of this build for an organization, or one of them.
    Approve {
        /// The domain the organization logs in with.
        #[arg(long)]
        organization: String,
        /// The email address of the administrator in whose name it is done.
        #[arg(long)]
        by: String,
        /// One pack, by its name; all of them where left out.
        pack: Option<String>,
    },
    /// Show what changed from one pack to another; each is a file, or the name of a pack of this build.
    Diff {
        before: String,
        after: String,
        /// Answer as JSON, a line per change.
        #[arg(long)]
        json: bool,
    },
}

/// Parses the arguments and runs the role.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => failed(error.as_ref()),
    }
}

/// The chain of causes, each once, on standard error.
fn failed(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = inner.source();
    }
    eprintln!("seiketsu: {message}");
    ExitCode::FAILURE
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let config = || Config::load(cli.config.as_deref());
    match cli.role {
        Role::Dev { data } => dev::run(config()?, &data).await,
        Role::Serve { with_projections } => roles::serve(config()?, with_projections).await,
        Role::Relay => roles::relay(config()?).await,
        Role::Project => roles::project(config()?).await,
        Role::Rebuild(args) => rebuild::run(config()?, args).await,
        Role::Parked(command) => parked::run(&config()?, command).await,
        Role::Projections(command) => projections::run(&config()?, command).await,
        Role::Lists(command) => lists::run(&config()?, command).await,
        Role::Packs(Packs::List) => packs::list(),
        Role::Packs(Packs::Validate { file }) => packs::validate(&file),
        Role::Packs(Packs::Approve { organization, by, pack }) => {
            packs::approve(&config()?, &organization, &by, pack.as_deref()).await
        }
        Role::Packs(Packs::Diff { before, after, json }) => packs::diff(&before, &after, json),
        Role::Audit(command) => audit::run(&config()?, command).await,
        Role::Migrate => roles::migrate(config()?).await,
        Role::Seed { credentials, url } => roles::seed(config()?, credentials.as_deref(), &url).await,
        Role::Demo(args) => roles::demo(args).await,
        Role::Openapi => roles::openapi(),
        Role::Doctor { json } => roles::doctor(config(), json).await,
        Role::Healthcheck { url } => Ok(ExitCode::from(crate::doctor::healthcheck(&url).await)),
        Role::ConfigReference => {
            print!("{}", crate::config::reference());
            Ok(ExitCode::SUCCESS)
        }
    }
}
