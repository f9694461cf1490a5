use seiketsu_domain::lead::Lead;
use sqlx::PgConnection;

use crate::ApplyError;
use crate::read_models::entity::Folded;

pub(in crate::read_models) const TABLE: &str = "hot_leads";

/// Writes the rows of leads that are hot, and removes those of leads that no longer are.
pub(in crate::read_models) async fn write(
    rows: &mut PgConnection,
    folded: &[Folded<Lead>],
) -> Result<(), ApplyError> {
    let (hot, others): (Vec<_>, Vec<_>) = folded.iter().partition(|row| row.state.is_hot());
    if !others.is_empty() {
        remove(rows, &others).await?;
    }
    if !hot.is_empty() {
        upsert(rows, &hot).await?;
    }
    Ok(())
}

async fn remove(rows: &mut PgConnection, leads: &[&Folded<Lead>]) -> Result<(), ApplyError> {
    sqlx::query(
        "delete from hot_leads h using unnest($1::uuid[], $2::uuid[]) as n(tenant_id, id)
          where h.tenant_id = n.tenant_id and h.id = n.id",
    )
    .bind(leads.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(leads.iter().map(|row| row.id).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}

async fn upsert(rows: &mut PgConnection, leads: &[&Folded<Lead>]) -> Result<(), ApplyError> {
    let score = |lead: &Lead| lead.score.map_or(0, |score| i16::from(score.points()));
    sqlx::query(
        "insert into hot_leads (tenant_id, id, score, last_activity_at, state)
         select tenant_id, id, score, last_activity_at, state::json
           from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::text[])
                as n(tenant_id, id, score, last_activity_at, state)
             on conflict (tenant_id, id) do update
            set score = excluded.score, last_activity_at = excluded.last_activity_at, state = excluded.state",
    )
    .bind(leads.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(leads.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(leads.iter().map(|row| score(&row.state)).collect::<Vec<_>>())
    .bind(leads.iter().map(|row| row.state.updated_at.get()).collect::<Vec<_>>())
    .bind(leads.iter().map(|row| serde_json::to_string(&row.state)).collect::<Result<Vec<_>, _>>()?)
    .execute(rows)
    .await?;
    Ok(())
}
