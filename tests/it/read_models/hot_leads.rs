use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand};
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::hot_leads::list;
use seiketsu_projections::read_models::leads::Leads;
use std::collections::BTreeSet;

use super::history::{History, any_throws, contact_lead, convert_lead, feed, qualify_lead};
use super::leads::{create, four, stranger, tell};
use super::project;
use super::scene::{Scene, at};
use crate::support::wishes;

async fn hot(scene: &Scene) -> Vec<Lead> {
    list(&mut *scene.read().await, scene.tenant, 100, None).await.unwrap().data
}

async fn hot_ids(scene: &Scene) -> Vec<LeadId> {
    project(&scene.database, 1000).await;
    hot(scene).await.iter().map(|lead| lead.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hot_leads_are_ranked_by_score_and_then_by_what_happened_last() {
    let scene = Scene::set().await;
    let mut leads = Vec::new();
    for (n, score) in [(0, 80), (1, 95), (2, 80), (3, 69), (4, 80)] {
        let lead = create(&scene, stranger(n)).await;
        tell(&scene, lead, qualify_lead(score, at(10 + n))).await;
        leads.push(lead);
    }
    assert_eq!(hot_ids(&scene).await, [leads[1], leads[4], leads[2], leads[0]]);
    let decided = tell(&scene, leads[0], contact_lead(at(60))).await;
    assert_eq!(hot_ids(&scene).await, [leads[1], leads[0], leads[4], leads[2]]);
    assert_eq!(hot(&scene).await[1], decided);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_no_longer_hot_is_gone_and_may_come_back() {
    let scene = Scene::set().await;
    let lost = "moved away".parse().unwrap();
    let ends = [
        qualify_lead(10, at(20)),
        convert_lead(100, "USD", at(20)),
        LeadCommand::Lose { reason: lost, at: at(20) },
        LeadCommand::Archive { at: at(20) },
    ];
    for end in ends {
        let lead = create(&scene, stranger(0)).await;
        tell(&scene, lead, qualify_lead(90, at(10))).await;
        assert_eq!(hot_ids(&scene).await, [lead]);
        tell(&scene, lead, end).await;
        assert_eq!(hot_ids(&scene).await, []);
    }
    let lead = create(&scene, stranger(0)).await;
    for (score, shown) in [(90, 1), (20, 0), (91, 1)] {
        tell(&scene, lead, qualify_lead(score, at(score))).await;
        assert_eq!(hot_ids(&scene).await.len(), shown, "{score}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_hot_leads_are_there_whatever_happened_and_however_it_was_batched() {
    let mut runner = TestRunner::deterministic();
    let scene = Scene::set().await;
    for size in [1, 3, 1000] {
        let tenant = wishes::tenant();
        let throws = any_throws().new_tree(&mut runner).unwrap().current();
        let history = History::of(&throws);
        let events = history.interleaved(tenant, &[7, 1, 200, 33]);
        let leads: Vec<_> = events.into_iter().filter(|event| event.aggregate_type == "lead").collect();
        feed(scene.database.pools.system(), &Leads, &leads, &[size]).await;
        let last = history.leads.iter().filter_map(|steps| steps.last()).map(|step| &step.after);
        let expected: BTreeSet<LeadId> = last.filter(|lead| lead.is_hot()).map(|lead| lead.id).collect();
        let mut read = scene.database.pools.read_as(tenant).await.unwrap();
        let shown = list(&mut read, tenant, 100, None).await.unwrap().data;
        assert_eq!(shown.iter().map(|lead| lead.id).collect::<BTreeSet<_>>(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_skip_nor_repeat_and_a_strange_cursor_is_refused() {
    let scene = Scene::set().await;
    for n in 0..7 {
        let lead = create(&scene, stranger(n)).await;
        tell(&scene, lead, qualify_lead(80 + n % 2, at(10 + n % 3))).await;
    }
    let expected = hot_ids(&scene).await;
    assert_eq!(expected.len(), 7);
    for limit in [1, 2, 6, 7] {
        let (mut read, mut cursor) = (Vec::new(), None);
        loop {
            let page = list(&mut *scene.read().await, scene.tenant, limit, cursor.as_deref()).await.unwrap();
            read.extend(page.data.iter().map(|lead| lead.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(read, expected, "pages of {limit}");
    }
    for cursor in ["", "x", "bnVsbA"] {
        let refused = list(&mut *scene.read().await, scene.tenant, 2, Some(cursor)).await;
        assert!(matches!(refused, Err(QueryError::BadCursor)), "{cursor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_sees_nothing() {
    let scene = Scene::set().await;
    four(&scene).await;
    assert_eq!(hot_ids(&scene).await.len(), 1);
    let owner = scene.tenant;
    let other = scene.elsewhere();
    for tenant in [owner, other.tenant] {
        assert_eq!(list(&mut *other.read().await, tenant, 10, None).await.unwrap().data, []);
    }
}
