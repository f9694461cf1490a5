use chrono::{DateTime, SecondsFormat, Utc};
use seiketsu_domain::consent::{Consent, ConsentEvent};
use seiketsu_domain::event::Event;
use seiketsu_domain::ids::{ConsentId, TenantId};
use seiketsu_domain::values::{Channel, Contact, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::ConsentLedger;
use crate::page::{AsOf, Cursor, Page, QueryError, as_of, fingerprint, rows_for};
use crate::read_models::word::word;

/// What stands out of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ConsentStatus {
    /// For some channel and purpose a grant stands: nothing was withdrawn since it was given.
    Granted,
    /// Something was withdrawn, and no grant stands.
    Revoked,
    /// On the organization's own do-not-call list.
    Dnc,
    /// Asked about, and nothing known.
    None,
}

/// Which contact points to list.
#[derive(Debug, Clone, Default)]
pub struct ConsentFilter {
    pub status: Option<ConsentStatus>,
    /// Covered by some grant, in force or not.
    pub channel: Option<Channel>,
    pub limit: i64,
    pub cursor: Option<String>,
}

/// One event of a ledger.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryEntry {
    pub event_id: Uuid,
    pub sequence: i64,
    pub position: i64,
    /// The event's type, such as `consent.revoked`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it occurred.
    pub occurred_at: Timestamp,
    /// When we learnt of it.
    pub recorded_at: Timestamp,
    /// The user or service that recorded it.
    pub actor: Option<Uuid>,
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: Box<RawValue>,
}

#[derive(FromRow)]
struct HistoryRow {
    event_id: Uuid,
    sequence: i64,
    position: i64,
    r#type: String,
    event_version: i32,
    actor: Option<Uuid>,
    payload: String,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

/// The ledger of a contact point: as it stands, or as it stood on two clocks (`at` occurred, `known_at` recorded).
///
/// # Errors
/// The database cannot be reached, or a stored event does not decode.
pub async fn state(
    read: &mut PgConnection,
    tenant: TenantId,
    contact: &Contact,
    at: Option<Timestamp>,
    known_at: Option<Timestamp>,
) -> Result<Option<(Consent, AsOf)>, QueryError> {
    let as_of = as_of(&mut *read, &ConsentLedger, tenant).await?;
    let id = ConsentId::of(tenant, contact);
    if at.is_some() || known_at.is_some() {
        let rows = rows(read, tenant, id, 0, i64::MAX, "sequence").await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let history = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let recorded = history.iter().map(|(event, recorded_at)| (event, *recorded_at));
        return Ok(Some((Consent::as_of(recorded, at, known_at), as_of)));
    }
    let state: Option<String> = sqlx::query_scalar(
        "select state::text from read_models.consent_contacts where tenant_id = $1 and id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .fetch_optional(read)
    .await?;
    Ok(state.map(|state| serde_json::from_str(&state)).transpose()?.map(|consent| (consent, as_of)))
}

/// One page of what happened to a contact point, the latest first; empty where nothing did.
///
/// # Errors
/// A cursor of another history, or the database.
pub async fn history(
    read: &mut PgConnection,
    tenant: TenantId,
    contact: &Contact,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<HistoryEntry>, QueryError> {
    let id = ConsentId::of(tenant, contact);
    let mark = fingerprint(&json!({ "list": "consent history", "consent": id }));
    let before = cursor.map(|raw| Cursor::decode(raw, mark, 1)).transpose()?;
    let before = match before.and_then(|mut keys| keys.pop().flatten()) {
        Some(raw) => raw.parse().map_err(|_| QueryError::BadCursor)?,
        None => i64::MAX,
    };
    let as_of = as_of(&mut *read, &ConsentLedger, tenant).await?;
    let rows = rows(read, tenant, id, rows_for(limit), before, "sequence desc").await?;
    let page = Page::cut(rows, limit, as_of, |last| Cursor::new(mark, vec![Some(last.sequence.to_string())]));
    Ok(page.try_map(HistoryEntry::try_from)?)
}

impl TryFrom<HistoryRow> for HistoryEntry {
    type Error = serde_json::Error;

    fn try_from(row: HistoryRow) -> Result<Self, Self::Error> {
        Ok(Self {
            event_id: row.event_id,
            sequence: row.sequence,
            position: row.position,
            kind: row.r#type,
            occurred_at: Timestamp::new(row.occurred_at),
            recorded_at: Timestamp::new(row.recorded_at),
            actor: row.actor,
            data: RawValue::from_string(row.payload)?,
        })
    }
}

/// Events of a ledger with a sequence below `before`; `limit` 0 means all. `order` is one of ours.
async fn rows(
    read: &mut PgConnection,
    tenant: TenantId,
    id: ConsentId,
    limit: i64,
    before: i64,
    order: &'static str,
) -> Result<Vec<HistoryRow>, sqlx::Error> {
    sqlx::query_as(&format!(
        "select event_id, sequence, position, type, event_version, actor, payload::text as payload, occurred_at, recorded_at
           from read_models.consent_history
          where tenant_id = $1 and consent_id = $2 and sequence < $3
          order by {order} limit nullif($4, 0)"
    ))
    .bind(tenant.0)
    .bind(id.0)
    .bind(before)
    .bind(limit)
    .fetch_all(read)
    .await
}

fn decode(row: &HistoryRow) -> Result<(ConsentEvent, Timestamp), QueryError> {
    let event = ConsentEvent::from_stored(&row.r#type, row.event_version, &row.payload)
        .map_err(|error| QueryError::Row(serde::de::Error::custom(error)))?;
    Ok((event, Timestamp::new(row.recorded_at)))
}

/// One page of contact points, those with the latest news first.
///
/// # Errors
/// A cursor of another query, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    filter: &ConsentFilter,
) -> Result<Page<Consent>, QueryError> {
    let mark =
        fingerprint(&json!({ "list": "consents", "status": filter.status, "channel": filter.channel }));
    let after = filter.cursor.as_deref().map(|raw| Cursor::decode(raw, mark, 2)).transpose()?;
    let after = after.unwrap_or(vec![None, None]);
    let as_of = as_of(&mut *read, &ConsentLedger, tenant).await?;
    let rows: Vec<(DateTime<Utc>, Uuid, String)> = sqlx::query_as(
        "select updated_at, id, state::text from read_models.consent_contacts
          where tenant_id = $1
            and ($2::text is null or status = $2)
            and ($3::text is null or $3 = any (channels))
            and ($4::text is null or (updated_at, id) < ($4::timestamptz, $5::uuid))
          order by updated_at desc, id desc limit $6",
    )
    .bind(tenant.0)
    .bind(filter.status.map(word).transpose()?)
    .bind(filter.channel.map(word).transpose()?)
    .bind(&after[0])
    .bind(&after[1])
    .bind(rows_for(filter.limit))
    .fetch_all(read)
    .await?;
    let page = Page::cut(rows, filter.limit, as_of, |(updated_at, id, _)| {
        let updated_at = updated_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Cursor::new(mark, vec![Some(updated_at), Some(id.to_string())])
    });
    Ok(page.try_map(|(_, _, state)| serde_json::from_str(&state))?)
}
