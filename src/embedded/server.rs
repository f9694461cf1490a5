use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::process::{Child, Command};

use super::EmbeddedError;
use super::account::Account;
use super::home::{Home, write_private};
use super::programs::Programs;
use crate::config::Secret;

/// Owner and database of everything.
const NAME: &str = "seiketsu";

/// A small machine's share of memory, and durability as in production.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// Starting includes recovery after a crash, which reads up to `max_wal_size`.
const START_PATIENCE: Duration = Duration::from_secs(300);
/// A server that ran before us answers at once, or is none.
const JOIN_PATIENCE: Duration = Duration::from_secs(30);
/// Launches when another process takes the chosen port first.
const PORT_ATTEMPTS: usize = 5;

/// The server: its data, its programs, and the process where we started it.
#[derive(Debug)]
pub(super) struct Server {
    home: Home,
    programs: Programs,
    account: Account,
    child: Option<Child>,
}

impl Server {
    pub fn new(home: Home, programs: Programs, account: Account) -> Self {
        Self { home, programs, account, child: None }
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Creates, starts or joins the server, whatever is needed; returns the URL of its database.
    pub async fn bring_up(&mut self) -> Result<Secret, EmbeddedError> {
        if self.home.major_version()?.is_none() {
            self.create().await?;
        }
        let password = self.home.password()?;
        let mut database = match self.running_port().await {
            Some(port) => self.wait_until_it_answers(port, &password).await?,
            None => self.launch(&password).await?,
        };
        create_database(&mut database.connection).await?;
        let url = format!("postgres://{NAME}:{password}@127.0.0.1:{}/{NAME}?sslmode=disable", database.port);
        Ok(Secret::from(url))
    }

    /// Makes the data directory under another name first: it is whole or absent.
    async fn create(&self) -> Result<(), EmbeddedError> {
        let password: String = rand::random::<[u8; 24]>().iter().map(|byte| format!("{byte:02x}")).collect();
        self.home.remember_password(&password)?;
        let handed_over = self.home.server().join("password");
        write_private(&handed_over, &password)?;
        self.account.own(&handed_over)?;
        let unfinished = self.home.data().with_extension("unfinished");
        let created = self.initdb(&unfinished, &handed_over).await;
        drop(std::fs::remove_file(&handed_over));
        created?;
        std::fs::rename(&unfinished, self.home.data()).map_err(EmbeddedError::file("rename", &unfinished))
    }

    async fn initdb(&self, data: &Path, password_file: &Path) -> Result<(), EmbeddedError> {
        // Order by bytes, as fast as it gets; upper and lower case of every script where the system knows them.
        let case = if cfg!(target_os = "macos") { "--lc-ctype=UTF-8" } else { "--lc-ctype=C.UTF-8" };
        let mut outcome = Ok(());
        for case in [case, "--lc-ctype=C"] {
            drop(std::fs::remove_dir_all(data));
            let arguments = [
                OsStr::new("--pgdata"),
                data.as_os_str(),
                OsStr::new("--pwfile"),
                password_file.as_os_str(),
                OsStr::new("--username=seiketsu"),
                OsStr::new("--auth=scram-sha-256"),
                OsStr::new("--encoding=UTF8"),
                OsStr::new("--locale=C"),
                OsStr::new(case),
            ];
            outcome = self.run("initdb", &arguments).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// The port of a server that runs on this data already.
    async fn running_port(&self) -> Option<u16> {
        let data = self.home.data();
        self.run("pg_ctl", &[OsStr::new("status"), OsStr::new("--pgdata"), data.as_os_str()]).await.ok()?;
        let status = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        status.lines().nth(3)?.trim().parse().ok()
    }

    async fn launch(&mut self, password: &str) -> Result<Answering, EmbeddedError> {
        let mut outcome = Err(EmbeddedError::Busy { home: self.home.root().to_owned() });
        for _ in 0..PORT_ATTEMPTS {
            let port = self.home.port().filter(|port| is_free(*port)).or_else(free_port).unwrap_or(0);
            self.child = Some(self.spawn(port)?);
            outcome = self.wait_until_it_answers(port, password).await;
            match &outcome {
                Ok(_) => {
                    self.home.remember_port(port)?;
                    break;
                }
                Err(EmbeddedError::Silent { log, .. }) if log.contains("Address already in use") => {}
                Err(_) => break,
            }
        }
        outcome
    }

    /// Directly rather than through `pg_ctl start`, which passes paths through a shell; in a process group of its
    /// own, so that Ctrl-C in the terminal does not reach it while we still drain.
    fn spawn(&self, port: u16) -> Result<Child, EmbeddedError> {
        let log = self.home.log();
        drop(std::fs::rename(&log, log.with_extension("log.1")));
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&log);
        let file = file.map_err(EmbeddedError::file("open", &log))?;
        let copy = file.try_clone().map_err(EmbeddedError::file("open", &log))?;
        let mut command = self.account.command(&self.programs.path("postgres"));
        command.arg("-D").arg(self.home.data()).args(["-p", &port.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        command.stdout(Stdio::from(file)).stderr(Stdio::from(copy)).process_group(0);
        Command::from(command)
            .spawn()
            .map_err(|source| EmbeddedError::Run { program: "postgres".to_owned(), source })
    }

    async fn wait_until_it_answers(&mut self, port: u16, password: &str) -> Result<Answering, EmbeddedError> {
        let patience = if self.child.is_some() { START_PATIENCE } else { JOIN_PATIENCE };
        let deadline = Instant::now() + patience;
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(NAME)
            .password(password)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable);
        loop {
            if let Ok(connection) = options.connect().await {
                return Ok(Answering { connection, port });
            }
            if self.has_ended() || Instant::now() > deadline {
                return Err(EmbeddedError::Silent {
                    home: self.home.root().to_owned(),
                    log: self.end_of_log(),
                });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
    }

    fn end_of_log(&self) -> String {
        let log = std::fs::read_to_string(self.home.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// Ends the server: sessions are cut, everything is flushed, the next start needs no recovery.
    pub async fn stop(&mut self) -> Result<(), EmbeddedError> {
        let data = self.home.data();
        let arguments = ["stop", "--mode=fast", "--wait", "--timeout=60", "--pgdata"].map(OsStr::new);
        self.run("pg_ctl", &[&arguments[..], &[data.as_os_str()]].concat()).await?;
        if let Some(mut child) = self.child.take() {
            drop(child.wait().await);
        }
        Ok(())
    }

    /// After a start that failed: what was started is stopped, what ran before is left.
    pub async fn abandon(&mut self) {
        if self.child.is_some() && !self.has_ended() {
            drop(self.stop().await);
        }
    }

    /// As [`Server::stop`], without waiting for the end.
    pub fn ask_to_stop(&self) {
        let mut command = self.account.command(&self.programs.path("pg_ctl"));
        command.args(["stop", "--mode=fast", "--no-wait", "--pgdata"]).arg(self.home.data());
        drop(command.stdout(Stdio::null()).stderr(Stdio::null()).status());
    }

    async fn run(&self, program: &'static str, arguments: &[&OsStr]) -> Result<(), EmbeddedError> {
        let mut command = self.account.command(&self.programs.path(program));
        command.args(arguments);
        let output = Command::from(command)
            .output()
            .await
            .map_err(|source| EmbeddedError::Run { program: program.to_owned(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stderr, output.stdout].concat();
        Err(EmbeddedError::Failed { program, output: String::from_utf8_lossy(&said).trim().to_owned() })
    }
}

/// A connection to the server, and where that is.
struct Answering {
    connection: PgConnection,
    port: u16,
}

async fn create_database(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(NAME)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        connection.execute(format!("create database {NAME}").as_str()).await?;
    }
    connection.ping().await
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Below the range that outgoing connections draw from, so that it is still free at the next start.
fn free_port() -> Option<u16> {
    (0..100).map(|_| 20_000 + rand::random::<u16>() % 10_000).find(|port| is_free(*port))
}
