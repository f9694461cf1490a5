use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use uuid::Uuid;

use super::{Completion, End, Invocation, Line, Operation};

/// A whole history in memory: operations in the order in which they began.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub seed: u64,
    /// The organizations, by the number that operations use.
    pub tenants: Vec<Uuid>,
    pub operations: Vec<Operation>,
}

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("line {line} is not one of a history")]
    Line { line: usize, source: serde_json::Error },
    #[error("line {line} ends operation {op}, which is not under way")]
    Unbegun { line: usize, op: u64 },
}

impl History {
    /// Reads a file that a recorder wrote, also where the trial was killed: a last line without an end is left out,
    /// and what did not end may have happened.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        Self::read_from(BufReader::new(File::open(path)?))
    }

    fn read_from(mut lines: impl BufRead) -> Result<Self, HistoryError> {
        let mut reading = Reading::default();
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            lines.read_until(b'\n', &mut text)?;
            if text.last() != Some(&b'\n') {
                break;
            }
            let parsed =
                serde_json::from_slice(&text).map_err(|source| HistoryError::Line { line, source })?;
            reading.take(line, parsed)?;
        }
        let mut history = reading.history;
        history.operations.sort_unstable_by_key(|operation| operation.invoked.op);
        Ok(history)
    }

    /// The number of an organization; `None` for one that took no part.
    #[must_use]
    pub fn tenant(&self, organization: Uuid) -> Option<u16> {
        let place = self.tenants.iter().position(|tenant| *tenant == organization)?;
        u16::try_from(place).ok()
    }
}

#[derive(Default)]
struct Reading {
    history: History,
    /// Places of the operations under way.
    open: HashMap<u64, usize>,
}

impl Reading {
    fn take(&mut self, number: usize, line: Line) -> Result<(), HistoryError> {
        let (end, completion) = match line {
            Line::Begin(begin) => {
                self.history.seed = begin.seed;
                self.history.tenants = begin.tenants;
                return Ok(());
            }
            Line::Invoke(invoked) => {
                self.begin(invoked);
                return Ok(());
            }
            Line::Ok(completion) => (End::Ok, completion),
            Line::Fail(completion) => (End::Fail, completion),
            Line::Info(completion) => (End::Info, completion),
        };
        let unbegun = HistoryError::Unbegun { line: number, op: completion.op };
        let operation = self.open.remove(&completion.op).and_then(|at| self.history.operations.get_mut(at));
        let operation = operation.ok_or(unbegun)?;
        (operation.end, operation.completed) = (end, completion);
        Ok(())
    }

    fn begin(&mut self, invoked: Invocation) {
        let never = Completion { op: invoked.op, time: u64::MAX, ..Completion::default() };
        self.open.insert(invoked.op, self.history.operations.len());
        self.history.operations.push(Operation { invoked, end: End::Info, completed: never });
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use uuid::Uuid;

    use super::{History, HistoryError};
    use crate::history::{Begin, Completion, End, Invocation, Kind, Recorder, Token, Way};

    fn file() -> PathBuf {
        std::env::temp_dir().join(format!("seiketsu-history-{}.jsonl", Uuid::new_v4()))
    }

    fn begin() -> Begin {
        Begin { seed: 7, tenants: vec![Uuid::from_u128(1), Uuid::from_u128(2)] }
    }

    fn note(client: u32) -> Invocation {
        Invocation {
            op: 0,
            client,
            tenant: 1,
            f: Kind::AddNote,
            way: Way::Plain,
            aggregate: Some(Uuid::from_u128(9)),
            key: Some(Token::new(1, 5)),
            token: Some(Token::new(1, 5)),
            expected_version: None,
            at_least: None,
            time: 0,
        }
    }

    #[test]
    fn what_was_recorded_is_read_back() {
        let path = file();
        let recorder = Recorder::create(&path, begin()).expect("a new file");
        let first = recorder.invoke(note(0));
        let second = recorder.invoke(note(1));
        let seen = Completion { op: second.op, status: 200, version: Some(3), ..Completion::default() };
        let seen = recorder.complete(End::Ok, seen);
        recorder.intact().expect("written");
        let history = History::read(&path).expect("a history");
        std::fs::remove_file(&path).expect("removed");
        assert_eq!((history.seed, history.tenants.len()), (7, 2));
        assert_eq!(history.tenant(Uuid::from_u128(2)), Some(1));
        let [a, b] = history.operations.as_slice() else { panic!("two operations") };
        assert_eq!((&a.invoked, a.end, a.completed.time), (&first, End::Info, u64::MAX), "it never ended");
        assert_eq!((&b.invoked, b.end, &b.completed), (&second, End::Ok, &seen));
        assert!(second.time <= seen.time);
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_left_out_and_a_damaged_one_is_not() {
        let begun = r#"{"type":"begin","seed":1,"tenants":[]}"#;
        let cut = format!("{begun}\n{{\"type\":\"invoke\",\"op\":");
        assert!(History::read_from(cut.as_bytes()).expect("a history").operations.is_empty());
        let damaged = format!("{begun}\nnonsense\n");
        let refused = History::read_from(damaged.as_bytes());
        assert!(matches!(refused, Err(HistoryError::Line { line: 2, .. })));
        let unbegun = format!("{begun}\n{{\"type\":\"ok\",\"op\":4,\"time\":1}}\n");
        assert!(matches!(History::read_from(unbegun.as_bytes()), Err(HistoryError::Unbegun { op: 4, .. })));
    }
}
