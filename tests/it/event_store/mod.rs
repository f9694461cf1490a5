//! The event store's promises, and what tries to break them.

mod append;
mod compat;
mod faults;
mod idempotency;
mod order;
mod partitions;
mod tenancy;
mod turns;

use seiketsu::event_store::{Append, Appended, EventStore, NewEvent, StreamWrite};
use seiketsu::{clock, ids};
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::envelope::Metadata;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::event::Event as _;
use seiketsu_domain::ids::TenantId;
use uuid::Uuid;

use crate::support::wishes;

/// One command's append of real escalation events, from `from` (0 = new) to `from + count`.
pub fn append(tenant: TenantId, id: Uuid, from: i64, count: usize) -> Append {
    let metadata = Metadata { command_id: ids::new(), correlation_id: ids::new(), ..Metadata::unknown() };
    Append { tenant, key: None, metadata, streams: vec![stream(tenant, id, from, count)], known_position: 0 }
}

/// The first event raises the escalation, every later one assigns it to somebody else.
fn stream(tenant: TenantId, id: Uuid, from: i64, count: usize) -> StreamWrite {
    let mut escalation = Escalation::default();
    let mut events = Vec::new();
    for sequence in 1..=from + i64::try_from(count).unwrap() {
        let command = if sequence == 1 { wishes::raise_escalation(tenant, id) } else { wishes::reassign() };
        let event = escalation.decide(&command).unwrap().remove(0);
        escalation.evolve(&event);
        if sequence > from {
            events.push(NewEvent {
                event_type: event.event_type_of().name,
                version: event.event_type_of().version,
                payload: event.to_payload().unwrap(),
                occurred_at: clock::now().get(),
            });
        }
    }
    // Known to have begun somewhere, or made for this command.
    let known = (from > 0).then_some(0);
    StreamWrite { aggregate_type: "escalation", aggregate_id: id, expected: from, known, events }
}

pub async fn committed(store: &EventStore, append: Append) -> i64 {
    match store.append(append).await.unwrap() {
        Appended::Committed { position } => position,
        other => panic!("not committed: {other:?}"),
    }
}
