use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::escalation::EscalationEvent;
use sqlx::PgConnection;
use uuid::Uuid;

use super::tell;
use crate::read_models::timeline::{Line, Timeline};
use crate::{ApplyError, Projection, fact_of};

pub(super) const TIMELINE: Timeline = Timeline { table: "call_timeline", owner: "call_id" };

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
        let lines = batch.iter().map(|event| tell(event, &calls)).collect::<Result<Vec<_>, _>>()?;
        TIMELINE.write(rows, &lines.into_iter().flatten().collect::<Vec<_>>()).await
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

    fn call_of(&self, event: &Envelope) -> Result<Uuid, ApplyError> {
        self.0.get(&(event.tenant.0, event.aggregate_id)).copied().ok_or_else(|| ApplyError::Poison {
            position: event.position,
            reason: "the escalation was not raised before".to_owned(),
        })
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

/// An event as it is told of its call; `None` for an event of no concern to a call.
fn tell<'a>(event: &'a Envelope, calls: &CallsOfEscalations) -> Result<Option<Line<'a>>, ApplyError> {
    let fact = fact_of(event)?;
    let (call, title) = match fact {
        Fact::Call(of_call) => (event.aggregate_id, tell::call(of_call)),
        Fact::Escalation(of_escalation) => (calls.call_of(event)?, tell::escalation(of_escalation)),
        _ => return Ok(None),
    };
    Ok(Some(Line { event, owner: Some(call), title, data: tell::data(fact)? }))
}
