//! By `strace`, which makes calls of the kernel fail or wait under processes that are running. Linux only, and only
//! for who may trace them.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::process::{self, Signal};

/// What happens to writes that are to reach the disk (`fsync`, `fdatasync`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// The first one of each process fails with an input/output error; nothing of it is on disk.
    Fails,
    /// Each takes so much longer.
    Takes(Duration),
}

/// A disk with something wrong with it, until dropped.
#[derive(Debug)]
pub struct Disk {
    tracer: Child,
    log: PathBuf,
}

/// How long the tracer may take to get hold of the processes.
const PATIENCE: Duration = Duration::from_secs(20);

impl Disk {
    /// Takes hold of running processes; with `children`, also of those they start from then on.
    ///
    /// # Errors
    /// There is no `strace`, or it may not trace these processes.
    pub fn under(pids: &[u32], children: bool, sync: Sync) -> io::Result<Self> {
        let log = std::env::temp_dir().join(format!("seiketsu-strace-{}", uuid::Uuid::new_v4().simple()));
        let mut command = Command::new("strace");
        if children {
            command.arg("-f");
        }
        command.args(["-e", "trace=fsync,fdatasync", "-e", &injection(sync)]).arg("-o").arg(&log);
        for pid in pids {
            command.args(["-p", &pid.to_string()]);
        }
        let tracer = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut disk = Self { tracer, log };
        disk.await_hold(pids)?;
        Ok(disk)
    }

    fn await_hold(&mut self, pids: &[u32]) -> io::Result<()> {
        let (tracer, started) = (self.tracer.id(), Instant::now());
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.tracer.try_wait()? {
                return Err(io::Error::other(format!(
                    "strace ended with {status}; may it trace processes here?"
                )));
            }
            // A process that has ended meanwhile is nobody's.
            if pids.iter().all(|pid| tracer_of(*pid).is_none_or(|holder| holder == tracer)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "strace did not take hold"))
    }

    /// How often the fault has struck.
    #[must_use]
    pub fn struck(&self) -> u64 {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains("(INJECTED)") || line.contains("(DELAYED)")).count() as u64
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(process::signal(self.tracer.id(), Signal::Int));
        drop(self.tracer.wait());
        drop(std::fs::remove_file(&self.log));
    }
}

fn injection(sync: Sync) -> String {
    match sync {
        Sync::Fails => "inject=fsync,fdatasync:error=EIO:when=1".to_owned(),
        Sync::Takes(time) => format!("inject=fsync,fdatasync:delay_enter={}", time.as_micros()),
    }
}

/// Who traces a process, as the kernel says; 0 where nobody does, `None` where there is no such process.
fn tracer_of(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("TracerPid:"))?.trim().parse().ok()
}
