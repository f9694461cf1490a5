//! How a process ends.
//!
//! The first SIGINT or SIGTERM, or a loop that ends uncalled, is a soft stop: whoever holds `Lifecycle::stop` takes
//! no new work and finishes what it has. `Lifecycle::drain` waits for the loops, but not for ever; what is left is
//! abandoned, which the store, the checkpoints and the outboxes are made to survive. A second signal ends the process
//! at once: an operator who presses Ctrl-C twice means it.
//!
//! 1. Make one `Lifecycle` and call `Lifecycle::listen` before anything is started.
//! 2. Start every loop by `Lifecycle::spawn`, giving it a clone of the token; it ends when that is cancelled.
//! 3. Wait for `CancellationToken::cancelled`, then `Lifecycle::drain`, then stop what the loops relied on
//!    (pools, the private database).
//!
//! A loop that panics or returns before it was told to would leave a process that looks alive and does half its work.
//! So that stops the process too, and `drain` says so, for the exit code: whoever supervises it starts it anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use futures::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long loops may take to finish what they have.
pub const DRAIN: Duration = Duration::from_secs(20);

/// The end of a process, shared by all its loops; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    stop: CancellationToken,
    loops: TaskTracker,
    fell_over: Arc<AtomicBool>,
}

/// How a drain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Asked to stop, and everything finished.
    Clean,
    /// The deadline passed, or a loop had ended before it was told to.
    Unclean,
}

impl Lifecycle {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops softly on the first signal and exits on the second.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn listen(&self) -> std::io::Result<()> {
        let interrupts = signal(SignalKind::interrupt())?;
        let terminations = signal(SignalKind::terminate())?;
        tokio::spawn(obey(interrupts, terminations, self.stop.clone()));
        Ok(())
    }

    /// Cancelled when the process is to end. Cancel it to end the process.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Runs a loop that ends when [`Lifecycle::stop`] is cancelled, and not before.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let lifecycle = self.clone();
        self.loops.spawn(async move {
            // Nothing of the loop is touched after a panic, so nothing can be seen half changed.
            let ended = std::panic::AssertUnwindSafe(work).catch_unwind().await;
            if ended.is_err() || !lifecycle.stop.is_cancelled() {
                tracing::error!(name, panicked = ended.is_err(), "a loop ended uncalled; stopping");
                lifecycle.fell_over.store(true, Relaxed);
                lifecycle.stop.cancel();
            }
        });
    }

    /// Tells all loops to stop and waits for them, at most `deadline`.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        self.stop.cancel();
        self.loops.close();
        let in_time = tokio::time::timeout(deadline, self.loops.wait()).await.is_ok();
        if !in_time {
            tracing::warn!(loops = self.loops.len(), ?deadline, "not everything finished in time");
        }
        if in_time && !self.fell_over.load(Relaxed) { Drained::Clean } else { Drained::Unclean }
    }
}

async fn obey(mut interrupts: Signal, mut terminations: Signal, stop: CancellationToken) {
    let mut next = async || {
        tokio::select! {
            _ = interrupts.recv() => 130,
            _ = terminations.recv() => 143,
        }
    };
    next().await;
    tracing::info!("stopping; once more to stop at once");
    stop.cancel();
    let code = next().await;
    std::process::exit(code);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Drained, Lifecycle};

    #[tokio::test]
    async fn loops_end_when_told_to() {
        let lifecycle = Lifecycle::new();
        let stop = lifecycle.stop().clone();
        lifecycle.spawn("obedient", async move { stop.cancelled().await });
        assert_eq!(lifecycle.drain(Duration::from_secs(5)).await, Drained::Clean);
    }

    #[tokio::test]
    async fn a_loop_that_does_not_end_is_abandoned() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("deaf", std::future::pending());
        assert_eq!(lifecycle.drain(Duration::from_millis(20)).await, Drained::Unclean);
    }

    #[tokio::test]
    async fn a_loop_that_ends_uncalled_stops_the_process() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("quitter", async {});
        lifecycle.stop().cancelled().await;
        assert_eq!(lifecycle.drain(Duration::from_secs(5)).await, Drained::Unclean);
    }

    #[tokio::test]
    async fn a_panic_stops_the_process() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("clumsy", async { panic!("dropped something") });
        lifecycle.stop().cancelled().await;
        assert_eq!(lifecycle.drain(Duration::from_secs(5)).await, Drained::Unclean);
    }
}
