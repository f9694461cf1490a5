use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::escalation::EscalationEvent;
use sqlx::PgConnection;
use uuid::Uuid;

use super::tell;
use crate::{ApplyError, Projection, fact_of};

/// See the module documentation.
pub struct CallTimeline;

#[async_trait]
impl Projection for CallTimeline {
    fn name(&self) -> &'static str {
        "call_timeline"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["call", "escalation"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["call_timeline"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let calls = CallsOfEscalations::of(rows, batch).await?;
        let lines = batch.iter().map(|event| Line::of(event, &calls)).collect::<Result<Vec<_>, _>>()?;
        write(rows, &lines.into_iter().flatten().collect::<Vec<_>>()).await
    }
}

/// Which call an escalation belongs to, by tenant and escalation.
struct CallsOfEscalations(HashMap<(Uuid, Uuid), Uuid>);

impl CallsOfEscalations {
    /// Those raised in the batch, and those raised before it.
    async fn of(rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<Self, sqlx::Error> {
        let mut calls = HashMap::new();
        let mut earlier: Vec<(Uuid, Uuid)> = Vec::new();
        for event in batch {
            let key = (event.tenant.0, event.aggregate_id);
            match &event.fact {
                Ok(Fact::Escalation(EscalationEvent::Raised(raised))) => {
                    calls.insert(key, raised.call_id.0);
                }
                Ok(Fact::Escalation(_)) if !calls.contains_key(&key) => earlier.push(key),
                _ => {}
            }
        }
        calls.extend(look_up(rows, earlier).await?);
        Ok(Self(calls))
    }
}

async fn look_up(
    rows: &mut PgConnection,
    escalations: Vec<(Uuid, Uuid)>,
) -> Result<HashMap<(Uuid, Uuid), Uuid>, sqlx::Error> {
    if escalations.is_empty() {
        return Ok(HashMap::new());
    }
    let (tenants, subjects): (Vec<Uuid>, Vec<Uuid>) = escalations.into_iter().unzip();
    let found: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "select t.tenant_id, t.subject, t.call_id from unnest($1::uuid[], $2::uuid[]) as k(tenant_id, subject)
           join call_timeline t on t.tenant_id = k.tenant_id and t.subject = k.subject and t.type = 'escalation.raised'",
    )
    .bind(tenants)
    .bind(subjects)
    .fetch_all(rows)
    .await?;
    Ok(found.into_iter().map(|(tenant, subject, call)| ((tenant, subject), call)).collect())
}

/// One event, told.
struct Line<'a> {
    event: &'a Envelope,
    call: Uuid,
    title: String,
    data: Option<String>,
}

impl<'a> Line<'a> {
    /// `None` for an event of no concern to a call.
    fn of(event: &'a Envelope, calls: &CallsOfEscalations) -> Result<Option<Self>, ApplyError> {
        let poison = |reason: String| ApplyError::Poison { position: event.position, reason };
        let fact = fact_of(event)?;
        let (call, title) = match fact {
            Fact::Call(of_call) => (event.aggregate_id, tell::call(of_call)),
            Fact::Escalation(of_escalation) => {
                let call = calls.0.get(&(event.tenant.0, event.aggregate_id)).copied();
                let call = call.ok_or_else(|| poison("the escalation was not raised before".to_owned()))?;
                (call, tell::escalation(of_escalation))
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { event, call, title, data: tell::data(fact)? }))
    }

    /// Who did it; nobody where the system did it by itself.
    fn actor(&self) -> Option<Uuid> {
        Some(self.event.metadata.actor).filter(|actor| !actor.is_nil())
    }
}

async fn write(rows: &mut PgConnection, lines: &[Line<'_>]) -> Result<(), ApplyError> {
    sqlx::query(
        "insert into call_timeline
                (tenant_id, call_id, position, subject, type, title, actor, data, occurred_at, recorded_at)
         select tenant_id, call_id, position, subject, type, title, actor, data::json, occurred_at, recorded_at
           from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::uuid[],
                       $8::text[], $9::timestamptz[], $10::timestamptz[])
                as n(tenant_id, call_id, position, subject, type, title, actor, data, occurred_at, recorded_at)",
    )
    .bind(lines.iter().map(|line| line.event.tenant.0).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.call).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.event.position).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.event.aggregate_id).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.event.event_type.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.title.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(Line::actor).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.data.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.event.occurred_at.get()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.event.recorded_at.get()).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}
