//! The envelope of a fact: who, where in which stream, when, why.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::catalogue::Fact;
use crate::event::DecodeError;
use crate::ids::TenantId;
use crate::values::Timestamp;

/// Number of hash slots streams are spread over. Kafka partition = slot modulo partition count, so that the number
/// of partitions can be chosen per installation without touching stored events.
pub const SLOTS: u16 = 1024;

/// The slot of a stream: FNV-1a over tenant and aggregate id. Stored with each event; never change it.
#[must_use]
pub fn slot_of(tenant: TenantId, aggregate_id: Uuid) -> i16 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in tenant.0.as_bytes().iter().chain(aggregate_id.as_bytes()) {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    // The low bits of FNV mix worst; fold the high half in.
    let folded = (hash >> 16) ^ (hash & 0xffff);
    i16::try_from(folded % u32::from(SLOTS)).unwrap_or(0)
}

/// Why an event came about; stored beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The command that caused it; event ids derive from it.
    pub command_id: Uuid,
    /// The user or service who wished it; nil for the system itself.
    pub actor: Uuid,
    /// The request or conversation this belongs to.
    pub correlation_id: Uuid,
    /// The event or command that directly led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// W3C trace context of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl Metadata {
    /// For an event whose metadata does not read: the fact counts, its history is lost.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            command_id: Uuid::nil(),
            actor: Uuid::nil(),
            correlation_id: Uuid::nil(),
            causation_id: None,
            traceparent: None,
        }
    }
}

/// One recorded event, decoded once and shared by all its readers.
#[derive(Debug)]
pub struct Envelope {
    /// Place in the one committed order of the store; grows, may skip numbers.
    pub position: i64,
    pub tenant: TenantId,
    /// The aggregate, as `crate::catalogue` names it: `call`, `lead`, `consent` and so on.
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    /// Place in its stream: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// How many events right before it in its stream its reader goes without, because an operator said so; else 0.
    pub skipped_before: i64,
    /// Hash slot of its stream, see [`slot_of`].
    pub slot: i16,
    pub event_id: Uuid,
    pub event_type: String,
    pub event_version: i32,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub metadata: Metadata,
    /// The payload as stored, byte for byte.
    pub payload: String,
    /// The payload as understood, or why not. Readers treat an error as a poison event.
    pub fact: Result<Fact, DecodeError>,
}

impl Envelope {
    /// The same event, for a reader that goes without so many events right before it.
    #[must_use]
    pub fn behind_skipped(&self, skipped_before: i64) -> Self {
        let fact =
            Fact::from_stored(&self.aggregate_type, &self.event_type, self.event_version, &self.payload);
        Self {
            skipped_before,
            fact,
            aggregate_type: self.aggregate_type.clone(),
            event_type: self.event_type.clone(),
            metadata: self.metadata.clone(),
            payload: self.payload.clone(),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use uuid::Uuid;

    use super::{SLOTS, slot_of};
    use crate::ids::TenantId;

    #[test]
    fn a_slot_is_stable() {
        let tenant = TenantId(Uuid::from_u128(1));
        assert_eq!(slot_of(tenant, Uuid::from_u128(2)), slot_of(tenant, Uuid::from_u128(2)));
        assert!((0..10_000).all(|n| (0..1024).contains(&slot_of(tenant, Uuid::from_u128(n)))));
    }

    #[test]
    fn streams_spread_over_the_slots() {
        let tenant = TenantId(Uuid::from_u128(7));
        let used: HashSet<i16> = (0..20_000).map(|n| slot_of(tenant, Uuid::from_u128(n * 7919))).collect();
        assert!(used.len() > usize::from(SLOTS) * 9 / 10, "only {} slots used", used.len());
    }
}
