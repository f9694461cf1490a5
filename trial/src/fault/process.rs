use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

/// What a process can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// To finish and end.
    Term,
    /// To end in an order of its own; to Postgres: at once, but knowingly ("fast").
    Int,
    /// To Postgres: to end as in a crash ("immediate").
    Quit,
    /// It is gone at once.
    Kill,
    /// It stands still wherever it is, as under a pause of its machine.
    Stop,
    /// It goes on.
    Cont,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
        }
    }
}

/// Sends a signal, by `kill(1)`.
///
/// # Errors
/// There is no such process, or it is not ours to tell.
pub fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    let sent = Command::new("kill").args(["-s", signal.name(), &pid.to_string()]).output()?;
    if sent.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&sent.stderr).trim().to_owned()))
}

/// Whether a process is there.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).output().is_ok_and(|asked| asked.status.success())
}

/// Waits for a process to be gone.
///
/// # Errors
/// It is still there after `patience`.
pub fn await_end(pid: u32, patience: Duration) -> io::Result<()> {
    let started = Instant::now();
    while is_alive(pid) {
        if started.elapsed() > patience {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("process {pid} does not end")));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
