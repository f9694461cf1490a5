use serde::{Deserialize, Serialize};

use super::{Band, LeadStatus, ScoreReason};
use crate::event::Upcast;
use crate::ids::{FollowUpId, LeadId, TenantId, UserId};
use crate::values::{
    Channel, CurrencyCode, Email, JsonObject, Name, Note, Phone, Place, Reason, Score, Source, Tag, Timestamp,
};

crate::events! {
    /// What can happen to a lead.
    pub enum LeadEvent {
        /// Somebody new came in.
        Created(Created) = "lead.created" v 1,
        /// More or something else is known; carries what changed and nothing else.
        Updated(Updated) = "lead.updated" v 1,
        /// It is hidden for good.
        Archived(Archived) = "lead.archived" v 1,
        /// It was judged.
        Qualified(Qualified) = "lead.qualified" v 1,
        /// It belongs to a person now.
        Assigned(Assigned) = "lead.assigned" v 1,
        /// The person was reached.
        Contacted(Contacted) = "lead.contacted" v 1,
        /// There is a time to meet, or another one than before.
        AppointmentSet(AppointmentSet) = "lead.appointment_set" v 1,
        /// It was won.
        Converted(Converted) = "lead.converted" v 1,
        /// It was lost.
        Lost(Lost) = "lead.lost" v 1,
        /// Something was written down.
        NoteAdded(NoteAdded) = "lead.note_added" v 1,
        /// Somebody means to get in touch again.
        FollowUpScheduled(FollowUpScheduled) = "lead.follow_up_scheduled" v 1,
    }
}

impl Upcast for LeadEvent {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    pub lead_id: LeadId,
    pub organization_id: TenantId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    pub phone: Phone,
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<JsonObject>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    pub at: Timestamp,
}

/// The new values of the fields that changed; an absent field stayed as it was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<JsonObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Archived {
    /// Where it stood when it was hidden.
    pub status: LeadStatus,
    /// The score it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Qualified {
    pub score: Score,
    pub band: Band,
    pub reasons: Vec<ScoreReason>,
    /// What the person said this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<JsonObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_score: Option<Score>,
    pub previous_status: LeadStatus,
    pub status: LeadStatus,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assigned {
    pub to: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<UserId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contacted {
    pub channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    pub previous_status: LeadStatus,
    pub status: LeadStatus,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentSet {
    pub starts_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub previous_status: LeadStatus,
    pub status: LeadStatus,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Converted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_cents: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    pub previous_status: LeadStatus,
    /// The score it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    pub reason: Reason,
    pub previous_status: LeadStatus,
    /// The score it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteAdded {
    pub text: Note,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUpScheduled {
    pub follow_up_id: FollowUpId,
    pub due_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    pub at: Timestamp,
}
