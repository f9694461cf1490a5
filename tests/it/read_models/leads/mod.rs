//! The list of leads: its rows, its pages, its search.

mod pages;
mod search;

use seiketsu::ids;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{CreateLead, Lead, LeadCommand};
use seiketsu_projections::page::Page;
use seiketsu_projections::read_models::leads::{LeadFilter, Leads, get, list};
use seiketsu_projections::rebuild::{How, rebuild};
use std::sync::Arc;

use super::history::{contact_lead, convert_lead, qualify_lead};
use super::scene::{Scene, at};
use super::{assert_same_however_batched, project, rows_of};
use crate::support::wishes;

const TABLES: &[&str] = &["leads", "lead_states", "hot_leads"];

async fn page(scene: &Scene, filter: &LeadFilter) -> Page<Lead> {
    list(&mut *scene.read().await, scene.tenant, filter).await.unwrap()
}

/// All pages, one after another.
async fn read_through(scene: &Scene, filter: LeadFilter) -> Vec<Lead> {
    let (mut leads, mut filter) = (Vec::new(), filter);
    loop {
        let page = page(scene, &filter).await;
        assert!(page.data.len() <= usize::try_from(filter.limit).unwrap());
        leads.extend(page.data);
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            assert!(!page.has_more);
            return leads;
        }
    }
}

fn ids_of(leads: &[Lead]) -> Vec<LeadId> {
    leads.iter().map(|lead| lead.id).collect()
}

/// Somebody who left a number on the website; what the test is not about stays as it is here.
pub fn stranger(seconds: i64) -> CreateLead {
    CreateLead {
        lead_id: ids::new(),
        organization_id: ids::new(),
        first_name: None,
        last_name: None,
        email: None,
        phone: "+14155552671".parse().unwrap(),
        source: "website".parse().unwrap(),
        preferences: None,
        tags: Vec::new(),
        at: at(seconds),
    }
}

pub async fn tell(scene: &Scene, lead: LeadId, command: LeadCommand) -> Lead {
    let wish = wishes::of(scene.tenant);
    Arc::unwrap_or_clone(scene.commands.execute::<Lead>(&wish, lead.0, command).await.unwrap().state)
}

pub async fn create(scene: &Scene, wish: CreateLead) -> LeadId {
    let wish = CreateLead { organization_id: scene.tenant, ..wish };
    let id = wish.lead_id;
    tell(scene, id, LeadCommand::Create(wish)).await;
    id
}

/// Four leads: one judged and reached, one hot, one won, one archived.
pub async fn four(scene: &Scene) -> [LeadId; 4] {
    let mut leads = Vec::new();
    for n in 0..4 {
        leads.push(create(scene, stranger(n)).await);
    }
    tell(scene, leads[0], qualify_lead(40, at(10))).await;
    tell(scene, leads[0], contact_lead(at(11))).await;
    tell(scene, leads[1], qualify_lead(90, at(12))).await;
    tell(scene, leads[2], qualify_lead(80, at(13))).await;
    tell(scene, leads[2], convert_lead(100, "USD", at(14))).await;
    tell(scene, leads[3], qualify_lead(99, at(15))).await;
    tell(scene, leads[3], LeadCommand::Archive { at: at(16) }).await;
    leads.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_shown_as_it_was_decided_archived_or_not() {
    let scene = Scene::set().await;
    let lead = create(&scene, stranger(0)).await;
    project(&scene.database, 1000).await;
    let (before, _) = get(&mut *scene.read().await, scene.tenant, lead).await.unwrap().unwrap();
    assert_eq!(before.version, 1);
    let decided = tell(&scene, lead, LeadCommand::Archive { at: at(5) }).await;
    project(&scene.database, 1000).await;
    let (after, as_of) = get(&mut *scene.read().await, scene.tenant, lead).await.unwrap().unwrap();
    assert_eq!(after, decided);
    assert!(as_of.position > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_the_same_however_they_were_batched() {
    let scene = Scene::set().await;
    four(&scene).await;
    four(&scene).await;
    assert_same_however_batched(&scene.database, TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_list_has_the_same_rows_and_is_searched_as_before() {
    let scene = Scene::set().await;
    four(&scene).await;
    project(&scene.database, 1000).await;
    let live = rows_of(&scene.database, TABLES).await;
    let pool = scene.database.superuser_pool().await;
    rebuild(&pool, Arc::new(Leads), How::new(4), |_| ()).await.unwrap();
    assert_eq!(rows_of(&scene.database, TABLES).await, live);
    let filter = LeadFilter { q: Some("2671".into()), limit: 10, ..LeadFilter::default() };
    assert_eq!(page(&scene, &filter).await.data.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_sees_nothing() {
    let scene = Scene::set().await;
    let (owner, [lead, ..]) = (scene.tenant, four(&scene).await);
    project(&scene.database, 1000).await;
    let other = scene.elsewhere();
    for tenant in [owner, other.tenant] {
        assert!(get(&mut *other.read().await, tenant, lead).await.unwrap().is_none());
        for q in [None, Some("2671".to_owned())] {
            let filter = LeadFilter { q, limit: 10, ..LeadFilter::default() };
            assert_eq!(list(&mut *other.read().await, tenant, &filter).await.unwrap().data, []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_nobody_created_is_not_there() {
    let scene = Scene::set().await;
    assert!(get(&mut *scene.read().await, scene.tenant, ids::new()).await.unwrap().is_none());
}
