use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::process::{self, Signal};

/// A Postgres, Redis or Kafka that belongs to one trial, started by `.dev/with-services`; gone when dropped, and also
/// where this process is killed.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    variables: HashMap<String, String>,
    /// Runs as long as its standard input is open, and starts what it is told there.
    keeper: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    pid: u32,
}

/// Prints what it was given, then starts whatever it reads, printing the process ids.
const KEEPER: &str =
    r#"env | grep ^SEIKETSU_TEST_; echo; while read -r order; do eval "$order" & echo $!; done"#;
const SERVICES: &str = "SEIKETSU_TEST_SERVICES";
/// How long a server may take to end or to start.
const PATIENCE: Duration = Duration::from_secs(180);

impl Service {
    /// Starts the service of that name and waits until it answers. Takes seconds, in which the thread does nothing else.
    ///
    /// # Errors
    /// It does not start; the script has said why on standard error.
    pub fn start(script: &Path, name: &'static str) -> io::Result<Self> {
        let mut command = Command::new(script);
        command.args([name, "--", "bash", "-c", KEEPER]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // The servers of the whole run, where there are any, are not the trial's to break.
        let inherited = std::env::vars().map(|(variable, _)| variable);
        for variable in inherited.filter(|name| name.starts_with("SEIKETSU_TEST_") && !name.ends_with("_BIN"))
        {
            command.env_remove(variable);
        }
        let mut keeper = command.spawn()?;
        let (Some(orders), Some(answers)) = (keeper.stdin.take(), keeper.stdout.take()) else {
            return Err(io::Error::other("the script has no pipes"));
        };
        let mut service = Self {
            name,
            variables: HashMap::new(),
            keeper,
            orders,
            answers: BufReader::new(answers),
            pid: 0,
        };
        service.read_variables()?;
        service.pid = parsed(&std::fs::read_to_string(service.file("pid")?)?)?;
        Ok(service)
    }

    fn read_variables(&mut self) -> io::Result<()> {
        loop {
            match self.answer()?.split_once('=') {
                Some((name, value)) => self.variables.insert(name.to_owned(), value.to_owned()),
                None if self.variables.is_empty() => return Err(self.failed("did not start")),
                None => return Ok(()),
            };
        }
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn failed(&self, what: &str) -> io::Error {
        io::Error::other(format!("{} {what}", self.name))
    }

    fn file(&self, kind: &str) -> io::Result<PathBuf> {
        let folder = self.variables.get(SERVICES).ok_or_else(|| self.failed("has no folder"))?;
        Ok(Path::new(folder).join(format!("{}.{kind}", self.name)))
    }

    /// A variable the script exports, such as `SEIKETSU_TEST_DATABASE_URL`; empty where it does not.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The script exported no address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        let variable = match self.name {
            "postgres" => "SEIKETSU_TEST_DATABASE_URL",
            "redis" => "SEIKETSU_TEST_REDIS_URL",
            _ => "SEIKETSU_TEST_KAFKA_BROKERS",
        };
        let url = self.variable(variable);
        let authority = url.rsplit_once('@').or(url.rsplit_once("//")).map_or(url, |(_, rest)| rest);
        authority
            .split('/')
            .next()
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| self.failed("has no address"))
    }

    /// Its process; of Postgres, the first of them.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What it has written to its log so far.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log(&self) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.file("log")?)?).into_owned())
    }

    /// It stands still: connections are accepted by the system, and nothing is answered. Of Postgres this concerns
    /// new connections only.
    ///
    /// # Errors
    /// It is not running.
    pub fn pause(&self) -> io::Result<()> {
        process::signal(self.pid, Signal::Stop)
    }

    /// After [`Service::pause`].
    ///
    /// # Errors
    /// It is not running.
    pub fn resume(&self) -> io::Result<()> {
        process::signal(self.pid, Signal::Cont)
    }

    /// Ends it by a signal and waits until it is gone.
    ///
    /// # Errors
    /// It was not running, or does not end.
    pub fn end_by(&self, signal: Signal) -> io::Result<()> {
        process::signal(self.pid, signal)?;
        process::await_end(self.pid, PATIENCE)
    }

    /// Starts it again on the same data and port, and waits until it accepts connections.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let command = std::fs::read_to_string(self.file("command")?)?;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            writeln!(self.orders, "exec {} >>{} 2>&1", command.trim(), self.file("log")?.display())?;
            self.pid = parsed(&self.answer()?)?;
            if self.accepts_connections()? {
                return Ok(());
            }
        }
        Err(self.failed("does not start again"))
    }

    /// False where it has ended instead: a Postgres that was killed must wait for what it left behind.
    fn accepts_connections(&self) -> io::Result<bool> {
        let (address, started) = (self.address()?, Instant::now());
        while started.elapsed() < PATIENCE && process::is_alive(self.pid) {
            if TcpStream::connect(address).is_ok() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(false)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A process that stands still would not notice that it is told to end.
        drop(self.resume());
        drop(process::signal(self.keeper.id(), Signal::Term));
        drop(self.keeper.wait());
    }
}

fn parsed(pid: &str) -> io::Result<u32> {
    pid.trim().parse().map_err(|_| io::Error::other(format!("{pid:?} is no process id")))
}
