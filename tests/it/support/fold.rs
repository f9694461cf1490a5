//! The truth by another way: all events folded from the start, compared with what the read models show.

use std::collections::BTreeMap;
use std::time::Duration;

use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::call::Call;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::lead::Lead;
use serde_json::Value;
use uuid::Uuid;

use super::database::TestDatabase;
use super::wait;

/// Waits for the read models to arrive at the end of the log, compares every row, and says what was compared.
pub async fn read_models_agree(database: &TestDatabase) -> String {
    arrived(database).await;
    let mut connection = database.superuser().await;
    let events = seiketsu_projections::store::events_after(&mut connection, 0, i64::MAX).await.unwrap();
    let mut truth = Truth::default();
    for event in &events {
        let key = (event.tenant.0, event.aggregate_id);
        match event.fact.as_ref().unwrap() {
            Fact::Call(fact) => truth.calls.entry(key).or_default().evolve(fact),
            Fact::Lead(fact) => truth.leads.entry(key).or_default().evolve(fact),
            Fact::Consent(fact) => truth.consents.entry(key).or_default().evolve(fact),
            // No read model shows it.
            Fact::Compliance(_) => {}
            Fact::Escalation(fact) => truth.escalations.entry(key).or_default().evolve(fact),
            Fact::List(_) => {}
        }
    }
    let compared = [
        same(database, "calls", &truth.calls).await,
        same(database, "lead_states", &truth.leads).await,
        same(database, "consent_contacts", &truth.consents).await,
        same(database, "escalations", &truth.escalations).await,
    ];
    format!("{} events folded, rows equal: {}", events.len(), compared.join(", "))
}

#[derive(Default)]
struct Truth {
    calls: BTreeMap<(Uuid, Uuid), Call>,
    leads: BTreeMap<(Uuid, Uuid), Lead>,
    consents: BTreeMap<(Uuid, Uuid), Consent>,
    escalations: BTreeMap<(Uuid, Uuid), Escalation>,
}

async fn arrived(database: &TestDatabase) {
    let mut connection = database.superuser().await;
    wait::until("every projection has arrived", Duration::from_secs(60), async || {
        sqlx::query_scalar(
            "select coalesce(min(projection_watermark(projection, version)), 0) >= (select coalesce(max(position), 0) from events)
               from projection_checkpoints where partition = '*'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap()
    })
    .await;
}

async fn same<A: Decide>(database: &TestDatabase, table: &str, truth: &BTreeMap<(Uuid, Uuid), A>) -> String {
    let mut connection = database.superuser().await;
    let rows: Vec<(Uuid, Uuid, Value)> =
        sqlx::query_as(&format!("select tenant_id, id, state from read_models.{table} order by 1, 2"))
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(rows.len(), truth.len(), "rows of {table}");
    for ((tenant, id, shown), (key, state)) in rows.into_iter().zip(truth) {
        assert_eq!((tenant, id), *key, "rows of {table}");
        assert_eq!(shown, serde_json::to_value(state).unwrap(), "{table} {id}");
    }
    format!("{} {table}", truth.len())
}
