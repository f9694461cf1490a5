//! What the business says: aggregates, their commands, events and refusals, and the values they are made of.
//!
//! Nothing here does I/O, reads a clock or draws a random number: time and new ids arrive in the command, so a
//! decision is a function of history and wish, and can be repeated at any later time.
//!
//! - A **command** is a wish, in the imperative: [`escalation::EscalationCommand::Acknowledge`].
//! - An **event** is news, in the past tense, stored for ever: [`escalation::EscalationEvent::Acknowledged`].
//! - A **refusal** is the reason for a no, with a stable code: [`escalation::EscalationRefusal`].
//! - An **aggregate** decides on commands and evolves by events: [`aggregate::Decide`].

/// The seam every aggregate implements, and its bridge to `cqrs_es`.
pub mod aggregate;
/// The list of all aggregates and event types: topics, golden files and documentation follow from it.
pub mod catalogue;
/// The one shape a fact has in the store, on Kafka and in a projection.
pub mod envelope;
/// What an event type must offer, and the macro that declares an aggregate's events.
pub mod event;
/// Typed ids, so that a signature cannot confuse them.
pub mod ids;
/// Values that refuse bad data at construction.
pub mod values;

/// A phone call between a person and a voice agent, from ringing to outcome.
pub mod call;
/// What an organization is allowed and set up to do when it contacts people.
pub mod compliance;
/// What a contact point allowed, withdrew, and which calls that permitted.
pub mod consent;
/// A call for a human: raised, acknowledged, connected, resolved.
pub mod escalation;
/// A person an organization hopes to serve: qualified, followed up, won or lost.
pub mod lead;
/// A do-not-call list or another data set from outside that permission rests on.
pub mod list;
/// Whether a contact is permitted, by everything that bears on it.
pub mod permission;

#[cfg(test)]
mod spec;
