use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::call::CallEvent;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;
use uuid::Uuid;

use super::tell;
use crate::read_models::timeline::{Line, Timeline, small_data};
use crate::{ApplyError, Projection, fact_of};

pub(super) const TIMELINE: Timeline = Timeline { table: "lead_timeline", owner: "lead_id" };

/// See the module documentation.
pub struct LeadTimeline;

#[async_trait]
impl Projection for LeadTimeline {
    fn name(&self) -> &'static str {
        "lead_timeline"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["lead", "call"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["lead_timeline"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let calls = LeadsOfCalls::after(rows, batch).await?;
        let lines = batch.iter().map(|event| tell(event, &calls)).collect::<Result<Vec<_>, _>>()?;
        calls.move_earlier_entries(rows).await?;
        TIMELINE.write(rows, &lines.into_iter().flatten().collect::<Vec<_>>()).await
    }
}

/// An event as it is told of its lead, or kept until its call has one; `None` for an event of no concern to leads.
fn tell<'a>(event: &'a Envelope, calls: &LeadsOfCalls) -> Result<Option<Line<'a>>, ApplyError> {
    let fact = fact_of(event)?;
    let (owner, title) = match fact {
        Fact::Lead(of_lead) => (Some(event.aggregate_id), tell::lead(of_lead)),
        Fact::Call(of_call) => match tell::call(of_call) {
            Some(title) => (calls.lead_of(event)?, title),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Line { event, owner, title, data: small_data(fact)? }))
}

/// Tenant and call.
type Key = (Uuid, Uuid);

fn key(event: &Envelope) -> Key {
    (event.tenant.0, event.aggregate_id)
}

/// Which lead each call of a batch is with after it.
struct LeadsOfCalls {
    /// `None` for a call that is with no lead yet.
    leads: HashMap<Key, Option<Uuid>>,
    /// The calls linked within the batch.
    linked: HashSet<Key>,
}

impl LeadsOfCalls {
    async fn after(rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<Self, sqlx::Error> {
        let mut leads = look_up(rows, begun_before(batch)).await?;
        let mut linked = HashSet::new();
        for event in batch {
            match &event.fact {
                Ok(Fact::Call(CallEvent::Started(started))) => {
                    leads.insert(key(event), started.lead_id.map(|lead| lead.0));
                }
                Ok(Fact::Call(CallEvent::LeadLinked(link))) => {
                    leads.entry(key(event)).and_modify(|lead| *lead = Some(link.lead_id.0));
                    linked.insert(key(event));
                }
                _ => {}
            }
        }
        Ok(Self { leads, linked })
    }

    fn lead_of(&self, event: &Envelope) -> Result<Option<Uuid>, ApplyError> {
        self.leads.get(&key(event)).copied().ok_or_else(|| ApplyError::Poison {
            position: event.position,
            reason: "the call was not started before".to_owned(),
        })
    }

    /// What was told of a call before its latest link goes with it.
    async fn move_earlier_entries(&self, rows: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.linked.is_empty() {
            return Ok(());
        }
        let (tenants, calls): (Vec<Uuid>, Vec<Uuid>) = self.linked.iter().copied().unzip();
        sqlx::query(
            "update lead_timeline t set lead_id = n.lead_id
               from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as n(tenant_id, call_id, lead_id)
              where t.tenant_id = n.tenant_id and t.subject = n.call_id",
        )
        .bind(tenants)
        .bind(calls)
        .bind(self.linked.iter().map(|call| self.leads.get(call).copied().flatten()).collect::<Vec<_>>())
        .execute(rows)
        .await?;
        Ok(())
    }
}

/// The calls told of in the batch that began before it.
fn begun_before(batch: &[Arc<Envelope>]) -> HashSet<Key> {
    let (mut begun, mut told) = (HashSet::new(), HashSet::new());
    for event in batch {
        match &event.fact {
            Ok(Fact::Call(CallEvent::Started(_))) => {
                begun.insert(key(event));
            }
            Ok(Fact::Call(of_call)) if tell::call(of_call).is_some() => {
                told.insert(key(event));
            }
            _ => {}
        }
    }
    &told - &begun
}

async fn look_up(
    rows: &mut PgConnection,
    calls: HashSet<Key>,
) -> Result<HashMap<Key, Option<Uuid>>, sqlx::Error> {
    if calls.is_empty() {
        return Ok(HashMap::new());
    }
    let (tenants, calls): (Vec<Uuid>, Vec<Uuid>) = calls.into_iter().unzip();
    let found: Vec<(Uuid, Uuid, Option<Uuid>)> = sqlx::query_as(
        "select t.tenant_id, t.subject, t.lead_id from unnest($1::uuid[], $2::uuid[]) as k(tenant_id, subject)
           join lead_timeline t on t.tenant_id = k.tenant_id and t.subject = k.subject and t.type = 'call.started'",
    )
    .bind(tenants)
    .bind(calls)
    .fetch_all(rows)
    .await?;
    Ok(found.into_iter().map(|(tenant, call, lead)| ((tenant, call), lead)).collect())
}
