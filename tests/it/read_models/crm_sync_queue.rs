use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seiketsu::ids;
use seiketsu_domain::ids::{LeadId, TenantId};
use seiketsu_domain::lead::{Lead, LeadCommand, UpdateLead};
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::crm_sync_queue::{
    Change, CrmSyncQueue, PendingLead, list, mark_synced,
};
use seiketsu_projections::rebuild::rollback::roll_back;
use seiketsu_projections::rebuild::{How, Swap, rebuild};
use serde_json::Value;

use super::history::{History, Step, any_throws, contact_lead, create_lead, feed, qualify_lead};
use super::scene::at;
use super::{assert_same_however_batched, project};
use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

async fn does(db: &TestDatabase, tenant: TenantId, lead: LeadId, commands: Vec<LeadCommand>) {
    let handler = db.commands();
    for command in commands {
        handler.execute::<Lead>(&wishes::of(tenant), lead.0, command).await.unwrap();
    }
}

async fn queue(db: &TestDatabase, tenant: TenantId, limit: i64) -> Vec<PendingLead> {
    let (mut pending, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut read = db.pools.read_as(tenant).await.unwrap();
        let page = list(&mut read, tenant, limit, cursor.as_deref()).await.unwrap();
        pending.extend(page.data);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return pending,
        }
    }
}

async fn synced(db: &TestDatabase, tenant: TenantId, lead: LeadId, version: i64) -> bool {
    let mut connection = db.pools.system().acquire().await.unwrap();
    mark_synced(&mut connection, tenant, lead, version).await.unwrap()
}

