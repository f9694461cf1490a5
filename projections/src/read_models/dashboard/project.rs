use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::escalation::Escalation;
use sqlx::PgConnection;

use super::count::Counts;
use crate::read_models::entity::{self, Folded};
use crate::read_models::word::word;
use crate::{ApplyError, Projection};

/// See the module documentation.
pub struct LiveDashboard;

#[async_trait]
impl Projection for LiveDashboard {
    fn name(&self) -> &'static str {
        "dashboard"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["call", "lead", "consent", "escalation"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["dashboard_days", "dashboard_totals", "dashboard_escalations"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let counts = Counts::of(batch)?;
        add(rows, &counts).await?;
        if batch.iter().any(|envelope| matches!(envelope.fact, Ok(Fact::Escalation(_)))) {
            let folded =
                entity::fold::<Escalation>(rows, "dashboard_escalations", batch, |fact| match fact {
                    Fact::Escalation(event) => Some(event),
                    _ => None,
                })
                .await?;
            write_escalations(rows, &folded).await?;
        }
        Ok(())
    }
}

/// A counter that the batch leaves as it was is written, too: which rows there are must not depend on how events came in
/// batches, or a rebuilt model would differ from the live one.
async fn add(rows: &mut PgConnection, counts: &Counts) -> Result<(), sqlx::Error> {
    let days: Vec<_> = counts.days.iter().collect();
    let totals: Vec<_> = counts.totals.iter().collect();
    if days.is_empty() && totals.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with today as (
             insert into dashboard_days as d (tenant_id, day, metric, dimension, value)
             select * from unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::bigint[])
                 on conflict (tenant_id, day, metric, dimension) do update set value = d.value + excluded.value
         )
         insert into dashboard_totals as t (tenant_id, metric, dimension, value)
         select * from unnest($6::uuid[], $7::text[], $8::text[], $9::bigint[])
             on conflict (tenant_id, metric, dimension) do update set value = t.value + excluded.value",
    )
    .bind(days.iter().map(|((tenant, ..), _)| *tenant).collect::<Vec<_>>())
    .bind(days.iter().map(|((_, day, _), _)| *day).collect::<Vec<_>>())
    .bind(days.iter().map(|((.., counter), _)| counter.0).collect::<Vec<_>>())
    .bind(days.iter().map(|((.., counter), _)| counter.1.as_str()).collect::<Vec<_>>())
    .bind(days.iter().map(|(_, by)| **by).collect::<Vec<_>>())
    .bind(totals.iter().map(|((tenant, _), _)| *tenant).collect::<Vec<_>>())
    .bind(totals.iter().map(|((_, counter), _)| counter.0).collect::<Vec<_>>())
    .bind(totals.iter().map(|((_, counter), _)| counter.1.as_str()).collect::<Vec<_>>())
    .bind(totals.iter().map(|(_, by)| **by).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}

async fn write_escalations(rows: &mut PgConnection, folded: &[Folded<Escalation>]) -> Result<(), ApplyError> {
    let states: Vec<&Escalation> = folded.iter().map(|row| &row.state).collect();
    let priorities = states.iter().map(|state| word(state.priority)).collect::<Result<Vec<_>, _>>()?;
    let json = states.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "with n as materialized (
             select * from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5::bool[], $6::timestamptz[],
                                  $7::timestamptz[], $8::bigint[], $9::text[])
                 as n(tenant_id, id, is_new, priority, open, due_at, acknowledged_at, waited_seconds, state)
         ), raised as (
             insert into dashboard_escalations
                    (tenant_id, id, priority, open, due_at, acknowledged_at, waited_seconds, state)
             select tenant_id, id, priority, open, due_at, acknowledged_at, waited_seconds, state::json
               from n where is_new
         )
         update dashboard_escalations e
            set open = n.open, acknowledged_at = n.acknowledged_at, waited_seconds = n.waited_seconds,
                state = n.state::json
           from n where not n.is_new and e.tenant_id = n.tenant_id and e.id = n.id",
    )
    .bind(folded.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.is_new).collect::<Vec<_>>())
    .bind(priorities)
    .bind(states.iter().map(|state| state.status.is_open()).collect::<Vec<_>>())
    .bind(states.iter().map(|state| state.due_at.get()).collect::<Vec<_>>())
    .bind(states.iter().map(|state| state.acknowledged_at.map(|at| at.get())).collect::<Vec<_>>())
    .bind(states.iter().map(|state| waited_seconds(state)).collect::<Vec<_>>())
    .bind(json)
    .execute(rows)
    .await?;
    Ok(())
}

fn waited_seconds(escalation: &Escalation) -> Option<i64> {
    escalation.acknowledged_at.map(|at| at.seconds_since(escalation.raised_at).max(0))
}
