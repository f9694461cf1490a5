use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Begin, Completion, End, Invocation, Line};

/// Writes a history. Cheap to clone; costs one write to the file per line, some microseconds.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    file: Mutex<File>,
    began: Instant,
    operations: AtomicU64,
    /// Whether a line could not be written: the history is worthless then.
    broken: Mutex<Option<io::Error>>,
}

impl Recorder {
    /// Begins a history in a new file.
    ///
    /// # Errors
    /// The file exists, or cannot be written.
    pub fn create(path: &Path, begin: Begin) -> io::Result<Self> {
        let file = File::create_new(path)?;
        let shared = Shared {
            file: Mutex::new(file),
            began: Instant::now(),
            operations: AtomicU64::new(0),
            broken: Mutex::new(None),
        };
        let recorder = Self(Arc::new(shared));
        recorder.write(&Line::Begin(begin))?;
        Ok(recorder)
    }

    /// Writes down that an operation begins, and gives it its number and time. When this returns, the line is with
    /// the operating system.
    pub fn invoke(&self, mut invocation: Invocation) -> Invocation {
        invocation.op = self.0.operations.fetch_add(1, Ordering::Relaxed);
        invocation.time = self.now();
        self.note(&Line::Invoke(invocation.clone()));
        invocation
    }

    /// Writes down how an operation ended, now.
    pub fn complete(&self, end: End, mut completion: Completion) -> Completion {
        completion.time = self.now();
        self.note(&Line::end(end, completion.clone()));
        completion
    }

    /// How many operations have begun.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.0.operations.load(Ordering::Relaxed)
    }

    /// Whether every line was written.
    ///
    /// # Errors
    /// The first that was not.
    pub fn intact(&self) -> io::Result<()> {
        let mut broken = self.0.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.take().map_or(Ok(()), Err)
    }

    fn note(&self, line: &Line) {
        if let Err(error) = self.write(line) {
            self.0.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    fn write(&self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        // Whole lines, one after the other: the lock is held over the write.
        self.0.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
