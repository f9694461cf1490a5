use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::EmbeddedError;

/// The system user the server and its tools run as: ourselves, or another one where we are root.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub name: String,
    /// Who we are ourselves.
    pub caller: u32,
    /// User and group to become; `None` where we stay who we are.
    pub ids: Option<(u32, u32)>,
}

impl Account {
    pub async fn choose() -> Result<Self, EmbeddedError> {
        let caller = id(&["-u"]).await.ok_or(EmbeddedError::NoUser)?;
        if caller != 0 {
            return Ok(Self { name: caller.to_string(), caller, ids: None });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id(&["-u", name]).await, id(&["-g", name]).await) {
                return Ok(Self { name: name.to_owned(), caller, ids: Some((user, group)) });
            }
        }
        Err(EmbeddedError::NoUser)
    }

    /// A command that runs as this user, in `/` and without our environment: it may hold secrets, and `PG*`
    /// variables that would lead the tools elsewhere.
    pub fn command(&self, program: &Path) -> std::process::Command {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }

    /// Whether this user can enter a directory.
    pub async fn can_enter(&self, directory: &Path) -> bool {
        let mut shell = self.command(Path::new("/bin/sh"));
        shell.args(["-c", "cd -- \"$0\""]).arg(directory).stdout(Stdio::null()).stderr(Stdio::null());
        Command::from(shell).status().await.is_ok_and(|status| status.success())
    }

    /// Gives a file or directory to this user.
    pub fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some((user, group)) = self.ids else { return Ok(()) };
        std::os::unix::fs::lchown(path, Some(user), Some(group))
            .map_err(EmbeddedError::file("hand over", path))
    }
}

async fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stdin(Stdio::null()).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().parse().ok())?
}
