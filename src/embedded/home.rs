use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::EmbeddedError;
use super::account::Account;

/// The directory of the private server.
#[derive(Debug)]
pub(super) struct Home {
    root: PathBuf,
}

/// Held while this process uses the server; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Claim(#[expect(dead_code, reason = "holds the lock")] File);

/// Held while starting or stopping: one process at a time.
pub(super) struct Turn(#[expect(dead_code, reason = "holds the lock")] File);

impl Home {
    /// Finds or makes the directory, somewhere the server's user can reach.
    pub async fn open(data_dir: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let place = place_for(data_dir, account).await?;
        let home = Self { root: place.join("postgres") };
        make_directory(&home.root, account)?;
        let server = home.server();
        match DirBuilder::new().mode(0o700).create(&server) {
            Ok(()) => account.own(&server)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(EmbeddedError::file("create", &server)(error)),
        }
        Ok(home)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of the server's user.
    pub fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// Postgres' own data directory.
    pub fn data(&self) -> PathBuf {
        self.server().join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// The major version whose data is here, once there is any.
    pub fn major_version(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.data().join("PG_VERSION");
        match std::fs::read_to_string(&path) {
            Ok(version) => Ok(version.trim().parse().ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedError::file("read", &path)(error)),
        }
    }

    pub fn password(&self) -> Result<String, EmbeddedError> {
        let path = self.root.join("password");
        match std::fs::read_to_string(&path) {
            Ok(password) => Ok(password.trim().to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(EmbeddedError::NoPassword { path }),
            Err(error) => Err(EmbeddedError::file("read", &path)(error)),
        }
    }

    pub fn remember_password(&self, password: &str) -> Result<(), EmbeddedError> {
        write_private(&self.root.join("password"), password)
    }

    pub fn port(&self) -> Option<u16> {
        std::fs::read_to_string(self.root.join("port")).ok()?.trim().parse().ok()
    }

    pub fn remember_port(&self, port: u16) -> Result<(), EmbeddedError> {
        write_private(&self.root.join("port"), &port.to_string())
    }

    /// Waits until no other process starts or stops this server.
    pub async fn take_turn(&self, patience: Duration) -> Result<Turn, EmbeddedError> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(turn) = self.try_turn()? {
                return Ok(turn);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(EmbeddedError::Busy { home: self.root.clone() })
    }

    /// As [`Home::take_turn`], without waiting.
    pub fn try_turn(&self) -> Result<Option<Turn>, EmbeddedError> {
        Ok(try_exclusive(&self.root.join("turn.lock"))?.map(Turn))
    }

    /// Counts this process among those that use the server. Only in one's turn.
    pub fn claim(&self) -> Result<Claim, EmbeddedError> {
        let path = self.root.join("users.lock");
        let file = lock_file(&path)?;
        file.lock_shared().map_err(EmbeddedError::file("lock", &path))?;
        Ok(Claim(file))
    }

    /// Whether no process uses the server.
    pub fn is_unclaimed(&self) -> Result<bool, EmbeddedError> {
        Ok(try_exclusive(&self.root.join("users.lock"))?.is_some())
    }
}

/// `data_dir`, or a place outside of it where the server's user cannot enter it: a project under root's home.
async fn place_for(data_dir: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    std::fs::create_dir_all(data_dir).map_err(EmbeddedError::file("create", data_dir))?;
    let wanted = data_dir.canonicalize().map_err(EmbeddedError::file("find", data_dir))?;
    if account.can_enter(&wanted).await {
        return Ok(wanted);
    }
    let name: String = Sha256::digest(wanted.as_os_str().as_encoded_bytes())
        .iter()
        .take(6)
        .map(|b| format!("{b:02x}"))
        .collect();
    let mut tried = vec![wanted.clone()];
    for place in [
        Path::new("/var/lib").join(format!("seiketsu-{name}")),
        std::env::temp_dir().join(format!("seiketsu-{name}")),
    ] {
        if make_directory(&place, account).is_ok() && account.can_enter(&place).await {
            tracing::warn!(
                "{} cannot enter {}, so the database is kept in {}",
                account.name,
                wanted.display(),
                place.display()
            );
            return Ok(place);
        }
        tried.push(place);
    }
    Err(EmbeddedError::Unreachable { user: account.name.clone(), tried })
}

/// Makes a directory of ours that others may pass through but not list. One that exists must be ours: somebody may
/// have put it there, or a link in its place, to be handed the files.
fn make_directory(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o711).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(EmbeddedError::file("create", path)(error));
        }
        _ => {}
    }
    let found = std::fs::symlink_metadata(path).map_err(EmbeddedError::file("inspect", path))?;
    if found.is_dir() && found.uid() == account.caller {
        return Ok(());
    }
    Err(EmbeddedError::Foreign { path: path.to_owned() })
}

/// Writes a file only we can read, whole or not at all.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), EmbeddedError> {
    let fresh = path.with_extension("new");
    drop(std::fs::remove_file(&fresh));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().map_err(EmbeddedError::file("write", path))
}

fn lock_file(path: &Path) -> Result<File, EmbeddedError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(EmbeddedError::file("open", path))
}

/// The file, locked, where nobody else has locked it.
fn try_exclusive(path: &Path) -> Result<Option<File>, EmbeddedError> {
    let file = lock_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(EmbeddedError::file("lock", path)(error)),
    }
}
