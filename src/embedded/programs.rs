use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::EmbeddedError;

/// The oldest version the schema works with.
const OLDEST: u32 = 15;

/// The directory of one installation's programs.
#[derive(Debug)]
pub(super) struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// The installation that fits existing data, else the newest.
    pub async fn find(home: &Path, needed: Option<u32>) -> Result<Self, EmbeddedError> {
        let looked_in = candidates().await;
        let mut best: Option<(u32, &PathBuf)> = None;
        for directory in looked_in.iter().filter(|directory| has_all(directory)) {
            let Some(version) = major_version(directory).await else { continue };
            let fits = needed.map_or(version >= OLDEST, |needed| version == needed);
            if fits && best.is_none_or(|(newest, _)| version > newest) {
                best = Some((version, directory));
            }
        }
        match (best, needed) {
            (Some((_, directory)), _) => Ok(Self { directory: directory.clone() }),
            (None, Some(needed)) => {
                Err(EmbeddedError::OtherVersion { home: home.to_owned(), needed, looked_in })
            }
            (None, None) => Err(EmbeddedError::NotFound { looked_in }),
        }
    }

    pub fn path(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }
}

/// Where installations put their programs: on the path, where `pg_config` says, and where Debian, Red Hat and
/// Homebrew keep several versions side by side.
async fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        std::env::split_paths(&path).filter(|dir| dir.join("postgres").exists()).collect();
    found.extend(answer(Path::new("pg_config"), "--bindir").await.map(PathBuf::from));
    found.extend(children("/usr/lib/postgresql", ""));
    found.extend(children("/usr", "pgsql-"));
    found.extend(children("/opt/homebrew/opt", "postgresql"));
    found.extend(children("/usr/local/opt", "postgresql"));
    let mut seen = std::collections::HashSet::new();
    found.retain(|directory| seen.insert(directory.clone()));
    found
}

/// `<parent>/<prefix>*/bin`.
fn children(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path().join("bin")).filter(|bin| bin.is_dir()).collect()
}

fn has_all(directory: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| directory.join(program).is_file())
}

/// `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` is 17.
async fn major_version(directory: &Path) -> Option<u32> {
    let answer = answer(&directory.join("postgres"), "--version").await?;
    let (_, version) = answer.split_once("(PostgreSQL) ")?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

async fn answer(program: &Path, question: &str) -> Option<String> {
    let output = Command::new(program).arg(question).stdin(Stdio::null()).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
