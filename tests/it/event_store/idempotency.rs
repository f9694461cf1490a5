//! One effect per idempotency key, whoever asks again, and from whichever process.

use std::time::Duration;

use futures::future::join_all;
use seiketsu::command::{CommandError, Committed};
use seiketsu::event_store::forget;
use seiketsu::ids;
use seiketsu_domain::escalation::{Escalation, EscalationStatus};
use uuid::Uuid;

use crate::support::database::TestDatabase;
use crate::support::{database, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_answers_as_the_first_time() {
    let database = database::create().await;
    let commands = database.commands();
    let (tenant, id) = (wishes::tenant(), ids::new());
    let wish = wishes::keyed(wishes::of(tenant), "raise-1", "{}");
    let raise = wishes::raise_escalation(tenant, id);
    let first = commands.create::<Escalation>(&wish, id, raise.clone()).await.unwrap();
    // The answer is that of the time, whatever has happened since.
    commands.execute::<Escalation>(&wishes::of(tenant), id, wishes::acknowledge()).await.unwrap();

    for process in [commands, database.commands()] {
        let again: Committed<Escalation> = process.create(&wish, ids::new(), raise.clone()).await.unwrap();
        assert!(again.replayed && !first.replayed);
        assert_eq!(again.state.status, EscalationStatus::Raised);
        assert_eq!(
            (again.state, again.events, again.position),
            (first.state.clone(), first.events.clone(), first.position)
        );
    }
    assert_eq!(events(&database).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_for_another_request_is_refused() {
    let database = database::create().await;
    let commands = database.commands();
    let (tenant, id) = (wishes::tenant(), ids::new::<Uuid>());
    let wish = |body| wishes::keyed(wishes::of(tenant), "key", body);
    commands.create::<Escalation>(&wish("one"), id, wishes::raise_escalation(tenant, id)).await.unwrap();

    let other = ids::new();
    let refused =
        commands.create::<Escalation>(&wish("other"), other, wishes::raise_escalation(tenant, other)).await;
    assert!(matches!(refused, Err(CommandError::KeyReused)), "{refused:?}");
    // Also where the domain would say no before the store is asked.
    let refused =
        commands.execute::<Escalation>(&wish("other"), id, wishes::raise_escalation(tenant, id)).await;
    assert!(matches!(refused, Err(CommandError::KeyReused)), "{refused:?}");
    assert_eq!(events(&database).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_organizations_may_choose_the_same_key() {
    let database = database::create().await;
    let commands = database.commands();
    for _ in 0..2 {
        let (tenant, id) = (wishes::tenant(), ids::new());
        let wish = wishes::keyed(wishes::of(tenant), "key", "{}");
        let raised =
            commands.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.unwrap();
        assert!(!raised.replayed);
    }
    assert_eq!(events(&database).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_races_itself_takes_effect_once() {
    let database = database::create().await;
    let processes = [database.commands(), database.commands(), database.commands()];
    for round in 0..20 {
        let tenant = wishes::tenant();
        let wish = wishes::keyed(wishes::of(tenant), &format!("key-{round}"), "{}");
        let answers = join_all(processes.iter().map(async |process| {
            let id = ids::new();
            process.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.unwrap()
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        assert!(answers.iter().all(|answer| answer.state == answers[0].state));
    }
    assert_eq!(events(&database).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_id_is_the_same_for_every_attempt_under_a_key() {
    let tenant = wishes::tenant();
    let mut event_ids = Vec::new();
    for _ in 0..2 {
        let database = database::create().await;
        let (commands, id) = (database.commands(), ids::new());
        let wish = wishes::keyed(wishes::of(tenant), "key", "{}");
        commands.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.unwrap();
        event_ids.push(commands.store().history::<Escalation>(tenant, id, 1).await.unwrap()[0].event_id);
    }
    assert_eq!(event_ids[0], event_ids[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_forgotten_and_young_ones_are_not() {
    let database = database::create().await;
    let (commands, tenant) = (database.commands(), wishes::tenant());
    for key in ["old", "young"] {
        let (wish, id) = (wishes::keyed(wishes::of(tenant), key, "{}"), ids::new());
        commands.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.unwrap();
    }
    sqlx::query("update idempotency_keys set created_at = now() - interval '31 days' where key = 'old'")
        .execute(&mut database.superuser().await)
        .await
        .unwrap();

    let month = Duration::from_secs(30 * 24 * 60 * 60);
    assert_eq!(forget(database.pools.system(), month).await.unwrap(), 1);
    let store = commands.store();
    assert!(store.stored_key(tenant, "old").await.unwrap().is_none());
    assert!(store.stored_key(tenant, "young").await.unwrap().is_some());
}

async fn events(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from events").fetch_one(database.pools.system()).await.unwrap()
}
