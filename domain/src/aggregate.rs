//! The seam between the business and the machinery.
//!
//! An aggregate is its state. `Decide::decide` answers a command with events or a refusal and changes nothing;
//! `Decide::evolve` applies one event and cannot fail. The same `evolve` rebuilds state in the command path, in
//! snapshots and in read models, so these can never disagree about what an event means.
//!
//! `cqrs_es::Aggregate` is implemented on top by `crate::aggregate!`, which gives us its test framework and lets
//! `postgres-es` read our streams.

use std::borrow::Cow;

use crate::event::Event;
use crate::values::Timestamp;

/// A pure, synchronous decision maker over one stream of events.
pub trait Decide:
    cqrs_es::Aggregate<Services = (), Event: Event, Error: Refusal + Send + Sync, Command: Send + Sync>
    + Clone
    + 'static
{
    /// Bumped when the meaning of the serialised state changes; older snapshots are then ignored, not converted.
    const STATE_VERSION: i32;

    /// Answers a command with the events it causes; an empty list means "already so", which is a success.
    ///
    /// # Errors
    /// The reason for a no. Nothing has happened then.
    fn decide(&self, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// Applies one event. Total: history is never refused.
    fn evolve(&mut self, event: &Self::Event);

    /// Counts one event without applying it, for a reader that an operator told to go without it. Decisions never do.
    fn pass_over(&mut self);

    /// Number of events applied so far; the sequence of the last one, 0 before the first.
    fn version(&self) -> i64;
}

/// Why a command was refused: what a client sees and can act on.
pub trait Refusal: std::error::Error + 'static {
    /// Stable machine-readable code, snake_case; each has an entry in `docs/ERRORS.md`.
    fn code(&self) -> &'static str;

    /// What sort of no it is; decides the HTTP status.
    fn kind(&self) -> RefusalKind;

    /// The field that is to blame, as a JSON pointer into the request body; owned where it names an item of a list.
    fn pointer(&self) -> Option<Cow<'static, str>> {
        None
    }
}

/// The sorts of refusal there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The stream does not exist for this tenant: 404.
    NotFound,
    /// A rule of the domain forbids it in the present state: 409.
    Conflict,
    /// The command itself is not acceptable, whatever the state: 422.
    Unacceptable,
}

/// How far a client's clock may run ahead of ours before its timestamps are refused, in seconds.
pub const FUTURE_TOLERANCE_SECONDS: i64 = 60;

/// Whether `claimed` lies further in the future of `now` than [`FUTURE_TOLERANCE_SECONDS`].
#[must_use]
pub fn is_in_future(claimed: Timestamp, now: Timestamp) -> bool {
    claimed > now.plus_seconds(FUTURE_TOLERANCE_SECONDS)
}

/// Implements `cqrs_es::Aggregate` for a type that implements [`Decide`].
#[macro_export]
macro_rules! aggregate {
    ($aggregate:ty as $name:literal, $command:ty, $event:ty, $refusal:ty) => {
        impl cqrs_es::Aggregate for $aggregate {
            const TYPE: &'static str = $name;
            type Command = $command;
            type Event = $event;
            type Error = $refusal;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                _services: &(),
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in $crate::aggregate::Decide::decide(self, &command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                $crate::aggregate::Decide::evolve(self, &event);
            }
        }
    };
}
