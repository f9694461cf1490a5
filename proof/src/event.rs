use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::hash::{Hash, leaf_hash};

/// What begins the bytes of an event, version 1.
const FORM: &[u8] = b"seiketsu/event/v1\n";

/// An event as it is stored: every column of `events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoggedEvent {
    /// Place in the store's one order.
    pub position: i64,
    pub tenant_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    pub sequence: i64,
    pub slot: i16,
    pub event_id: Uuid,
    pub event_type: String,
    pub event_version: i32,
    /// The stored JSON, byte for byte.
    pub payload: String,
    /// The stored JSON, byte for byte.
    pub metadata: String,
    /// Microseconds since 1970 in UTC.
    pub occurred_at_micros: i64,
    /// Microseconds since 1970 in UTC.
    pub recorded_at_micros: i64,
}

impl LoggedEvent {
    /// The leaf, version 1: `seiketsu/event/v1` and a line feed; position (8 bytes, as all numbers big-endian and
    /// signed), tenant (16), aggregate id (16), sequence (8), slot (2), event id (16), version (4), occurred and
    /// recorded (8 each); aggregate type and event type, each after its length in bytes (4); SHA-256 of the payload;
    /// SHA-256 of the metadata.
    #[must_use]
    pub fn leaf(&self) -> Vec<u8> {
        let mut leaf = Vec::with_capacity(256);
        leaf.extend(FORM);
        leaf.extend(self.position.to_be_bytes());
        leaf.extend(self.tenant_id.as_bytes());
        leaf.extend(self.aggregate_id.as_bytes());
        leaf.extend(self.sequence.to_be_bytes());
        leaf.extend(self.slot.to_be_bytes());
        leaf.extend(self.event_id.as_bytes());
        leaf.extend(self.event_version.to_be_bytes());
        leaf.extend(self.occurred_at_micros.to_be_bytes());
        leaf.extend(self.recorded_at_micros.to_be_bytes());
        for text in [&self.aggregate_type, &self.event_type] {
            // A type is a short name; one of 4 GiB does not fit into a row.
            leaf.extend((text.len() as u32).to_be_bytes());
            leaf.extend(text.as_bytes());
        }
        leaf.extend(Sha256::digest(&self.payload));
        leaf.extend(Sha256::digest(&self.metadata));
        leaf
    }

    /// The hash of [`LoggedEvent::leaf`].
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.leaf())
    }
}
