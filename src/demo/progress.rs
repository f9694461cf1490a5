//! How far the run is, on standard error: a bar for people, a line a second for logs.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

/// The progress of one run.
pub struct Progress {
    done: Arc<AtomicU64>,
    bar: Option<ProgressBar>,
    lines: Option<JoinHandle<()>>,
    started: Instant,
}

const LINE: Duration = Duration::from_secs(1);

impl Progress {
    /// Begins to show a run of so many commands.
    #[must_use]
    pub fn of(total: u64) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let started = Instant::now();
        if std::io::stderr().is_terminal() {
            return Self { done, bar: Some(bar(total)), lines: None, started };
        }
        let lines = tokio::spawn(lines(Arc::clone(&done), total, started));
        Self { done, bar: None, lines: Some(lines), started }
    }

    /// One more command was answered.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Stops showing; says how long the run took.
    #[must_use]
    pub fn finish(self) -> Duration {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let Some(lines) = &self.lines {
            lines.abort();
        }
        self.started.elapsed()
    }
}

fn bar(total: u64) -> ProgressBar {
    let template = "{spinner} {bar:40} {human_pos}/{human_len} commands  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

async fn lines(done: Arc<AtomicU64>, total: u64, started: Instant) {
    loop {
        tokio::time::sleep(LINE).await;
        let done = done.load(Ordering::Relaxed);
        eprintln!("demo: {done} of {total} commands, {:.0}/s", rate(done, started.elapsed()));
    }
}

/// So many a second.
#[must_use]
pub fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(0.001)
}
