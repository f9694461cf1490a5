//! Whether a contact is permitted, by everything that bears on it.

/// What an allowed contact obliges to.
pub mod duty;
/// Whether somebody's words withdraw.
pub mod opt_out;
/// What the law and the carriers ask for, as dated and cited data.
pub mod pack;
/// Where a person may be.
pub mod places;
/// The rules by name, and their order.
pub mod rule;
