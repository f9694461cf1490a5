//! Events: names, versions, encoding, upcasting.
//!
//! A stored event is `(type, version, payload)`. The type name is public language (`lead.created`); the payload is
//! the JSON of one struct. Within a version fields are only added (with a default); any other change makes a new
//! version and an `Upcast` from the old one. `tests/golden/` holds an example of every version ever written.

use serde_json::Value;

use crate::values::Timestamp;

/// One line of the event catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// `<aggregate>.<past_tense>` in lower case.
    pub name: &'static str,
    /// The version written today; all older ones are upcast on read.
    pub version: i32,
}

/// What every event enum offers. Implemented by [`crate::events!`].
pub trait Event: cqrs_es::DomainEvent + 'static {
    /// All event types of this aggregate.
    const TYPES: &'static [EventType];

    /// Name and version of this event.
    fn event_type_of(&self) -> EventType;

    /// When the fact came about, as opposed to when it was recorded.
    fn occurred_at(&self) -> Timestamp;

    /// The payload as stored: JSON of the variant's struct.
    ///
    /// # Errors
    /// Only for values JSON cannot carry (a map with non-string keys), which no event here has.
    fn to_payload(&self) -> Result<String, serde_json::Error>;

    /// Reads a stored event of any version written so far.
    ///
    /// # Errors
    /// Unknown type or version, or a payload that does not fit its version.
    fn from_stored(event_type: &str, version: i32, payload: &str) -> Result<Self, DecodeError>;
}

/// Turns payloads of older versions into the current one, step by step.
pub trait Upcast {
    /// The payload of `event_type` one version later, or `None` if that version was never written.
    fn upcast(event_type: &str, version: i32, payload: Value) -> Option<Value> {
        let _ = (event_type, version, payload);
        None
    }
}

/// A stored event that this code cannot read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by newer code, or not ours.
    #[error("unknown event type {event_type}")]
    UnknownType { event_type: String },
    /// Written by newer code.
    #[error("{event_type} version {version} is not known here")]
    UnknownVersion { event_type: String, version: i32 },
    /// The payload does not have the shape its version promises.
    #[error("payload of {event_type} version {version} does not decode")]
    Payload {
        event_type: String,
        version: i32,
        #[source]
        source: serde_json::Error,
    },
}

/// Declares the events of an aggregate: the enum, its stable names and versions, and its encoding.
///
/// Each variant wraps a struct that has a public field `at: Timestamp`.
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident($payload:ty) = $type_name:literal v $version:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "type", content = "data")]
        pub enum $name {
            $($(#[$vmeta])* #[serde(rename = $type_name)] $variant($payload),)+
        }

        $(impl From<$payload> for $name {
            fn from(payload: $payload) -> Self {
                Self::$variant(payload)
            }
        })+

        impl cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                $crate::event::Event::event_type_of(self).name.to_owned()
            }
            fn event_version(&self) -> String {
                $crate::event::Event::event_type_of(self).version.to_string()
            }
        }

        impl $crate::event::Event for $name {
            const TYPES: &'static [$crate::event::EventType] =
                &[$($crate::event::EventType { name: $type_name, version: $version }),+];

            fn event_type_of(&self) -> $crate::event::EventType {
                match self {
                    $(Self::$variant(_) => $crate::event::EventType { name: $type_name, version: $version },)+
                }
            }

            fn occurred_at(&self) -> $crate::values::Timestamp {
                match self {
                    $(Self::$variant(payload) => payload.at,)+
                }
            }

            fn to_payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$variant(payload) => serde_json::to_string(payload),)+
                }
            }

            fn from_stored(
                event_type: &str,
                version: i32,
                payload: &str,
            ) -> Result<Self, $crate::event::DecodeError> {
                match event_type {
                    $($type_name => {
                        $crate::event::decode_payload::<Self, $payload>(event_type, version, $version, payload)
                            .map(Self::$variant)
                    })+
                    _ => Err($crate::event::DecodeError::UnknownType { event_type: event_type.to_owned() }),
                }
            }
        }
    };
}

/// Decodes one payload, upcasting it first where it was written by older code.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode_payload<U: Upcast, P: serde::de::DeserializeOwned>(
    event_type: &str,
    version: i32,
    current: i32,
    payload: &str,
) -> Result<P, DecodeError> {
    let wrong = |source| DecodeError::Payload { event_type: event_type.to_owned(), version, source };
    if version == current {
        return serde_json::from_str(payload).map_err(wrong);
    }
    let unknown = || DecodeError::UnknownVersion { event_type: event_type.to_owned(), version };
    if version > current {
        return Err(unknown());
    }
    let mut value: Value = serde_json::from_str(payload).map_err(wrong)?;
    for step in version..current {
        value = U::upcast(event_type, step, value).ok_or_else(unknown)?;
    }
    serde_json::from_value(value).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    use super::{DecodeError, Event, Upcast};
    use crate::values::Timestamp;

    /// Version 1 had one `name`; version 2 splits it.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Named {
        pub first_name: String,
        pub last_name: String,
        pub at: Timestamp,
    }

    crate::events! {
        /// Events of the tests below.
        pub enum PersonEvent {
            /// The person has a name.
            Named(Named) = "person.named" v 2,
        }
    }

    impl Upcast for PersonEvent {
        fn upcast(event_type: &str, version: i32, mut payload: Value) -> Option<Value> {
            if (event_type, version) != ("person.named", 1) {
                return None;
            }
            let name = payload.as_object_mut()?.remove("name")?;
            let (first, last) = name.as_str()?.split_once(' ')?;
            payload["firstName"] = json!(first);
            payload["lastName"] = json!(last);
            Some(payload)
        }
    }

    #[test]
    fn an_event_of_an_older_version_is_upcast_on_read() {
        let stored = r#"{"name":"Ada Lovelace","at":"2026-01-01T00:00:00Z"}"#;
        let PersonEvent::Named(named) =
            PersonEvent::from_stored("person.named", 1, stored).expect("readable");
        assert_eq!((named.first_name.as_str(), named.last_name.as_str()), ("Ada", "Lovelace"));
    }

    #[test]
    fn an_event_of_a_newer_version_is_not_guessed_at() {
        let error = PersonEvent::from_stored("person.named", 3, "{}").expect_err("unknown version");
        assert!(matches!(error, DecodeError::UnknownVersion { version: 3, .. }));
    }

    #[test]
    fn an_unknown_type_is_named_in_the_error() {
        let error = PersonEvent::from_stored("person.left", 1, "{}").expect_err("unknown type");
        assert!(error.to_string().contains("person.left"));
    }
}
