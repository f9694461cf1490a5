//! One event as one record: CloudEvents 1.0 in binary mode. The value is the payload as stored; everything else
//! is in headers. Key `tenant/aggregate id`, partition by the stored slot.

use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Header, Headers, OwnedHeaders};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::{Envelope, Metadata};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Timestamp;
use uuid::Uuid;

/// The key of an event's record: same stream, same key.
#[must_use]
pub fn key(envelope: &Envelope) -> String {
    format!("{}/{}", envelope.tenant, envelope.aggregate_id)
}

/// The headers of an event's record.
#[must_use]
pub fn headers(envelope: &Envelope) -> OwnedHeaders {
    let put = |headers: OwnedHeaders, name: &str, value: &str| {
        headers.insert(Header { key: name, value: Some(value.as_bytes()) })
    };
    let metadata = &envelope.metadata;
    let mut headers = OwnedHeaders::new_with_capacity(20);
    for (name, value) in [
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", envelope.event_id.to_string()),
        ("ce_source", format!("/organizations/{}", envelope.tenant)),
        ("ce_type", envelope.event_type.clone()),
        ("ce_subject", envelope.aggregate_id.to_string()),
        ("ce_time", envelope.occurred_at.to_string()),
        ("ce_dataschema", dataschema(&envelope.event_type, envelope.event_version)),
        ("content-type", "application/json".to_owned()),
        ("ce_partitionkey", key(envelope)),
        ("ce_tenantid", envelope.tenant.to_string()),
        ("ce_aggregatetype", envelope.aggregate_type.clone()),
        ("ce_sequence", envelope.sequence.to_string()),
        ("ce_position", envelope.position.to_string()),
        ("ce_slot", envelope.slot.to_string()),
        ("ce_recordedtime", envelope.recorded_at.to_string()),
        ("ce_actor", metadata.actor.to_string()),
        ("ce_commandid", metadata.command_id.to_string()),
        ("ce_correlationid", metadata.correlation_id.to_string()),
    ] {
        headers = put(headers, name, &value);
    }
    if let Some(causation) = metadata.causation_id {
        headers = put(headers, "ce_causationid", &causation.to_string());
    }
    if let Some(traceparent) = &metadata.traceparent {
        headers = put(headers, "traceparent", traceparent);
    }
    headers
}

/// Where the schema of an event's data is published; also tells its version.
#[must_use]
pub fn dataschema(event_type: &str, version: i32) -> String {
    format!("/schemas/{event_type}/{version}")
}

/// Reads a record back into the envelope it was made from.
///
/// # Errors
/// What is missing or malformed, in words.
pub fn decode(message: &BorrowedMessage<'_>) -> Result<Envelope, String> {
    let headers = message.headers().ok_or("no headers")?;
    let optional = |name: &str| {
        headers
            .iter()
            .find(|header| header.key == name)
            .and_then(|header| header.value)
            .and_then(|value| std::str::from_utf8(value).ok())
    };
    let text = |name: &str| optional(name).ok_or_else(|| format!("header {name} is missing"));
    let id = |name: &str| Uuid::parse_str(text(name)?).map_err(|_| format!("header {name} is not a UUID"));
    let number =
        |name: &str| text(name)?.parse::<i64>().map_err(|_| format!("header {name} is not a number"));
    let time =
        |name: &str| text(name)?.parse::<Timestamp>().map_err(|_| format!("header {name} is not a time"));

    let event_type = text("ce_type")?.to_owned();
    let aggregate_type = text("ce_aggregatetype")?.to_owned();
    let event_version = text("ce_dataschema")?
        .rsplit_once('/')
        .and_then(|(_, version)| version.parse().ok())
        .ok_or("header ce_dataschema has no version")?;
    let payload =
        message.payload_view::<str>().and_then(Result::ok).ok_or("the value is not UTF-8")?.to_owned();
    Ok(Envelope {
        position: number("ce_position")?,
        tenant: TenantId(id("ce_tenantid")?),
        aggregate_id: id("ce_subject")?,
        sequence: number("ce_sequence")?,
        skipped_before: 0,
        slot: i16::try_from(number("ce_slot")?).map_err(|_| "header ce_slot is out of range")?,
        event_id: id("ce_id")?,
        event_version,
        occurred_at: time("ce_time")?,
        recorded_at: time("ce_recordedtime")?,
        metadata: Metadata {
            command_id: id("ce_commandid")?,
            actor: id("ce_actor")?,
            correlation_id: id("ce_correlationid")?,
            causation_id: optional("ce_causationid").and_then(|raw| Uuid::parse_str(raw).ok()),
            traceparent: optional("traceparent").map(str::to_owned),
        },
        fact: Fact::from_stored(&aggregate_type, &event_type, event_version, &payload),
        aggregate_type,
        event_type,
        payload,
    })
}
