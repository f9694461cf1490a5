//! What a contact point allowed, withdrew, and which contacts that permitted: one ledger per organization and phone
//! number or mailbox.
//!
//! ```text
//! granted ───┐
//! revoked ───┼─→ the ledger ─→ checked (allow, with a permit) ─→ permit_redeemed ─→ the call
//! dnc_listed ┘        │    └─→ checked (deny, with every rule that failed)
//!                     └─ each of these three moves the fence: permits issued before it no longer redeem
//! ```
//! - Any fact may open a ledger: somebody who never agreed to anything can still withdraw, be listed or be asked about.
//! - Grants add up. A revocation outweighs every grant given before it; only a later and sufficient grant, whose
//!   evidence was captured later too, outweighs it in turn. Old evidence sent in again revives nothing.
//! - "Before" and "later" go by the time things occurred, then by their place in the ledger, for news travels late: a
//!   voicemail of Monday may be heard on Wednesday.
//! - Every check is kept, whatever its answer, with the facts it rests on: `crate::consent::decide_permission`,
//!   which looks at this ledger only. Calling hours, national and state lists, frequency and reassigned numbers are not
//!   evaluated yet; an allow says no more than that consent does not stand in the way.
//! - An allowed check carries a permit for thirty seconds. Whatever changes the ledger meanwhile voids it, which closes
//!   the gap between asking and dialling.
//! - What was known when, about when, is answered by `crate::consent::Consent::as_of`.

mod aggregate;
mod attempts;
mod command;
mod event;
mod evidence;
mod history;
mod ledger;
mod permission;
mod refusal;
mod rules;
#[cfg(test)]
mod spec;
mod standing;
mod terms;

pub use attempts::{About, Attempt, Attempts};
pub use command::{
    CheckPermission, ConsentCommand, GrantConsent, NoteAttempt, NoteBusiness, RedeemPermit, RevokeConsent,
    SuppressContact,
};
pub use event::{
    Attempted, BusinessNoted, Checked, ConsentEvent, DncDelisted, DncListed, Granted, IssuedPermit,
    PermitRedeemed, Revoked, Suppressed, SuppressionLifted,
};
pub use evidence::Evidence;
pub use ledger::{Consent, Grant, InternalDnc, Permit, Revocation};
pub use permission::{
    Effect, Finding, FindingEffect, Obligation, PERMIT_SECONDS, POLICY_PACK, Permission, Question, Rule,
    decide_permission, required_level,
};
pub use refusal::ConsentRefusal;
pub use standing::{Business, BusinessKind, Suppression};
pub use terms::{CallerState, ConsentLevel, GrantMethod, RevocationMethod};
