use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::kafka::record::dataschema;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event as consumers get it: CloudEvents 1.0, structured.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloudEvent {
    #[schema(value_type = String, example = "1.0")]
    specversion: &'static str,
    id: Uuid,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    /// The aggregate's id.
    subject: Uuid,
    time: Timestamp,
    datacontenttype: &'static str,
    dataschema: String,
    tenantid: Uuid,
    /// Place in its stream: 1, 2, 3 … without gaps.
    sequence: i64,
    /// Place in the feed; grows, may skip numbers.
    position: i64,
    correlationid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<Uuid>,
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl CloudEvent {
    /// The public form of a recorded event.
    ///
    /// # Errors
    /// Where the stored payload is not JSON, which the column's type rules out.
    pub fn of(envelope: Envelope) -> Result<Self, serde_json::Error> {
        Ok(Self {
            specversion: "1.0",
            id: envelope.event_id,
            source: format!("/organizations/{}", envelope.tenant),
            dataschema: dataschema(&envelope.event_type, envelope.event_version),
            kind: envelope.event_type,
            subject: envelope.aggregate_id,
            time: envelope.occurred_at,
            datacontenttype: "application/json",
            tenantid: envelope.tenant.0,
            sequence: envelope.sequence,
            position: envelope.position,
            correlationid: envelope.metadata.correlation_id,
            causationid: envelope.metadata.causation_id,
            data: RawValue::from_string(envelope.payload)?,
        })
    }
}
