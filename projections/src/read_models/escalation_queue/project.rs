use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::escalation::{Escalation, EscalationStatus, Priority};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::read_models::entity::{self, Folded};
use crate::{ApplyError, Projection};

/// See the module documentation.
pub struct EscalationQueue;

#[async_trait]
impl Projection for EscalationQueue {
    fn name(&self) -> &'static str {
        "escalation_queue"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["escalation"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["escalations"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let folded = entity::fold::<Escalation>(rows, "escalations", batch, |fact| match fact {
            Fact::Escalation(event) => Some(event),
            _ => None,
        })
        .await?;
        write(rows, &folded).await
    }
}

/// The order of priorities in the table; smaller is more urgent.
pub(super) fn urgency(priority: Priority) -> i16 {
    match priority {
        Priority::Critical => 1,
        Priority::High => 2,
        Priority::Normal => 3,
    }
}

pub(super) fn status_name(status: EscalationStatus) -> &'static str {
    match status {
        EscalationStatus::Raised => "raised",
        EscalationStatus::Acknowledged => "acknowledged",
        EscalationStatus::Assigned => "assigned",
        EscalationStatus::Connected => "connected",
        EscalationStatus::Resolved => "resolved",
        EscalationStatus::Cancelled => "cancelled",
        EscalationStatus::TimedOut => "timed_out",
    }
}

async fn write(rows: &mut PgConnection, folded: &[Folded<Escalation>]) -> Result<(), ApplyError> {
    let of = |f: fn(&Escalation) -> DateTime<Utc>| folded.iter().map(|row| f(&row.state)).collect::<Vec<_>>();
    let states = folded.iter().map(|row| serde_json::to_string(&row.state)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "with n as materialized (
             select * from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::uuid[], $5::text[], $6::smallint[], $7::bool[],
                                  $8::uuid[], $9::timestamptz[], $10::timestamptz[], $11::text[])
                 as n(tenant_id, id, is_new, call_id, status, urgency, open, assigned_to, raised_at, due_at, state)
         ), raised as (
             insert into escalations
                    (tenant_id, id, call_id, status, urgency, open, assigned_to, raised_at, due_at, state)
             select tenant_id, id, call_id, status, urgency, open, assigned_to, raised_at, due_at, state::json
               from n where is_new
         )
         update escalations e
            set status = n.status, open = n.open, assigned_to = n.assigned_to, state = n.state::json
           from n where not n.is_new and e.tenant_id = n.tenant_id and e.id = n.id",
    )
    .bind(folded.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.is_new).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.state.call_id.0).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| status_name(row.state.status)).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| urgency(row.state.priority)).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.state.status.is_open()).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.state.assigned_to.map(|user| user.0)).collect::<Vec<Option<Uuid>>>())
    .bind(of(|state| state.raised_at.get()))
    .bind(of(|state| state.due_at.get()))
    .bind(states)
    .execute(rows)
    .await?;
    Ok(())
}
