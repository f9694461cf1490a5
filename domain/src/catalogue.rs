//! All aggregates and their events, in one visible list.

use crate::call::{Call, CallEvent};
use crate::compliance::{ComplianceEvent, Profile};
use crate::consent::{Consent, ConsentEvent};
use crate::escalation::{Escalation, EscalationEvent};
use crate::event::{DecodeError, Event, EventType};
use crate::lead::{Lead, LeadEvent};
use crate::list::{List, ListEvent};

/// One aggregate as the rest of the system needs to know it.
#[derive(Debug, Clone, Copy)]
pub struct AggregateType {
    /// The name used in stored events, topics and event types.
    pub name: &'static str,
    pub events: &'static [EventType],
}

macro_rules! catalogue {
    ($($variant:ident($aggregate:ty, $event:ty)),+ $(,)?) => {
        /// Every aggregate of the product.
        pub const AGGREGATES: &[AggregateType] = &[$(AggregateType {
            name: <$aggregate as cqrs_es::Aggregate>::TYPE,
            events: <$event as Event>::TYPES,
        }),+];

        /// An event of any aggregate.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Fact {
            $($variant($event)),+
        }

        impl Fact {
            /// Reads a stored event of any aggregate and version.
            ///
            /// # Errors
            /// See [`DecodeError`].
            pub fn from_stored(
                aggregate_type: &str,
                event_type: &str,
                version: i32,
                payload: &str,
            ) -> Result<Self, DecodeError> {
                $(if aggregate_type == <$aggregate as cqrs_es::Aggregate>::TYPE {
                    return <$event as Event>::from_stored(event_type, version, payload).map(Self::$variant);
                })+
                Err(DecodeError::UnknownType { event_type: event_type.to_owned() })
            }

            /// The payload in today's version.
            ///
            /// # Errors
            /// See [`Event::to_payload`].
            pub fn to_payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$variant(event) => event.to_payload()),+
                }
            }
        }
    };
}

catalogue! {
    Call(Call, CallEvent),
    Compliance(Profile, ComplianceEvent),
    Consent(Consent, ConsentEvent),
    Escalation(Escalation, EscalationEvent),
    Lead(Lead, LeadEvent),
    List(List, ListEvent),
}
