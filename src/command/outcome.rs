use std::borrow::Cow;
use std::sync::Arc;

use seiketsu_domain::aggregate::{Decide, Refusal, RefusalKind};

use crate::admission::Crowded;
use crate::event_store::{Loaded, StoreError};

/// A command that took effect (or had nothing to change).
#[derive(Debug)]
pub struct Committed<A: Decide> {
    /// The aggregate as decided.
    pub state: Arc<A>,
    /// The events this command caused.
    pub events: Vec<A::Event>,
    /// Where a reader must have arrived to see it.
    pub position: i64,
    /// Whether this answers from an earlier execution under the same idempotency key.
    pub replayed: bool,
}

impl<A: Decide> Committed<A> {
    pub(super) fn now(after: Loaded<A>, events: Vec<A::Event>) -> Self {
        Self { state: after.state, events, position: after.position, replayed: false }
    }

    pub(super) fn unchanged(after: Loaded<A>) -> Self {
        Self::now(after, Vec::new())
    }
}

/// A refusal, without the type of the aggregate that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub kind: RefusalKind,
    pub code: &'static str,
    /// The sentence the user reads.
    pub detail: String,
    pub pointer: Option<Cow<'static, str>>,
}

impl Refused {
    pub(super) fn of(refusal: &impl Refusal) -> CommandError {
        CommandError::Refused(Self {
            kind: refusal.kind(),
            code: refusal.code(),
            detail: refusal.to_string(),
            pointer: refusal.pointer(),
        })
    }
}

/// Why a command did not take effect. Except for [`CommandError::Store`], nothing has happened.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The domain says no: 404, 409 or 422 by its kind.
    #[error("{}", .0.detail)]
    Refused(Refused),
    /// `If-Match` names another version: 412.
    #[error("the resource is at version {current}")]
    VersionMismatch { current: i64 },
    /// The key stands for another request: 422.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The same key is being executed right now: 409, come back.
    #[error("a request with this idempotency key is in progress")]
    InFlight,
    /// The stream moved on at every attempt: 503, come back.
    #[error("too many commands on this resource at once")]
    Contended,
    /// A stream the decision relied on moved on: gather the facts again. Where that keeps happening, 503.
    #[error("what the decision relied on changed meanwhile")]
    Outdated,
    /// Too many commands of this tenant are waiting: 429, come back.
    #[error(transparent)]
    Crowded(#[from] Crowded),
    /// The database: 503; the outcome may be unknown, a retry with the same key settles it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a command ended, as a metric label.
pub(super) fn name<A: Decide>(outcome: &Result<Committed<A>, CommandError>) -> &'static str {
    match outcome {
        Ok(committed) if committed.replayed => "replayed",
        Ok(_) => "accepted",
        Err(CommandError::Refused(_)) => "refused",
        Err(CommandError::VersionMismatch { .. }) => "version_mismatch",
        Err(CommandError::KeyReused | CommandError::InFlight) => "key_conflict",
        Err(CommandError::Contended | CommandError::Outdated) => "contended",
        Err(CommandError::Crowded(_)) => "turned_away",
        Err(CommandError::Store(_)) => "unavailable",
    }
}
