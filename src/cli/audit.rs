//! The audit log, for whoever wants to know whether it holds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use seiketsu_domain::ids::TenantId;
use seiketsu_proof::VerifierKey;
use uuid::Uuid;

use super::Failure;
use super::parts::database_url;
use crate::audit::{self, TenantReport};
use crate::config::Config;
use crate::event_store::{PoolSizes, Pools};
use crate::identity::SigningKey;

/// What is asked of the log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Hash every stored event again, build the trees again, check the signatures, and name what differs. Exit code 1
    /// where something does.
    Verify {
        /// Of one organization only.
        #[arg(long, value_name = "ID")]
        tenant: Option<Uuid>,
        /// A key that may have signed, `<name>+<id>+<base64>`; several where it has changed. Without it the public half
        /// of `audit.signing_key_file`.
        #[arg(long = "key", value_name = "KEY")]
        keys: Vec<VerifierKey>,
        /// Where checkpoints were published; `audit.publish_directory` where absent.
        #[arg(long, value_name = "DIRECTORY")]
        published: Option<PathBuf>,
    },
    /// Print the public key checkpoints are verified with.
    Key,
}

type Done = Result<ExitCode, Failure>;

/// Runs the command.
pub async fn run(config: &Config, command: AuditCommand) -> Done {
    match command {
        AuditCommand::Key => {
            println!("{}", own_key(config)?);
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Verify { tenant, keys, published } => {
            let keys = if keys.is_empty() { vec![own_key(config)?] } else { keys };
            let published = published.as_deref().or(config.audit.publish_directory.as_deref());
            verify(config, &keys, published, tenant.map(TenantId)).await
        }
    }
}

async fn verify(
    config: &Config,
    keys: &[VerifierKey],
    published: Option<&Path>,
    only: Option<TenantId>,
) -> Done {
    let pools = Pools::new(&database_url(config)?, PoolSizes { tenant: 1, system: 2 })?;
    let reports = audit::verify(pools.system(), keys, published, only).await?;
    reports.iter().for_each(print);
    let holds = reports.iter().all(|report| report.faults.is_empty());
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &TenantReport) {
    let TenantReport { tenant, events, waiting, checkpoints, faults } = report;
    let verdict = if faults.is_empty() { "as recorded" } else { "NOT AS RECORDED" };
    println!(
        "{tenant}: {events} events, {checkpoints} checkpoints, {waiting} events not in the log yet: {verdict}"
    );
    for fault in faults {
        println!("  {fault}");
    }
}

fn own_key(config: &Config) -> Result<VerifierKey, Failure> {
    let file = config.audit.signing_key_file.as_deref();
    let file = file.ok_or("audit.signing_key_file is not set; give the public key with --key")?;
    Ok(SigningKey::from_pem_file(file)?.signer(&config.audit.name)?.verifier().clone())
}
