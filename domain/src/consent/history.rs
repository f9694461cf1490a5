use super::{Consent, ConsentEvent};
use crate::event::Event;
use crate::values::Timestamp;

impl Consent {
    /// What to decide on about a contact at `at`, as far as it was recorded by `known_at`: what had occurred by then, and
    /// what is claimed to have occurred later but had been recorded.
    #[must_use]
    pub fn known_about<'a>(
        history: impl Iterator<Item = (&'a ConsentEvent, Timestamp)>,
        at: Timestamp,
        known_at: Timestamp,
    ) -> Self {
        let mut ledger = Self::default();
        for (sequence, (event, recorded_at)) in (1..).zip(history) {
            ledger.identify(event);
            if recorded_at <= known_at && event.occurred_at().min(recorded_at) <= at {
                ledger.apply(event, sequence);
            }
        }
        ledger
    }

    /// The ledger on two clocks: what had occurred by `at`, as far as it was recorded by `known_at`, in the order in
    /// which it occurred. Either limit is inclusive; where absent, there is none.
    ///
    /// - What did we know then? Both times in the past.
    /// - What was really so then? Only `at`: news that came late is included.
    ///
    /// `history` is the whole stream in its order, each event with the time the store recorded it; facts keep their
    /// sequence numbers. `version` is that of the latest fact included, 0 where there is none; id, organization and
    /// contact are those of the stream even then.
    #[must_use]
    pub fn as_of<'a>(
        history: impl Iterator<Item = (&'a ConsentEvent, Timestamp)>,
        at: Option<Timestamp>,
        known_at: Option<Timestamp>,
    ) -> Self {
        let mut ledger = Self::default();
        let mut facts = Vec::new();
        for (sequence, (event, recorded_at)) in (1..).zip(history) {
            ledger.identify(event);
            let occurred = at.is_none_or(|limit| event.occurred_at() <= limit);
            if occurred && known_at.is_none_or(|limit| recorded_at <= limit) {
                facts.push((event.occurred_at(), sequence, event));
            }
        }
        facts.sort_by_key(|(occurred_at, sequence, _)| (*occurred_at, *sequence));
        facts.into_iter().for_each(|(_, sequence, event)| ledger.apply(event, sequence));
        ledger
    }
}
