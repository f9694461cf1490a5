//! Rule packs, for whoever reviews them: which ones this build has, whether a file is one, and what changed.

use std::path::Path;
use std::process::ExitCode;

use seiketsu_domain::permission::pack::{Change, Confidence, Pack, SHIPPED, diff as compare};
use seiketsu_domain::permission::places;

use super::Failure;

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
