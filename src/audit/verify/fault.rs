use std::fmt;

use uuid::Uuid;

/// Something that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The event is not the one that was recorded at its position.
    Altered { event: Uuid, kind: String, position: i64 },
    /// What was recorded at a position is gone.
    Missing { position: i64, leaf: u64 },
    /// The event was not recorded when its position was.
    Added { event: Uuid, kind: String, position: i64 },
    /// The event is the one that was signed; the log's own tables say otherwise.
    LeafAltered { position: i64, leaf: u64 },
    /// Further differences behind the first ones.
    More { differences: u64 },
    /// A table of the log does not read, or does not fit the leaves.
    Log { what: String },
    /// The note is not signed with a key of this installation, or says something else than its row.
    Forged { size: i64, place: &'static str, why: String },
    /// Signed, and not what the log was at this size.
    Untrue { size: u64, place: &'static str },
    /// More was signed than there is.
    Cut { signed: u64, size: u64, place: &'static str },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { event, kind, position } => {
                write!(f, "event {event} ({kind}) at position {position} is not as it was recorded")
            }
            Self::Missing { position, leaf } => {
                write!(f, "the event at position {position} (leaf {leaf}) is gone")
            }
            Self::Added { event, kind, position } => {
                write!(f, "event {event} ({kind}) at position {position} was never recorded")
            }
            Self::LeafAltered { position, leaf } => {
                write!(
                    f,
                    "leaf {leaf} of the log was changed; the event at position {position} is as it was signed"
                )
            }
            Self::More { differences } => write!(f, "and {differences} more differences"),
            Self::Log { what } => write!(f, "the log: {what}"),
            Self::Forged { size, place, why } => write!(f, "{place} checkpoint of {size} events: {why}"),
            Self::Untrue { size, place } => {
                write!(f, "{place} checkpoint of {size} events is signed, and not what the log was")
            }
            Self::Cut { signed, size, place } => {
                write!(f, "{place} checkpoint is of {signed} events, the log has {size}: its end is gone")
            }
        }
    }
}
