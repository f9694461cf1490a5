use std::collections::HashMap;
use std::ops::Range;

use uuid::Uuid;

use crate::evidence::{Evidence, StoredEvent};
use crate::history::{History, Operation, Token};

/// History and evidence, with the ways through them that several checks take.
pub struct Case<'a> {
    pub history: &'a History,
    pub evidence: &'a Evidence,
    /// Events by token: (token, place), sorted.
    by_token: Vec<(Token, u32)>,
    /// Commands by key: (key, place), sorted, so that they stay in the order in which they began.
    by_key: Vec<(Token, u32)>,
    /// The number of events of each stream.
    lengths: HashMap<(u16, Uuid), i64>,
}

impl<'a> Case<'a> {
    pub fn new(history: &'a History, evidence: &'a Evidence) -> Self {
        let mut lengths = HashMap::with_capacity(evidence.folds.len());
        for event in &evidence.events {
            *lengths.entry((event.stream.tenant, event.stream.id)).or_default() += 1;
        }
        let tokens = evidence.events.iter().map(|event| event.token);
        let keys = history.operations.iter().map(|op| op.invoked.key.filter(|_| op.invoked.f.is_command()));
        Self { history, evidence, by_token: index(tokens), by_key: index(keys), lengths }
    }

    /// The events that carry a token, in the order of the evidence.
    pub fn events_with(&self, token: Token) -> impl Iterator<Item = &'a StoredEvent> + use<'a, '_> {
        let places = &self.by_token[range_of(&self.by_token, token)];
        places.iter().map(|(_, place)| &self.evidence.events[*place as usize])
    }

    /// Every token in the store, with the events that carry it.
    pub fn tokens(&self) -> impl Iterator<Item = (Token, Vec<&'a StoredEvent>)> + use<'a, '_> {
        self.by_token.chunk_by(|(a, _), (b, _)| a == b).map(|group| {
            let events = group.iter().map(|(_, place)| &self.evidence.events[*place as usize]);
            (group[0].0, events.collect())
        })
    }

    /// Every key with its commands, in the order in which they began.
    pub fn keys(&self) -> impl Iterator<Item = (Token, Vec<&'a Operation>)> + use<'a, '_> {
        self.by_key.chunk_by(|(a, _), (b, _)| a == b).map(|group| {
            let operations = group.iter().map(|(_, place)| &self.history.operations[*place as usize]);
            (group[0].0, operations.collect())
        })
    }

    /// How many events a stream has.
    pub fn length(&self, tenant: u16, aggregate: Uuid) -> i64 {
        self.lengths.get(&(tenant, aggregate)).copied().unwrap_or(0)
    }
}

fn index(names: impl Iterator<Item = Option<Token>>) -> Vec<(Token, u32)> {
    let named = names.enumerate().filter_map(|(place, name)| Some((name?, u32::try_from(place).ok()?)));
    let mut index: Vec<_> = named.collect();
    index.sort_unstable();
    index
}

fn range_of(index: &[(Token, u32)], token: Token) -> Range<usize> {
    let start = index.partition_point(|(other, _)| *other < token);
    let end = start + index[start..].partition_point(|(other, _)| *other == token);
    start..end
}
