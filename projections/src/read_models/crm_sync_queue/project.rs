use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::lead::LeadEvent;
use seiketsu_domain::values::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::changes::{self, Change, Fields};
use crate::read_models::word::word;
use crate::{ApplyError, Projection, fact_of};

/// See the module documentation.
pub struct CrmSyncQueue;

#[async_trait]
impl Projection for CrmSyncQueue {
    fn name(&self) -> &'static str {
        "crm_sync_queue"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["lead"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["crm_sync_queue"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        merge(rows, &Changes::of(batch)?).await
    }

    async fn settle(&self, rows: &mut PgConnection) -> Result<(), ApplyError> {
        super::settle::settle(self, rows).await
    }
}

/// What a batch changed in one lead.
struct Changes {
    tenant: Uuid,
    lead: Uuid,
    change: Change,
    fields: Fields,
    first_at: Timestamp,
    last_at: Timestamp,
    position: i64,
    version: i64,
}

impl Changes {
    /// One for each lead the batch is about.
    fn of(batch: &[Arc<Envelope>]) -> Result<Vec<Self>, ApplyError> {
        let mut leads: HashMap<(Uuid, Uuid), Self> = HashMap::new();
        for event in batch {
            if let Fact::Lead(fact) = fact_of(event)? {
                leads
                    .entry((event.tenant.0, event.aggregate_id))
                    .and_modify(|changes| changes.add(event, fact))
                    .or_insert_with(|| Self::begin(event, fact));
            }
        }
        Ok(leads.into_values().collect())
    }

    fn begin(event: &Envelope, fact: &LeadEvent) -> Self {
        Self {
            tenant: event.tenant.0,
            lead: event.aggregate_id,
            change: changes::change(fact),
            fields: changes::fields(fact),
            first_at: event.occurred_at,
            last_at: event.occurred_at,
            position: event.position,
            version: event.sequence,
        }
    }

    fn add(&mut self, event: &Envelope, fact: &LeadEvent) {
        self.change = self.change.max(changes::change(fact));
        self.fields.extend(changes::fields(fact));
        self.last_at = event.occurred_at;
        self.position = event.position;
        self.version = event.sequence;
    }

    /// An array of arrays of different lengths does not bind, a joined one does.
    fn joined_fields(&self) -> String {
        self.fields.iter().copied().collect::<Vec<_>>().join(",")
    }
}

async fn merge(rows: &mut PgConnection, changes: &[Changes]) -> Result<(), ApplyError> {
    let words = changes.iter().map(|of| word(of.change)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "insert into crm_sync_queue as q
                (tenant_id, lead_id, change, changed_fields, first_changed_at, last_changed_at, last_position, version)
         select tenant_id, lead_id, change, string_to_array(fields, ','), first_at, last_at, position, version
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                       $7::bigint[], $8::bigint[])
                as n(tenant_id, lead_id, change, fields, first_at, last_at, position, version)
             on conflict (tenant_id, lead_id) do update
            set change = case when 'archived' in (q.change, excluded.change) then 'archived'
                              when 'created' in (q.change, excluded.change) then 'created'
                              else 'updated' end,
                changed_fields = array(select field from unnest(q.changed_fields || excluded.changed_fields) as f(field)
                                        group by field order by field collate \"C\"),
                last_changed_at = excluded.last_changed_at, last_position = excluded.last_position,
                version = excluded.version",
    )
    .bind(changes.iter().map(|of| of.tenant).collect::<Vec<_>>())
    .bind(changes.iter().map(|of| of.lead).collect::<Vec<_>>())
    .bind(words)
    .bind(changes.iter().map(Changes::joined_fields).collect::<Vec<_>>())
    .bind(changes.iter().map(|of| of.first_at.get()).collect::<Vec<_>>())
    .bind(changes.iter().map(|of| of.last_at.get()).collect::<Vec<_>>())
    .bind(changes.iter().map(|of| of.position).collect::<Vec<_>>())
    .bind(changes.iter().map(|of| of.version).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}
