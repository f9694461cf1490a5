//! One folder per question readers ask. Each holds the tables' writes (`project.rs`) and reads (`query.rs`);
//! its tables are in `migrations/`. Adding one means a folder, its `mod` line and its line in `all`.

/// What happened in each minute, hour or day.
pub mod analytics;
/// What happened in a call and its escalations, in order.
pub mod call_timeline;
/// Which calls there are, by who, whom, when and what was said.
pub mod calls;
/// What a contact point allowed and withdrew, at any moment, and how that came about.
pub mod consent_ledger;
/// Which leads changed since they were last synced, the longest waiting on top.
pub mod crm_sync_queue;
/// How things stand right now, and how today went.
pub mod dashboard;
/// Which escalations wait for whom, most urgent first.
pub mod escalation_queue;
/// Which leads somebody should act on today, the most promising on top.
pub mod hot_leads;
/// What happened to a lead and in its calls, in order.
pub mod lead_timeline;
/// All leads, in any order and found by whatever is remembered of them.
pub mod leads;
/// Who said what in a call, in order.
pub mod transcripts;

mod entity;
mod timeline;
mod word;

use std::sync::Arc;

use crate::Projection;

/// Every read model of the product.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection>> {
    vec![
        Arc::new(analytics::Rollups),
        Arc::new(call_timeline::CallTimeline),
        Arc::new(calls::Calls),
        Arc::new(consent_ledger::ConsentLedger),
        Arc::new(crm_sync_queue::CrmSyncQueue),
        Arc::new(dashboard::LiveDashboard),
        Arc::new(escalation_queue::EscalationQueue),
        Arc::new(lead_timeline::LeadTimeline),
        Arc::new(leads::Leads),
        Arc::new(transcripts::Transcripts),
    ]
}

/// The read model of that name.
#[must_use]
pub fn find(name: &str) -> Option<Arc<dyn Projection>> {
    all().into_iter().find(|projection| projection.name() == name)
}

/// Read models that are applied side by side: leads and calls, the lists with many orders and a search, cost most per event
/// and have a transaction each; all others share a third. Catching up on two cores (`benches/catch_up/`) that costs as
/// much processor time per event as one transaction for all, and took two thirds of the time where there were many leads.
#[must_use]
pub fn groups(projections: Vec<Arc<dyn Projection>>) -> Vec<Vec<Arc<dyn Projection>>> {
    let alone = [&["leads"][..], &["calls", "call_timeline", "transcripts"]];
    let mut rest = projections;
    let mut groups: Vec<Vec<_>> = Vec::new();
    for names in alone {
        let (group, others) = rest.into_iter().partition(|projection| names.contains(&projection.name()));
        groups.push(group);
        rest = others;
    }
    groups.push(rest);
    groups.retain(|group| !group.is_empty());
    groups
}
