use std::fs::{File, OpenOptions};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::process::{self, Signal};
use crate::load::Login;

/// How long a process may take to be ready, or to end when told to.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long one question whether it is ready may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Processes of the server's binary that share a database, settings and a signing key. Its folder goes with it.
#[derive(Debug)]
pub struct Installation {
    binary: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    logs: Arc<Mutex<Vec<PathBuf>>>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Migrates and seeds, then serves, applies, and relays where there is a broker. Every installation begins with one.
    Everything,
    /// The API alone.
    Api,
    Relay,
    Projections,
}

/// A process of an installation; killed when dropped.
#[derive(Debug)]
pub struct Process {
    pub url: String,
    role: Role,
    port: u16,
    child: Child,
}

impl Installation {
    /// Nothing runs yet. `settings` are environment variables for all its processes.
    ///
    /// # Errors
    /// The folder for its data cannot be made.
    pub fn new(binary: &Path, settings: &[(&str, &str)]) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("seiketsu-trial-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder)?;
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Self { binary: binary.to_owned(), folder, settings, logs: Arc::default() })
    }

    /// Starts a process, with more settings of its own, and waits until it is ready.
    ///
    /// # Errors
    /// It ends instead, or is not ready in time.
    pub async fn start(&self, role: Role, more: &[(&str, &str)]) -> io::Result<Process> {
        self.start_at(free_port()?, role, more).await
    }

    /// Starts in place of a process that has ended, where its clients expect it.
    ///
    /// # Errors
    /// See [`Installation::start`].
    pub async fn start_again(&self, process: &mut Process, more: &[(&str, &str)]) -> io::Result<()> {
        *process = self.start_at(process.port, process.role, more).await?;
        Ok(())
    }

    async fn start_at(&self, port: u16, role: Role, more: &[(&str, &str)]) -> io::Result<Process> {
        let (log, path) = self.next_log(role)?;
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(&self.binary);
        match role {
            Role::Everything => command.arg("dev").arg("--data").arg(&self.folder),
            Role::Api => command.arg("serve"),
            Role::Relay => command.arg("relay"),
            Role::Projections => command.arg("project"),
        };
        let bind = match role {
            Role::Everything | Role::Api => "SEIKETSU__HTTP__BIND",
            Role::Relay | Role::Projections => "SEIKETSU__TELEMETRY__METRICS_BIND",
        };
        command
            .env("SEIKETSU__AUTH__SIGNING_KEY_FILE", self.folder.join("signing-key.pem"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .envs(more.iter().copied())
            .env(bind, &address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut process = Process { url: format!("http://{address}"), role, port, child: command.spawn()? };
        process.ready(&path).await?;
        Ok(process)
    }

    fn next_log(&self, role: Role) -> io::Result<(File, PathBuf)> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join(format!("{}-{role:?}.log", logs.len()));
        let log = OpenOptions::new().create(true).append(true).open(&path)?;
        logs.push(path.clone());
        Ok((log, path))
    }

    /// The logs of all processes so far.
    #[must_use]
    pub fn logs(&self) -> Vec<PathBuf> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The managers of the two demo organizations.
    ///
    /// # Errors
    /// No process with [`Role::Everything`] has been ready yet.
    pub fn logins(&self) -> io::Result<Vec<Login>> {
        let text = std::fs::read_to_string(self.folder.join("dev.env"))?;
        let value = |name: String| {
            let line = text.lines().find_map(|line| line.strip_prefix(&name)?.strip_prefix('='));
            line.map(|value| value.trim_matches(['"', '\'']).to_owned())
                .ok_or_else(|| io::Error::other(format!("{name} is not in dev.env")))
        };
        ["SEIKETSU_", "SEIKETSU_SECOND_"]
            .map(|prefix| {
                Ok(Login {
                    organization: value(format!("{prefix}ORGANIZATION"))?,
                    email: value(format!("{prefix}EMAIL"))?,
                    password: value(format!("{prefix}PASSWORD"))?,
                })
            })
            .into_iter()
            .collect()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("logs are kept in {}", self.folder.display());
        } else {
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

/// Bound and let go: it was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Process {
    async fn ready(&mut self, log: &Path) -> io::Result<()> {
        let (url, started) = (format!("{}/api/health/ready", self.url), Instant::now());
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                return Err(io::Error::other(format!("{:?} ended with {status}:\n{log}", self.role)));
            }
            let answer = tokio::time::timeout(ANSWER, reqwest::get(&url)).await;
            if answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success())) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("{:?} is not ready", self.role)))
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        process::signal(self.child.id(), signal)
    }

    /// Whether it has ended by itself, and how.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its end, of whatever cause.
    ///
    /// # Errors
    /// It goes on.
    pub async fn end(&mut self) -> io::Result<ExitStatus> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("{:?} does not end", self.role)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
