//! Rule packs, for whoever reviews them: which ones this build has, whether a file is one, and what changed.

use std::path::Path;
use std::process::ExitCode;

use seiketsu_domain::compliance::{ComplianceCommand, Profile};
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::permission::pack::{Change, Confidence, Pack, PackName, SHIPPED, diff as compare};
use seiketsu_domain::permission::places;
use uuid::Uuid;

use super::Failure;
use super::parts::{a_few_commands, database_url};
use crate::clock;
use crate::command::Wish;
use crate::config::Config;
use crate::event_store::{PoolSizes, Pools};
use crate::identity::{Permission, Role};
use crate::permission::packs_of_the_build;

type Done = Result<ExitCode, Failure>;

/// Prints the packs of this build, with their identities.
pub fn list() -> Done {
    for (name, text) in SHIPPED {
        let pack = read(name.as_str(), text)?;
        let id = pack.id();
        let unsure = pack.rows.iter().filter(|row| row.confidence >= Confidence::Low).count();
        println!(
            "{id} sha256:{} from {} to {}, {} rows, {unsure} of them unsure or policy",
            id.sha256,
            pack.effective_from,
            pack.review_by,
            pack.rows.len()
        );
    }
    println!("area codes {}", places::version());
    println!("Engineering data for counsel to review, not legal advice.");
    Ok(ExitCode::SUCCESS)
}

/// Approves packs of this build for an organization, in the name of one of its administrators. May be done before the
/// build is in use.
pub async fn approve(config: &Config, organization: &str, by: &str, pack: Option<&str>) -> Done {
    let pools = Pools::new(&database_url(config)?, PoolSizes { tenant: 2, system: 2 })?;
    let (tenant, actor) = administrator(&pools, organization, by).await?;
    let wanted = |name: PackName| pack.is_none_or(|wanted| wanted == name.as_str());
    let packs: Vec<_> = packs_of_the_build().into_iter().filter(|(name, ..)| wanted(*name)).collect();
    if packs.is_empty() {
        return Err(format!("there is no rule pack {}", pack.unwrap_or_default()).into());
    }
    let commands = a_few_commands(&pools);
    for (pack, version, sha256) in packs {
        let told = format!("{}@{version}", pack.as_str());
        let wish = Wish::of(tenant, actor, clock::now());
        let at = wish.at;
        let command =
            ComplianceCommand::ApprovePack { organization_id: tenant, pack, version, sha256, by: actor, at };
        let approved = commands.execute::<Profile>(&wish, tenant.0, command).await?;
        println!("{told} {}", if approved.events.is_empty() { "was approved before" } else { "is approved" });
    }
    Ok(ExitCode::SUCCESS)
}

async fn administrator(pools: &Pools, organization: &str, by: &str) -> Result<(TenantId, UserId), Failure> {
    let found: Option<(Uuid, Uuid, String)> = sqlx::query_as(
        "select u.tenant_id, u.id, u.role from users u join organizations o using (tenant_id)
          where o.domain = $1 and u.email = $2 and u.disabled_at is null",
    )
    .bind(organization)
    .bind(by)
    .fetch_optional(pools.system())
    .await?;
    let (tenant, user, role) = found.ok_or_else(|| format!("{organization} has no active user {by}"))?;
    if !Role::try_from(role)?.allows(Permission::Administer) {
        return Err(format!("{by} may not approve rule packs: that takes an administrator").into());
    }
    Ok((TenantId(tenant), UserId(user)))
}

/// Exit code 1 where the file is no valid pack; says everything that is wrong with it.
pub fn validate(file: &Path) -> Done {
    match Pack::parse(&std::fs::read_to_string(file)?) {
        Ok(pack) => {
            println!("{} sha256:{} is valid, {} rows", pack.id(), pack.id().sha256, pack.rows.len());
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            for fault in faults {
                println!("{}: {fault}", file.display());
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Prints what changed from one pack to another, row by row. Exit code 0 whether or not anything did.
pub fn diff(before: &str, after: &str, json: bool) -> Done {
    let changes = compare(&find(before)?, &find(after)?);
    for change in &changes {
        if json {
            println!("{}", serde_json::to_string(change)?);
        } else {
            println!("{}", told(change));
        }
    }
    if changes.is_empty() && !json {
        println!("nothing changed");
    }
    Ok(ExitCode::SUCCESS)
}

fn told(change: &Change) -> String {
    match change {
        Change::Head { field, before, after } => format!("~ {field}: {before} → {after}"),
        Change::Added { id, from } => format!("+ {id} from {from}"),
        Change::Removed { id, from } => format!("- {id} from {from}"),
        Change::Changed { id, from, field, before, after } => {
            format!("~ {id} from {from}: {field}: {before} → {after}")
        }
    }
}

/// A pack by the name of one that comes with this build, or from a file.
fn find(name: &str) -> Result<Pack, Failure> {
    match SHIPPED.iter().find(|(shipped, _)| shipped.as_str() == name) {
        Some((_, text)) => read(name, text),
        None => {
            let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
            read(name, &text)
        }
    }
}

fn read(name: &str, text: &str) -> Result<Pack, Failure> {
    Pack::parse(text).map_err(|faults| {
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        format!("{name}: {}", told.join("; ")).into()
    })
}