fn rename(name: &str, at: Timestamp) -> LeadCommand {
    LeadCommand::Update(UpdateLead {
        first_name: Some(name.parse().unwrap()),
        last_name: None,
        email: None,
        phone: None,
        source: None,
        preferences: None,
        tags: Some(vec!["vip".parse().unwrap()]),
        at,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_waits_once_with_all_that_changed_in_it() {
    let db = database::create().await;
    let (tenant, lead): (TenantId, LeadId) = (ids::new(), ids::new());
    does(&db, tenant, lead, vec![create_lead(at(0)), rename("Ada", at(5)), qualify_lead(80, at(9))]).await;
    project(&db, 2).await;
    let [pending] = queue(&db, tenant, 100).await.try_into().unwrap();
    assert_eq!((pending.lead_id, pending.change, pending.version), (lead, Change::Created, 3));
    assert_eq!((pending.first_changed_at, pending.last_changed_at), (at(0), at(9)));
    let fields = ["firstName", "phone", "qualification", "score", "source", "status", "tags"];
    assert_eq!(pending.changed_fields, fields);
    let shown = serde_json::to_value(&pending).unwrap();
    assert_eq!(shown["change"], "created");
    assert_eq!(shown["firstChangedAt"], at(0).to_string());
    assert!(shown["lastPosition"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synced_lead_is_out_until_it_changes_again() {
    let db = database::create().await;
    let (tenant, lead): (TenantId, LeadId) = (ids::new(), ids::new());
    does(&db, tenant, lead, vec![create_lead(at(0)), contact_lead(at(1))]).await;
    project(&db, 100).await;
    assert!(!synced(&db, tenant, lead, 1).await, "it changed since");
    assert!(!synced(&db, wishes::tenant(), lead, 2).await, "another organization's");
    assert_eq!(queue(&db, tenant, 100).await[0].version, 2);
    assert!(synced(&db, tenant, lead, 2).await);
    assert_eq!(queue(&db, tenant, 100).await, []);
    does(&db, tenant, lead, vec![rename("Ada", at(7))]).await;
    project(&db, 100).await;
    let [pending] = queue(&db, tenant, 100).await.try_into().unwrap();
    assert_eq!((pending.change, pending.first_changed_at, pending.version), (Change::Updated, at(7), 3));
    assert_eq!(pending.changed_fields, ["firstName", "tags"]);
    does(&db, tenant, lead, vec![LeadCommand::Archive { at: at(8) }]).await;
    project(&db, 100).await;
    let [pending] = queue(&db, tenant, 100).await.try_into().unwrap();
    assert_eq!((pending.change, pending.version), (Change::Archived, 4));
    assert_eq!(pending.changed_fields, ["archived", "firstName", "tags"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_waiting_come_first_however_batched_and_paged() {
    let db = database::create().await;
    let tenant = wishes::tenant();
    let leads: Vec<LeadId> = (0..5).map(|_| ids::new()).collect();
    for (index, lead) in leads.iter().enumerate() {
        let seconds = 100 - 10 * i64::try_from(index).unwrap();
        does(&db, tenant, *lead, vec![create_lead(at(seconds))]).await;
    }
    for lead in [leads[4], leads[0], leads[2]] {
        does(&db, tenant, lead, vec![rename("Ada", at(200)), contact_lead(at(201))]).await;
    }
    assert_same_however_batched(&db, &["crm_sync_queue"]).await;
    for limit in [1, 2, 4, 5, 100] {
        let order: Vec<LeadId> =
            queue(&db, tenant, limit).await.iter().map(|pending| pending.lead_id).collect();
        assert_eq!(order, leads.iter().rev().copied().collect::<Vec<_>>(), "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_sees_nothing_and_garbage_is_no_cursor() {
    let db = database::create().await;
    let (owner, stranger) = (wishes::tenant(), wishes::tenant());
    does(&db, owner, ids::new(), vec![create_lead(at(0))]).await;
    project(&db, 100).await;
    assert_eq!(queue(&db, stranger, 10).await, []);
    let mut read = db.pools.read_as(stranger).await.unwrap();
    assert_eq!(list(&mut read, owner, 10, None).await.unwrap().data, []);
    for garbage in ["bm9wZQ", "", "%00", "e30"] {
        let mut read = db.pools.read_as(owner).await.unwrap();
        let refused = list(&mut read, owner, 10, Some(garbage)).await;
        assert!(matches!(refused, Err(QueryError::BadCursor)), "{garbage}");
    }
}

/// The fields in which the lead differs after a step, without those of its identity and its clock.
fn differences(step: &Step<Lead>) -> BTreeSet<String> {
    let (before, after) =
        (serde_json::to_value(&step.before).unwrap(), serde_json::to_value(&step.after).unwrap());
    let object = |value: &Value| value.as_object().unwrap().clone();
    let before = object(&before);
    object(&after)
        .into_iter()
        .filter(|(name, value)| before.get(name) != Some(value))
        .map(|(name, _)| name)
        .filter(|name| {
            !["id", "organizationId", "createdAt", "updatedAt", "version"].contains(&name.as_str())
        })
        .collect()
}

#[test]
fn no_change_of_any_history_goes_unnamed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = runtime.block_on(database::create());
    let inputs = (any_throws(), prop::collection::vec(1..20_usize, 1..6));
    let mut runner = TestRunner::new(Config { cases: 30, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&inputs, |(throws, sizes)| {
        let history = History { leads: History::of(&throws).leads, ..History::default() };
        let tenant = wishes::tenant();
        let events = history.interleaved(tenant, &[0]);
        runtime.block_on(feed(db.pools.system(), &CrmSyncQueue, &events, &sizes));
        let mut named: Vec<(i64, BTreeSet<String>)> = runtime
            .block_on(queue(&db, tenant, 100))
            .into_iter()
            .map(|pending| (pending.last_position, pending.changed_fields.into_iter().collect()))
            .collect();
        named.sort();
        let streams: Vec<_> = history.leads.iter().filter(|steps| !steps.is_empty()).collect();
        prop_assert_eq!(named.len(), streams.len());
        for ((_, named), steps) in named.iter().zip(streams) {
            let changed: BTreeSet<String> = steps.iter().flat_map(differences).collect();
            prop_assert!(changed.is_subset(named), "{:?} are not all in {:?}", changed, named);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_puts_nothing_back_in_that_was_synced() {
    let db = database::create().await;
    let (tenant, done, changed, never): (TenantId, LeadId, LeadId, LeadId) =
        (ids::new(), ids::new(), ids::new(), ids::new());
    for lead in [done, changed, never] {
        does(&db, tenant, lead, vec![create_lead(at(0)), contact_lead(at(1))]).await;
    }
    project(&db, 100).await;
    assert!(synced(&db, tenant, done, 2).await && synced(&db, tenant, changed, 2).await);
    does(&db, tenant, changed, vec![rename("Ada", at(7))]).await;
    project(&db, 100).await;
    let before = queue(&db, tenant, 100).await;
    assert_eq!(before.len(), 2);

    let how = How { swap: Swap::IfEqual, ..How::new(4) };
    let rebuilt = rebuild(db.more_pools().system(), Arc::new(CrmSyncQueue), how, |_| ()).await.unwrap();
    assert!(rebuilt.swapped, "{:?}", rebuilt.comparison);
    assert_eq!(queue(&db, tenant, 100).await, before);
    // What is synced after a swap stays out when the swap is rolled back.
    assert!(synced(&db, tenant, never, 2).await);
    roll_back(db.more_pools().system(), Arc::new(CrmSyncQueue), 4).await.unwrap();
    let [left] = queue(&db, tenant, 100).await.try_into().unwrap();
    assert_eq!(
        (left.lead_id, left.changed_fields.as_slice()),
        (changed, ["firstName", "tags"].map(String::from).as_slice())
    );
}
