//! The history: what each client did and saw, one JSON line when it begins an operation and one when that ends.
//!
//! Promises:
//! - **An operation that reached the server is in the file**: its line is written to the file before the request is
//!   sent, so the history survives the end of the trial's own process, however that comes.
//! - **Nothing is guessed**: `ok` took effect, `fail` certainly did not, `info` may have, then or later. What never
//!   ended is an `info` too.
//! - **Effects can be recognised**: a command carries a `Token` nobody else uses into the event it causes.
//!
//! The lines have the shape of Jepsen's operations (`type`, `f`, `time`), so that other checkers can read them. In
//! memory an operation takes some 250 bytes; ten million of them, an hour at full speed, fit into 3 GB.

mod kind;
mod line;
mod reader;
mod recorder;
mod token;

pub use kind::{Kind, Way};
pub use line::{Begin, Completion, Invocation, Line, Polled};
pub use reader::{History, HistoryError};
pub use recorder::Recorder;
pub use token::Token;

/// How an operation ended, as far as its client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// It took effect, or the read was answered.
    Ok,
    /// It certainly did not take effect, and never will by this request.
    Fail,
    /// Nobody told: it may have taken effect, or may yet.
    Info,
}

/// One operation from its invocation to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub invoked: Invocation,
    pub end: End,
    /// What the client saw; without a status where it saw nothing.
    pub completed: Completion,
}

impl Operation {
    /// Whether the client was told that a command took effect.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.end == End::Ok && self.invoked.f.is_command()
    }

    /// The aggregate it is about: named in the request, or learnt from the answer.
    #[must_use]
    pub fn aggregate(&self) -> Option<uuid::Uuid> {
        self.completed.aggregate.or(self.invoked.aggregate)
    }
}
