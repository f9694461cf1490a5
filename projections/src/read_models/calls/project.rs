use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use seiketsu_domain::call::{Call, CallStatus, Direction};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;
use uuid::Uuid;

use super::words;
use crate::read_models::entity::{self, Folded};
use crate::{ApplyError, Projection};

/// See the module documentation.
pub struct Calls;

#[async_trait]
impl Projection for Calls {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["call"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["calls", "call_words"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let folded = entity::fold::<Call>(rows, "calls", batch, |fact| match fact {
            Fact::Call(event) => Some(event),
            _ => None,
        })
        .await?;
        write(rows, &folded).await?;
        words::add(rows, batch).await?;
        words::gather(rows, batch).await
    }
}

pub(super) fn status_name(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Active => "active",
        CallStatus::Completed => "completed",
        CallStatus::Failed => "failed",
        CallStatus::Escalated => "escalated",
    }
}

pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

async fn write(rows: &mut PgConnection, folded: &[Folded<Call>]) -> Result<(), ApplyError> {
    let states = folded.iter().map(|row| serde_json::to_string(&row.state)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "with n as materialized (
             select tenant_id, id, is_new, status, direction, agent_id, lead_id, coalesce(phone_number, '') as phone_number,
                    started_at, coalesce(ended_at, 'infinity') as ended_at,
                    coalesce(duration_seconds, 9223372036854775807) as duration_seconds, state::json
               from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[],
                           $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::text[])
                    as n(tenant_id, id, is_new, status, direction, agent_id, lead_id, phone_number, started_at, ended_at,
                         duration_seconds, state)
         ), begun as (
             insert into calls (tenant_id, id, status, direction, agent_id, lead_id, phone_number, started_at, ended_at,
                                duration_seconds, state)
             select tenant_id, id, status, direction, agent_id, lead_id, phone_number, started_at, ended_at,
                    duration_seconds, state
               from n where is_new
         )
         update calls c
            set status = n.status, lead_id = n.lead_id, ended_at = n.ended_at, duration_seconds = n.duration_seconds,
                state = n.state
           from n where not n.is_new and c.tenant_id = n.tenant_id and c.id = n.id",
    )
    .bind(folded.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.is_new).collect::<Vec<_>>())
    .bind(each(folded, |call| status_name(call.status)))
    .bind(each(folded, |call| direction_name(call.direction)))
    .bind(each(folded, |call| call.agent_id.map(|agent| agent.0)) as Vec<Option<Uuid>>)
    .bind(each(folded, |call| call.lead_id.map(|lead| lead.0)) as Vec<Option<Uuid>>)
    .bind(each(folded, |call| call.phone_number.as_ref().map(ToString::to_string)))
    .bind(each(folded, |call| call.started_at.get()) as Vec<DateTime<Utc>>)
    .bind(each(folded, |call| call.ended_at.map(|at| at.get())) as Vec<Option<DateTime<Utc>>>)
    .bind(each(folded, |call| call.duration_seconds))
    .bind(states)
    .execute(rows)
    .await?;
    Ok(())
}

fn each<T>(folded: &[Folded<Call>], of: impl Fn(&Call) -> T) -> Vec<T> {
    folded.iter().map(|row| of(&row.state)).collect()
}
