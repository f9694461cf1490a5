//! What an organization is allowed and set up to do when it contacts people: its compliance profile.
//!
//! ```text
//! profile_set ─→ pack_approved (each pack of the build, with the first profile) ─→ pack_approved (later versions)
//!      └───────→ stopped ─→ resumed
//! ```
//! - There is one per organization, and its id is the organization's. Without one nobody may be contacted: whatever a
//!   profile would say is unknown then, and the unknown denies.
//! - What is set is set as a whole. Whoever sets it vouches for it; the event names them.
//! - A profile can be stopped, before it is there too: from then on every contact is denied, until somebody resumes.
//! - A rule pack decides only where somebody approved it by its digest. Setting the first profile approves the packs of
//!   the build, by the one who set it; a later version needs an approval of its own, which may come before it is in use.
//! - Reaching further with a withdrawal can be switched on and never off again: what people were told holds.
//! - Whatever changes the profile voids the permits given before: see `crate::consent`.

mod aggregate;
mod command;
mod event;
mod refusal;
#[cfg(test)]
mod spec;
mod terms;

pub use aggregate::{ApprovedPack, Profile, Stop};
pub use command::{ComplianceCommand, SetProfile};
pub use event::{ComplianceEvent, PackApproved, ProfileSet, Resumed, Stopped};
pub use refusal::ComplianceRefusal;
pub use terms::{Digest, Policy, Seller, Terms};
