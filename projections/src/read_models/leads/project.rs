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
        if folded.is_empty() { Ok(()) } else { write(rows, &folded).await }
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

/// All tables in one statement: each costs a round trip, and what is shown of a lead is the largest part of it.
const WRITE: &str = "
    with n as materialized (
        select * from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::bool[], $5::smallint[], $6::text[], $7::uuid[],
                             $8::smallint[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
                             $13::text[], $14::text[], $15::bool[])
            as n(tenant_id, id, is_new, archived, status, source, assigned_to, score, last_name, next_follow_up_at,
                 created_at, updated_at, words, state, hot)
    ), listed as (
        insert into leads (tenant_id, id, archived, status, source, assigned_to, score, last_name, next_follow_up_at,
                           created_at, updated_at, words)
        select tenant_id, id, archived, status, source, assigned_to, score, last_name,
               coalesce(next_follow_up_at, 'infinity'), created_at, updated_at,
               array_to_tsvector(string_to_array(words, $16))
          from n where is_new
    ), changed as (
        update leads l
           set archived = n.archived, status = n.status, source = n.source, assigned_to = n.assigned_to,
               score = n.score, last_name = n.last_name, next_follow_up_at = coalesce(n.next_follow_up_at, 'infinity'),
               updated_at = n.updated_at, words = array_to_tsvector(string_to_array(n.words, $16))
          from n where not n.is_new and l.tenant_id = n.tenant_id and l.id = n.id
    ), shown as (
        insert into lead_states (tenant_id, id, state) select tenant_id, id, state::json from n where is_new
    ), shown_anew as (
        update lead_states s set state = n.state::json
          from n where not n.is_new and s.tenant_id = n.tenant_id and s.id = n.id
    ), cooled as (
        delete from hot_leads h using n
         where not n.hot and not n.is_new and h.tenant_id = n.tenant_id and h.id = n.id
    )
    insert into hot_leads (tenant_id, id, score, last_activity_at, state)
    select tenant_id, id, score, updated_at, state::json from n where hot
        on conflict (tenant_id, id) do update
       set score = excluded.score, last_activity_at = excluded.last_activity_at, state = excluded.state";

async fn write(rows: &mut PgConnection, folded: &[Folded<Lead>]) -> Result<(), ApplyError> {
    let states = folded.iter().map(|row| serde_json::to_string(&row.state)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(WRITE)
        .bind(each(folded, |row| row.tenant))
        .bind(each(folded, |row| row.id))
        .bind(each(folded, |row| row.is_new))
        .bind(each(folded, |row| row.state.archived))
        .bind(each(folded, |row| rank(row.state.status)))
        .bind(each(folded, |row| row.state.source.as_ref().map_or("", |source| source.as_str())))
        .bind(each(folded, |row| row.state.assigned_to.map(|user| user.0)))
        .bind(each(folded, |row| row.state.score.map_or(UNJUDGED, |score| i16::from(score.points()))))
        .bind(each(folded, |row| last_name(&row.state)))
        .bind(each(folded, |row| row.state.next_follow_up_at.map(|due| due.get())))
        .bind(each(folded, |row| row.state.created_at.get()))
        .bind(each(folded, |row| row.state.updated_at.get()))
        .bind(each(folded, |row| words::of(TenantId(row.tenant), &row.state)))
        .bind(states)
        .bind(each(folded, |row| row.state.is_hot()))
        .bind(words::SEPARATOR)
        .execute(rows)
        .await?;
    Ok(())
}

fn last_name(lead: &Lead) -> String {
    lead.last_name.as_ref().map_or_else(String::new, |name| name.as_str().to_lowercase())
}

fn each<'a, T>(folded: &'a [Folded<Lead>], of: impl Fn(&'a Folded<Lead>) -> T) -> Vec<T> {
    folded.iter().map(of).collect()
}
