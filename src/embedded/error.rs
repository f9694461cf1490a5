use std::path::{Path, PathBuf};

/// Why there is no private server; says what to do where that is known.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "PostgreSQL 15 or newer was not found on this machine (looked for initdb, pg_ctl and postgres in: {}). \
         Install it with `apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql@17` (macOS), \
         or set DATABASE_URL to a server of yours.",
        list(looked_in)
    )]
    NotFound { looked_in: Vec<PathBuf> },
    #[error(
        "the data in {} was made by PostgreSQL {needed}, which is not installed (looked in: {}). Install that version \
         again, or move the directory away to start with an empty database.",
        home.display(), list(looked_in)
    )]
    OtherVersion { home: PathBuf, needed: u32, looked_in: Vec<PathBuf> },
    #[error(
        "Postgres does not run as root, and there is neither a user `postgres` nor `nobody` to run it as"
    )]
    NoUser,
    #[error("the user {user} who runs Postgres cannot enter any of: {}", list(tried))]
    Unreachable { user: String, tried: Vec<PathBuf> },
    #[error("{} belongs to somebody else; remove it or choose another data directory", path.display())]
    Foreign { path: PathBuf },
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot run {program}: {source}")]
    Run {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{program} failed: {output}")]
    Failed { program: &'static str, output: String },
    #[error("the server in {} does not answer; the end of its log:\n{log}", home.display())]
    Silent { home: PathBuf, log: String },
    #[error(
        "{} is missing, and without it the database beside it cannot be opened. Restore it, or move the directory away \
         to start with an empty database.",
        path.display()
    )]
    NoPassword { path: PathBuf },
    #[error("another process has been starting or stopping the server in {} for too long", home.display())]
    Busy { home: PathBuf },
    #[error("the private database cannot be prepared")]
    Database(#[from] sqlx::Error),
}

impl EmbeddedError {
    /// Turns a failure of the file system into one that says what was to be done to which file.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
