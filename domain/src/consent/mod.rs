//! What a contact point allowed, withdrew, and which contacts that permitted: one ledger per organization and phone
//! number or mailbox.
//!
//! ```text
//! granted ───┐
//! revoked ───┼─→ the ledger ─→ checked (allow, with a permit) ─→ permit_redeemed ─→ the call
//! dnc_listed ┤        │    └─→ checked (deny, with every rule that failed)
//! suppressed ┘        └─ all but checks move the fence: permits issued before it no longer redeem
//! ```
//! - Any fact may open a ledger: somebody who never agreed to anything can still withdraw, be listed or be asked about.
//! - Grants add up. A revocation outweighs every grant given before it; only a later and sufficient grant, whose
//!   evidence was captured later too, outweighs it in turn. Old evidence sent in again revives nothing.
//! - "Before" and "later" go by the time things occurred, then by their place in the ledger, for news travels late: a
//!   voicemail of Monday may be heard on Wednesday.
//! - Every check is kept, whatever its answer. It is decided by `crate::permission` on this ledger and on what was
//!   gathered outside, which is kept with it, so that it can be made again: `crate::consent::Checked::decision`.
//! - An allowed check carries a permit for thirty seconds at most. Whatever changes ledger or profile meanwhile voids it,
//!   which closes the gap between asking and dialling. Using it is a contact made, which changes the ledger: of permits
//!   given side by side one redeems, and whoever wants to call again has to ask again.
//! - What was known when, about when, is answered by `crate::consent::Consent::as_of`.

/// How long a permit lasts at most.
pub const PERMIT_SECONDS: i64 = 30;

mod aggregate;
mod attempts;
mod command;
mod event;
mod evidence;
mod history;
mod ledger;
mod refusal;
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
    Attempted, Basis, BusinessNoted, Checked, ConsentEvent, DncDelisted, DncListed, Granted, IssuedPermit,
    PermitRedeemed, Revoked, Suppressed, SuppressionLifted,
};
pub use evidence::Evidence;
pub use ledger::{Consent, Grant, InternalDnc, Permit, Revocation};
pub use refusal::ConsentRefusal;
pub use standing::{Business, BusinessKind, Suppression};
pub use terms::{CallerState, ConsentLevel, GrantMethod, ReplyTo, RevocationMethod};
