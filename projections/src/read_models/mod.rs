//! One folder per question readers ask. Each holds the tables' writes (`project.rs`) and reads (`query.rs`);
//! its tables are in `migrations/`. Adding one means a folder, its `mod` line and its line in [`all`].

/// Which escalations wait for whom, most urgent first.
pub mod escalation_queue;

mod entity;

use std::sync::Arc;

use crate::Projection;

/// Every read model of the product.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(escalation_queue::EscalationQueue)]
}

/// The read model of that name.
#[must_use]
pub fn find(name: &str) -> Option<Arc<dyn Projection>> {
    all().into_iter().find(|projection| projection.name() == name)
}
