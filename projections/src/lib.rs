//! What readers see.
//!
//! A **projection** turns events into rows of a **read model**. It may assume: every committed event of the
//! aggregates it subscribes to arrives exactly once in effect; events of one stream arrive in order; events of
//! different streams may arrive in any order. It may not assume: that it runs once (a rebuild runs it again), that
//! time passes, or that another read model is further than itself.
//!
//! One [`driver`] feeds all projections from a [`source::Source`]: the store itself, or Kafka. Checkpoint and rows
//! move in the same transaction.

/// Waiting until a read model has arrived at a position.
pub mod arrival;
/// How far each projection has come, and the fence that keeps two workers apart.
pub mod checkpoint;
/// Places where a trial may end the process.
pub mod crash_point;
/// Where events go that a projection cannot apply.
pub mod dead_letter;
/// The end of patience with a database that answers nothing.
pub mod deadline;
/// One projection under way.
mod driven;
/// The only loop: read a batch, apply it, move the checkpoint, all or nothing.
pub mod driver;
/// Projections that share a transaction.
mod group;
/// Events as Kafka records, and Kafka as a source.
pub mod kafka;
/// How far read models are behind.
pub mod lag;
/// Stopping a projection where it is.
pub mod pause;
/// Bugs that a trial plants.
pub mod planted;
/// What a projection is.
pub mod projection;
/// Building a read model anew beside the one in use.
pub mod rebuild;
/// Applying what is parked, once its cause is gone.
pub mod retry;
/// Groups at work at the same time.
mod side_by_side;
/// Going on without an event that can never be applied.
pub mod skip;
/// Where events come from.
pub mod source;
/// Where every projection stands.
pub mod standing;
/// Events as rows of the store.
pub mod store;

/// Cursors, filters and sort orders all lists share.
pub mod page;
/// One folder per question readers ask.
pub mod read_models;
/// Sort orders of lists, and pages that continue where the last one ended.
pub mod sort;

pub use projection::{ApplyError, Projection, fact_of};
