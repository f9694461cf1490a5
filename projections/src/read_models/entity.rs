//! Read models with one row per aggregate: the row keeps the aggregate's state, and events fold into it by the
//! aggregate's own `evolve`. So a read model and a decision can never disagree about what an event means.

use std::collections::HashMap;
use std::sync::Arc;

use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{ApplyError, fact_of};

/// A row after the batch.
pub struct Folded<A> {
    pub tenant: Uuid,
    pub id: Uuid,
    /// The batch begins the stream: there is no row yet. A row is inserted then, not replaced, so that events applied
    /// twice are noticed by the key.
    pub is_new: bool,
    pub state: A,
    /// When the last event applied was recorded.
    pub recorded_at: seiketsu_domain::values::Timestamp,
}

/// Reads the touched rows of `table` (columns `tenant_id`, `id`, `state`) in one query and folds the batch into
/// them, each row once; what is new is not looked for. The caller writes them back, in one query too.
///
/// # Errors
/// Database errors; [`ApplyError::Poison`] where an event does not decode or does not follow its row's last one.
pub async fn fold<A: Decide>(
    rows: &mut PgConnection,
    table: &str,
    batch: &[Arc<Envelope>],
    pick: impl Fn(&Fact) -> Option<&A::Event>,
) -> Result<Vec<Folded<A>>, ApplyError> {
    let mut order: Vec<(Uuid, Uuid)> = Vec::new();
    let mut folded: HashMap<(Uuid, Uuid), Folded<A>> = HashMap::new();
    for envelope in batch {
        if pick(fact_of(envelope)?).is_some() {
            let key = (envelope.tenant.0, envelope.aggregate_id);
            folded.entry(key).or_insert_with(|| {
                order.push(key);
                Folded::begin(key, envelope)
            });
        }
    }
    load(rows, table, &mut folded).await?;
    for envelope in batch {
        let Ok(fact) = &envelope.fact else { continue };
        let Some(event) = pick(fact) else { continue };
        if let Some(row) = folded.get_mut(&(envelope.tenant.0, envelope.aggregate_id)) {
            step(row, envelope, event)?;
        }
    }
    Ok(order.iter().filter_map(|key| folded.remove(key)).collect())
}

impl<A: Decide> Folded<A> {
    fn begin((tenant, id): (Uuid, Uuid), first: &Envelope) -> Self {
        Self {
            tenant,
            id,
            is_new: first.sequence - first.skipped_before == 1,
            state: A::default(),
            recorded_at: first.recorded_at,
        }
    }
}

fn step<A: Decide>(row: &mut Folded<A>, envelope: &Envelope, event: &A::Event) -> Result<(), ApplyError> {
    let version = row.state.version();
    if envelope.sequence != version + 1 + envelope.skipped_before {
        return Err(poison(envelope, format!("sequence {} does not follow {version}", envelope.sequence)));
    }
    (0..envelope.skipped_before).for_each(|_| row.state.pass_over());
    row.state.evolve(event);
    row.recorded_at = envelope.recorded_at;
    Ok(())
}

fn poison(envelope: &Envelope, reason: String) -> ApplyError {
    ApplyError::Poison { position: envelope.position, reason }
}

async fn load<A: Decide>(
    rows: &mut PgConnection,
    table: &str,
    folded: &mut HashMap<(Uuid, Uuid), Folded<A>>,
) -> Result<(), ApplyError> {
    let known = folded.values().filter(|row| !row.is_new);
    let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = known.map(|row| (row.tenant, row.id)).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let found: Vec<(Uuid, Uuid, String)> = sqlx::query_as(&format!(
        "select t.tenant_id, t.id, t.state::text from unnest($1::uuid[], $2::uuid[]) as k(tenant_id, id)
           join {table} t on t.tenant_id = k.tenant_id and t.id = k.id"
    ))
    .bind(tenants)
    .bind(ids)
    .fetch_all(rows)
    .await?;
    for (tenant, id, state) in found {
        if let Some(row) = folded.get_mut(&(tenant, id)) {
            row.state = serde_json::from_str(&state)?;
        }
    }
    Ok(())
}
