use crate::ids::{FollowUpId, LeadId, TenantId, UserId};
use crate::values::{
    Channel, CurrencyCode, Email, JsonObject, Name, Note, Phone, Place, Reason, Score, Source, Tag, Timestamp,
};

/// What can be asked of a lead.
#[derive(Debug, Clone)]
pub enum LeadCommand {
    /// Begin with somebody new.
    Create(CreateLead),
    /// Correct or complete what is known.
    Update(UpdateLead),
    /// Hide it for good.
    Archive { at: Timestamp },
    /// Judge how promising it is.
    Qualify(QualifyLead),
    /// Give it to a person.
    Assign { to: UserId, at: Timestamp },
    /// Note that the person was reached.
    Contact(ContactLead),
    /// Agree on a time to meet, or on another one.
    SetAppointment(SetAppointment),
    /// Close it as won.
    Convert(ConvertLead),
    /// Close it as lost.
    Lose { reason: Reason, at: Timestamp },
    /// Write something down.
    AddNote { text: Note, by: UserId, at: Timestamp },
    /// Plan to get in touch again.
    ScheduleFollowUp(ScheduleFollowUp),
}

/// See [`LeadCommand::Create`].
#[derive(Debug, Clone)]
pub struct CreateLead {
    pub lead_id: LeadId,
    pub organization_id: TenantId,
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub email: Option<Email>,
    pub phone: Phone,
    pub source: Source,
    pub preferences: Option<JsonObject>,
    /// Repeated tags count once.
    pub tags: Vec<Tag>,
    pub at: Timestamp,
}

/// See [`LeadCommand::Update`]. What is absent stays as it is; what is present replaces the whole field.
#[derive(Debug, Clone)]
pub struct UpdateLead {
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub source: Option<Source>,
    pub preferences: Option<JsonObject>,
    /// Repeated tags count once; an empty list removes all.
    pub tags: Option<Vec<Tag>>,
    pub at: Timestamp,
}

/// See [`LeadCommand::Qualify`].
#[derive(Debug, Clone)]
pub struct QualifyLead {
    /// Where absent, the rules compute it.
    pub score: Option<Score>,
    /// What the person said. Where absent, the answers of the last qualification still count.
    pub answers: Option<JsonObject>,
    pub at: Timestamp,
}

/// See [`LeadCommand::Contact`].
#[derive(Debug, Clone)]
pub struct ContactLead {
    pub channel: Channel,
    pub note: Option<Note>,
    pub at: Timestamp,
}

/// See [`LeadCommand::SetAppointment`].
#[derive(Debug, Clone)]
pub struct SetAppointment {
    /// At most a day ago, so that an appointment made on the spot can be entered afterwards.
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub place: Option<Place>,
    pub at: Timestamp,
}

/// See [`LeadCommand::Convert`]. Value and currency come together or not at all.
#[derive(Debug, Clone)]
pub struct ConvertLead {
    pub value_cents: Option<i64>,
    pub currency: Option<CurrencyCode>,
    pub at: Timestamp,
}

/// See [`LeadCommand::ScheduleFollowUp`].
#[derive(Debug, Clone)]
pub struct ScheduleFollowUp {
    pub follow_up_id: FollowUpId,
    pub due_at: Timestamp,
    pub note: Option<Note>,
    pub at: Timestamp,
}
