//! `postgres-es` and `cqrs-es` read our streams and come to the same state.

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{AggregateContext, EventStore as _};
use postgres_es::PostgresEventRepository;
use seiketsu::ids;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::lead::Lead;
use uuid::Uuid;

use crate::support::{database, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_es_folds_our_streams_to_the_same_state() {
    let database = database::create().await;
    let commands = database.commands();
    let (tenant, escalation, lead): (_, Uuid, Uuid) = (wishes::tenant(), ids::new(), ids::new());
    let wish = wishes::of(tenant);
    commands
        .create::<Escalation>(&wish, escalation, wishes::raise_escalation(tenant, escalation))
        .await
        .unwrap();
    commands.execute::<Escalation>(&wish, escalation, wishes::acknowledge()).await.unwrap();
    let escalated = commands.execute::<Escalation>(&wish, escalation, wishes::reassign()).await.unwrap();
    commands.create::<Lead>(&wish, lead, wishes::create_lead(tenant, lead)).await.unwrap();
    let led = commands.execute::<Lead>(&wish, lead, wishes::note("likes to be called late")).await.unwrap();

    let repository = || {
        PostgresEventRepository::new(database.pools.system().clone())
            .with_tables("compat.events", "compat.snapshots")
    };
    let escalations = PersistedEventStore::<_, Escalation>::new_event_store(repository());
    let mut read = escalations.load_aggregate(&escalation.to_string()).await.unwrap();
    assert_eq!(*read.aggregate(), *escalated.state);
    assert_eq!(read.current_sequence, 3);

    let leads = PersistedEventStore::<_, Lead>::new_event_store(repository());
    assert_eq!(*leads.load_aggregate(&lead.to_string()).await.unwrap().aggregate(), *led.state);
    let events = leads.load_events(&lead.to_string()).await.unwrap();
    assert_eq!(
        events.iter().map(|event| &event.payload).collect::<Vec<_>>().last(),
        led.events.last().as_ref()
    );
}
