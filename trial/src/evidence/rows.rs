use futures::TryStreamExt as _;
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::call::Call;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::lead::Lead;
use sqlx::PgPool;
use uuid::Uuid;

use super::store::digest;
use super::{Aggregate, Counted, Counter, Evidence, EvidenceError, Row, Stream, number_of};

/// Reads the read models.
pub async fn read(pool: &PgPool, evidence: &mut Evidence) -> Result<(), EvidenceError> {
    states::<Call>(pool, evidence, "calls", Aggregate::Call).await?;
    states::<Lead>(pool, evidence, "lead_states", Aggregate::Lead).await?;
    states::<Consent>(pool, evidence, "consent_contacts", Aggregate::Consent).await?;
    states::<Escalation>(pool, evidence, "escalations", Aggregate::Escalation).await?;
    states::<Escalation>(pool, evidence, "dashboard_escalations", Aggregate::Escalation).await?;
    for (what, query) in COUNTERS {
        counters(pool, evidence, *what, query).await?;
    }
    Ok(())
}

async fn states<A: Decide>(
    pool: &PgPool,
    evidence: &mut Evidence,
    view: &'static str,
    aggregate: Aggregate,
) -> Result<(), EvidenceError> {
    let query = format!("select tenant_id, id, state::text from read_models.{view}");
    let mut rows = sqlx::query_as::<_, (Uuid, Uuid, String)>(&query).fetch(pool);
    while let Some((tenant, id, state)) = rows.try_next().await? {
        // As the aggregate itself reads and writes it, so that formatting does not count.
        let digest = serde_json::from_str::<A>(&state).ok().as_ref().and_then(digest);
        let stream = Stream { tenant: number_of(&evidence.tenants, tenant), aggregate, id };
        evidence.rows.push(Row { view, stream, digest });
    }
    Ok(())
}

async fn counters(
    pool: &PgPool,
    evidence: &mut Evidence,
    what: Counted,
    query: &str,
) -> Result<(), EvidenceError> {
    let found: Vec<(Uuid, i64)> = sqlx::query_as(query).fetch_all(pool).await?;
    for (place, organization) in evidence.tenants.iter().enumerate() {
        let value = found.iter().find(|(tenant, _)| tenant == organization).map_or(0, |(_, value)| *value);
        evidence.counters.push(Counter { tenant: u16::try_from(place).unwrap_or(u16::MAX), what, value });
    }
    Ok(())
}

/// Where each number is kept. Days are added up, so that midnight does not matter.
const COUNTERS: &[(Counted, &str)] = &[
    (
        Counted::ActiveCalls,
        "select tenant_id, sum(value)::bigint from read_models.dashboard_totals where metric = 'calls.active' group by 1",
    ),
    (
        Counted::Leads,
        "select tenant_id, sum(value)::bigint from read_models.dashboard_totals where metric = 'leads' group by 1",
    ),
    (
        Counted::CallsStarted,
        "select tenant_id, sum(value)::bigint from read_models.dashboard_days where metric = 'calls.started' group by 1",
    ),
    (
        Counted::LeadsCreated,
        "select tenant_id, sum(value)::bigint from read_models.dashboard_days where metric = 'leads.created' group by 1",
    ),
    (
        Counted::Grants,
        "select tenant_id, sum(value)::bigint from read_models.dashboard_days where metric = 'consent.grants' group by 1",
    ),
    (
        Counted::Revocations,
        "select tenant_id, sum(value)::bigint from read_models.dashboard_days where metric = 'consent.revocations' group by 1",
    ),
    (Counted::LeadTimeline, "select tenant_id, count(*) from read_models.lead_timeline group by 1"),
    (Counted::CallTimeline, "select tenant_id, count(*) from read_models.call_timeline group by 1"),
    (Counted::Segments, "select tenant_id, count(*) from read_models.transcript_segments group by 1"),
];
