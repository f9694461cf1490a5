//! Given history, when a wish, then news or a refusal: the specification of an aggregate reads like that.
//! A thin layer over the test framework of `cqrs_es`.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use crate::aggregate::Decide;
use crate::values::Timestamp;

/// The moment specifications start at: a Tuesday, 10:00 in New York.
pub fn morning() -> Timestamp {
    "2026-11-24T15:00:00Z".parse().expect("a valid instant")
}

/// Starts a specification from the events that happened before.
pub fn given<A: Decide>(history: impl IntoIterator<Item = A::Event>) -> Given<A> {
    Given(TestFramework::with(()).given(history.into_iter().collect()))
}

pub struct Given<A: Decide>(AggregateTestExecutor<A>);

impl<A: Decide<Command: Clone, Error: PartialEq>> Given<A> {
    pub fn when(self, command: A::Command) -> Outcome<A> {
        Outcome(self.0.when(command).inspect_result())
    }
}

pub struct Outcome<A: Decide>(Result<Vec<A::Event>, A::Error>);

impl<A: Decide<Error: PartialEq>> Outcome<A> {
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = A::Event>) {
        assert_eq!(self.0, Ok(expected.into_iter().collect::<Vec<_>>()));
    }

    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    #[track_caller]
    pub fn then_refused(self, refusal: A::Error) {
        assert_eq!(self.0, Err(refusal));
    }

    /// The events themselves, where a specification looks at a part of them.
    #[track_caller]
    pub fn events(self) -> Vec<A::Event> {
        self.0.expect("the command is accepted")
    }
}
