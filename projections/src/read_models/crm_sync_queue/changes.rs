//! What each event changes in the lead as it is shown.

use std::collections::BTreeSet;

use seiketsu_domain::lead::{Created, LeadEvent, LeadStatus, Updated};
use serde::{Deserialize, Serialize};

/// What a connector has to do. Of several, the last in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    Updated,
    Created,
    Archived,
}

/// Names of fields of a lead, sorted.
pub(super) type Fields = BTreeSet<&'static str>;

pub(super) fn change(event: &LeadEvent) -> Change {
    match event {
        LeadEvent::Created(_) => Change::Created,
        LeadEvent::Archived(_) => Change::Archived,
        _ => Change::Updated,
    }
}

/// The fields an event may have given another value. Follow-ups depend on what came before, which is not known here:
/// they are named wherever some may have been settled. `updatedAt` and `version` always change and are left out.
pub(super) fn fields(event: &LeadEvent) -> Fields {
    use LeadEvent as E;
    match event {
        E::Created(e) => known(e),
        E::Updated(e) => corrected(e),
        E::Archived(_) => Fields::from(["archived"]),
        E::Qualified(e) => with_status(&["qualification", "score"], e.previous_status, e.status),
        E::Assigned(_) => Fields::from(["assignedTo"]),
        E::Contacted(e) => {
            with_status(&["followUps", "lastContactedAt", "nextFollowUpAt"], e.previous_status, e.status)
        }
        E::AppointmentSet(e) => with_status(&["appointment"], e.previous_status, e.status),
        E::Converted(_) => Fields::from(["conversion", "status"]),
        E::Lost(_) => Fields::from(["followUps", "lostReason", "nextFollowUpAt", "status"]),
        E::NoteAdded(_) => Fields::from(["noteCount"]),
        E::FollowUpScheduled(_) => Fields::from(["followUps", "nextFollowUpAt"]),
    }
}

fn with_status(fields: &[&'static str], before: LeadStatus, after: LeadStatus) -> Fields {
    let moved = (before != after).then_some("status");
    fields.iter().copied().chain(moved).collect()
}

fn known(e: &Created) -> Fields {
    present([
        ("firstName", e.first_name.is_some()),
        ("lastName", e.last_name.is_some()),
        ("email", e.email.is_some()),
        ("phone", true),
        ("source", true),
        ("preferences", e.preferences.is_some()),
        ("tags", !e.tags.is_empty()),
    ])
}

fn corrected(e: &Updated) -> Fields {
    present([
        ("firstName", e.first_name.is_some()),
        ("lastName", e.last_name.is_some()),
        ("email", e.email.is_some()),
        ("phone", e.phone.is_some()),
        ("source", e.source.is_some()),
        ("preferences", e.preferences.is_some()),
        ("tags", e.tags.is_some()),
    ])
}

fn present(fields: [(&'static str, bool); 7]) -> Fields {
    fields.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}
