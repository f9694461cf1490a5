//! Whether a contact is permitted, by everything that bears on it: consent, withdrawals, lists, hours, frequency and
//! what the contact obliges to.
//!
//! `decide` takes the rule packs and the complete facts and answers with every rule's finding. Whoever asks gathers
//! the facts: the consent ledger (`facts::Facts::with_ledger`), the lists, the place (`places::by_number`).
//!
//! The packs are engineering data for counsel to review, never legal advice.

mod decide;
/// The answer and all that led to it.
mod decision;
/// What an allowed contact obliges to.
pub mod duty;
/// Everything a decision looks at.
pub mod facts;
mod finding;
/// Whether somebody's words withdraw.
pub mod opt_out;
/// What the law and the carriers ask for, as dated and cited data.
pub mod pack;
/// Where a person may be.
pub mod places;
/// The rules by name, and their order.
pub mod rule;

pub use decide::decide;
pub use decision::{Decision, Effect, Inputs, Location};
pub use finding::{Finding, Outcome};
#[cfg(test)]
mod spec;
