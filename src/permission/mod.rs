//! Whether a contact is permitted, as asked of a running system: what is needed to decide, from where it is kept.

mod packs;

pub use packs::packs_of_the_build;
