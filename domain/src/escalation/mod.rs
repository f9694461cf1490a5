//! A call for a human.
//!
//! ```text
//! raised ─→ acknowledged ─→ assigned ─→ connected ─→ resolved
//!    └───────────┴─────────────┴────────────┴──────→ cancelled
//!    └──────────────────────────────────────────────→ timed_out (nobody acknowledged in time)
//! ```
//! - Steps may be skipped forward (a human may connect at once), never taken back.
//! - It ends once: resolved, cancelled or timed out; afterwards every command is refused.
//! - Repeating the step it is at changes nothing and succeeds.
//! - Its priority sets the time by which somebody must acknowledge it.

mod aggregate;
mod command;
mod event;
mod refusal;
#[cfg(test)]
mod spec;

pub use aggregate::{Escalation, EscalationStatus};
pub use command::{EscalationCommand, Raise};
pub use event::{
    Acknowledged, Assigned, Cancelled, Connected, EscalationEvent, Priority, Raised, Resolved, TimedOut,
    Trigger,
};
pub use refusal::EscalationRefusal;
