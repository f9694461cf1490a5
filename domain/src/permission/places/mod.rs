//! Where a person may be, by what is known: candidate countries, states and time zones.
//!
//! Promises: every number has candidates, and one whose place nobody knows (toll-free, new area codes) has all of them;
//! an overlay has those of the area codes it lies over. A rule on hours or states must hold for every candidate.
//!
//! Ways to get it wrong:
//! - to take an area code for an address. Numbers move with people; what the person declared, what was verified and
//!   where the device was last seen come first, in this order;
//! - to look up exchanges. The public metadata has them, but an exchange it lacks gets the zone of the largest town, an
//!   hour early for its neighbours; a number here may be wherever any exchange of its area code is.
//!
//! The data is `domain/packs/places.tsv`, dated, and built by `domain/packs/build_places.py`.

mod country;
mod resolve;
mod state;
mod table;

pub use country::Country;
pub use resolve::{Basis, Candidates, Evidence, Located, Presumed, by_number, version};
pub use state::{State, StateSet};
