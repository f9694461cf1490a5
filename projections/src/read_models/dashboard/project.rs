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
        add_to_days(rows, &counts).await?;
        add_to_totals(rows, &counts).await?;
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

async fn add_to_days(rows: &mut PgConnection, counts: &Counts) -> Result<(), sqlx::Error> {
    let changed: Vec<_> = counts.days.iter().filter(|(_, by)| **by != 0).collect();
    if changed.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into dashboard_days as d (tenant_id, day, metric, dimension, value)
         select * from unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::bigint[])
             on conflict (tenant_id, day, metric, dimension) do update set value = d.value + excluded.value",
    )
    .bind(changed.iter().map(|((tenant, ..), _)| *tenant).collect::<Vec<_>>())
    .bind(changed.iter().map(|((_, day, _), _)| *day).collect::<Vec<_>>())
    .bind(changed.iter().map(|((.., counter), _)| counter.0).collect::<Vec<_>>())
    .bind(changed.iter().map(|((.., counter), _)| counter.1.as_str()).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, by)| **by).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}

async fn add_to_totals(rows: &mut PgConnection, counts: &Counts) -> Result<(), sqlx::Error> {
    let changed: Vec<_> = counts.totals.iter().filter(|(_, by)| **by != 0).collect();
    if changed.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into dashboard_totals as t (tenant_id, metric, dimension, value)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
             on conflict (tenant_id, metric, dimension) do update set value = t.value + excluded.value",
    )
    .bind(changed.iter().map(|((tenant, _), _)| *tenant).collect::<Vec<_>>())
    .bind(changed.iter().map(|((_, counter), _)| counter.0).collect::<Vec<_>>())
    .bind(changed.iter().map(|((_, counter), _)| counter.1.as_str()).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, by)| **by).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}

async fn write_escalations(rows: &mut PgConnection, folded: &[Folded<Escalation>]) -> Result<(), ApplyError> {
    let states: Vec<&Escalation> = folded.iter().map(|row| &row.state).collect();
    let priorities = states.iter().map(|state| word(state.priority)).collect::<Result<Vec<_>, _>>()?;
    let json = states.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "insert into dashboard_escalations
                (tenant_id, id, priority, open, due_at, acknowledged_at, waited_seconds, state)
         select tenant_id, id, priority, open, due_at, acknowledged_at, waited_seconds, state::json
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bool[], $5::timestamptz[], $6::timestamptz[],
                       $7::bigint[], $8::text[])
                as n(tenant_id, id, priority, open, due_at, acknowledged_at, waited_seconds, state)
             on conflict (tenant_id, id) do update
            set open = excluded.open, acknowledged_at = excluded.acknowledged_at,
                waited_seconds = excluded.waited_seconds, state = excluded.state",
    )
    .bind(folded.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(folded.iter().map(|row| row.id).collect::<Vec<_>>())
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
