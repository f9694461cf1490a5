use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::lead::{Lead, LeadStatus};
use sqlx::PgConnection;

use super::words;
use crate::read_models::entity::{self, Folded};
use crate::read_models::hot_leads;
use crate::{ApplyError, Projection};

/// See the module documentation.
pub struct Leads;

#[async_trait]
impl Projection for Leads {
    fn name(&self) -> &'static str {
        "leads"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["lead"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["leads", "lead_states", hot_leads::TABLE]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let folded = entity::fold::<Lead>(rows, "lead_states", batch, |fact| match fact {
            Fact::Lead(event) => Some(event),
            _ => None,
        })
        .await?;
        write(rows, &folded).await?;
        write_states(rows, &folded).await?;
        hot_leads::write(rows, &folded).await
    }
}

/// The order of statuses in the table.
pub(super) fn rank(status: LeadStatus) -> i16 {
    match status {
        LeadStatus::New => 1,
        LeadStatus::Contacted => 2,
        LeadStatus::Qualified => 3,
        LeadStatus::AppointmentSet => 4,
        LeadStatus::Converted => 5,
        LeadStatus::Lost => 6,
    }
}

/// The score in the table of a lead that nobody has judged.
const UNJUDGED: i16 = -1;

async fn write(rows: &mut PgConnection, folded: &[Folded<Lead>]) -> Result<(), ApplyError> {
    sqlx::query(
        "insert into leads (tenant_id, id, archived, status, source, assigned_to, score, last_name,
                            next_follow_up_at, created_at, updated_at, words)
         select tenant_id, id, archived, status, source, assigned_to, score, last_name,
                coalesce(next_follow_up_at, 'infinity'), created_at, updated_at,
                array_to_tsvector(string_to_array(words, $13))
           from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::smallint[], $5::text[], $6::uuid[], $7::smallint[],
                       $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[])
                as n(tenant_id, id, archived, status, source, assigned_to, score, last_name,
                     next_follow_up_at, created_at, updated_at, words)
             on conflict (tenant_id, id) do update
            set archived = excluded.archived, status = excluded.status, source = excluded.source,
                assigned_to = excluded.assigned_to, score = excluded.score, last_name = excluded.last_name,
                next_follow_up_at = excluded.next_follow_up_at, updated_at = excluded.updated_at,
                words = excluded.words",
    )
    .bind(each(folded, |row| row.tenant))
    .bind(each(folded, |row| row.id))
    .bind(each(folded, |row| row.state.archived))
    .bind(each(folded, |row| rank(row.state.status)))
    .bind(each(folded, |row| row.state.source.as_ref().map_or("", |source| source.as_str())))
    .bind(each(folded, |row| row.state.assigned_to.map(|user| user.0)))
    .bind(each(folded, |row| row.state.score.map_or(UNJUDGED, |score| i16::from(score.points()))))
    .bind(each(folded, |row| row.state.last_name.as_ref().map_or_else(String::new, |name| name.as_str().to_lowercase())))
    .bind(each(folded, |row| row.state.next_follow_up_at.map(|due| due.get())))
    .bind(each(folded, |row| row.state.created_at.get()))
    .bind(each(folded, |row| row.state.updated_at.get()))
    .bind(each(folded, |row| words::of(TenantId(row.tenant), &row.state)))
    .bind(words::SEPARATOR)
    .execute(rows)
    .await?;
    Ok(())
}

async fn write_states(rows: &mut PgConnection, folded: &[Folded<Lead>]) -> Result<(), ApplyError> {
    sqlx::query(
        "insert into lead_states (tenant_id, id, state)
         select tenant_id, id, state::json from unnest($1::uuid[], $2::uuid[], $3::text[]) as n(tenant_id, id, state)
             on conflict (tenant_id, id) do update set state = excluded.state",
    )
    .bind(each(folded, |row| row.tenant))
    .bind(each(folded, |row| row.id))
    .bind(folded.iter().map(|row| serde_json::to_string(&row.state)).collect::<Result<Vec<_>, _>>()?)
    .execute(rows)
    .await?;
    Ok(())
}

fn each<'a, T>(folded: &'a [Folded<Lead>], of: impl Fn(&'a Folded<Lead>) -> T) -> Vec<T> {
    folded.iter().map(of).collect()
}
