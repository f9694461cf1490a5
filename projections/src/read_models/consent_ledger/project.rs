use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;
use uuid::Uuid;

use super::query::ConsentStatus;
use crate::read_models::entity::{self, Folded};
use crate::read_models::word::word;
use crate::{ApplyError, Projection};

/// See the module documentation.
pub struct ConsentLedger;

#[async_trait]
impl Projection for ConsentLedger {
    fn name(&self) -> &'static str {
        "consent_ledger"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["consent"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["consent_contacts", "consent_history"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let folded = entity::fold::<Consent>(rows, "consent_contacts", batch, |fact| match fact {
            Fact::Consent(event) => Some(event),
            _ => None,
        })
        .await?;
        write_contacts(rows, &folded).await?;
        write_history(rows, batch).await
    }
}

/// What stands out: the list beats everything, then a grant that still reaches something.
fn status(state: &Consent) -> ConsentStatus {
    if state.internal_dnc.is_some() {
        ConsentStatus::Dnc
    } else if state.has_standing_grant() {
        ConsentStatus::Granted
    } else if state.revocations.is_empty() {
        ConsentStatus::None
    } else {
        ConsentStatus::Revoked
    }
}

/// The channels some grant covers, as words in braces: an array literal of Postgres.
fn channels(state: &Consent) -> Result<String, serde_json::Error> {
    let covered: BTreeSet<_> = state.grants.iter().flat_map(|grant| grant.channels.iter().copied()).collect();
    let words = covered.into_iter().map(word).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{{{}}}", words.join(",")))
}

async fn write_contacts(rows: &mut PgConnection, folded: &[Folded<Consent>]) -> Result<(), ApplyError> {
    let statuses = folded.iter().map(|row| word(status(&row.state))).collect::<Result<Vec<_>, _>>()?;
    let channels = folded.iter().map(|row| channels(&row.state)).collect::<Result<Vec<_>, _>>()?;
    let states = folded.iter().map(|row| serde_json::to_string(&row.state)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "with n as materialized (
             select * from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
                 as n(tenant_id, id, is_new, status, channels, updated_at, state)
         ), begun as (
             insert into consent_contacts (tenant_id, id, status, channels, updated_at, state)
             select tenant_id, id, status, channels::text[], updated_at, state::json from n where is_new
         )
         update consent_contacts c
            set status = n.status, channels = n.channels::text[], updated_at = n.updated_at, state = n.state::json
           from n where not n.is_new and c.tenant_id = n.tenant_id and c.id = n.id",
    )
    .bind(folded.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.is_new).collect::<Vec<_>>())
    .bind(statuses)
    .bind(channels)
    .bind(folded.iter().map(|row| row.recorded_at.get()).collect::<Vec<_>>())
    .bind(states)
    .execute(rows)
    .await?;
    Ok(())
}

async fn write_history(rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
    let actor = |event: &Arc<Envelope>| Some(event.metadata.actor).filter(|actor| !actor.is_nil());
    sqlx::query(
        "insert into consent_history (tenant_id, consent_id, sequence, position, event_id, type, event_version, actor,
                                      payload, occurred_at, recorded_at)
         select tenant_id, consent_id, sequence, position, event_id, type, event_version, actor, payload::json,
                occurred_at, recorded_at
           from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::text[], $7::int[], $8::uuid[],
                       $9::text[], $10::timestamptz[], $11::timestamptz[])
                as n(tenant_id, consent_id, sequence, position, event_id, type, event_version, actor, payload,
                     occurred_at, recorded_at)",
    )
    .bind(batch.iter().map(|event| event.tenant.0).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.aggregate_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.sequence).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.position).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.event_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.event_type.as_str()).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.event_version).collect::<Vec<_>>())
    .bind(batch.iter().map(actor).collect::<Vec<Option<Uuid>>>())
    .bind(batch.iter().map(|event| event.payload.as_str()).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.occurred_at.get()).collect::<Vec<_>>())
    .bind(batch.iter().map(|event| event.recorded_at.get()).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}
