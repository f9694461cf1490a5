use seiketsu_domain::ids::CallId;
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::call_timeline::{TimelineEntry, list};
use serde_json::json;

use super::scene::{Beginning, Scene, at};
use super::{assert_same_however_batched, project};

async fn read_through(scene: &Scene, call: CallId, limit: i64) -> Vec<TimelineEntry> {
    let (mut entries, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page =
            list(&mut *scene.read().await, scene.tenant, call, limit, cursor.as_deref()).await.unwrap();
        assert_eq!(page.has_more, page.next_cursor.is_some());
        entries.extend(page.data);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return entries,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_escalation_are_told_as_one_story() {
    let scene = Scene::set().await;
    let call = scene.whole_story().await;
    scene.whole_story().await;
    project(&scene.database, 1000).await;
    let entries = read_through(&scene, call, 100).await;
    let told: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry.kind.as_str(), entry.title.as_str())).collect();
    assert_eq!(
        told,
        [
            ("call.started", "An inbound call rings"),
            ("call.connected", "Somebody picked up"),
            ("call.transcript_added", "2 segments were added to the transcript"),
            ("call.transcript_added", "One segment was added to the transcript"),
            ("call.intake_recorded", "The person told something for the intake"),
            ("call.quality_recorded", "The agent answered after 640 ms"),
            ("call.lead_linked", "The call was linked to another lead"),
            ("escalation.raised", "A high-priority escalation was raised: the person asked for a human"),
            ("call.escalated", "A human was called for"),
            ("escalation.connected", "A human joined the call"),
            ("call.ended", "The call ended as completed after 60 s"),
            ("escalation.resolved", "The escalation was resolved"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_sorted_by_when_things_happened_and_not_by_when_they_arrived() {
    let scene = Scene::set().await;
    let call = scene.connect(Beginning::default()).await;
    scene.end(call, seiketsu_domain::call::Outcome::Escalated, None, 60).await;
    // Recorded after the end of the call, though it happened before.
    let late = scene.ring(Beginning::default()).await;
    project(&scene.database, 1000).await;
    let raise = seiketsu_domain::escalation::EscalationCommand::Raise(seiketsu_domain::escalation::Raise {
        escalation_id: seiketsu::ids::new(),
        organization_id: scene.tenant,
        call_id: call,
        trigger: seiketsu_domain::escalation::Trigger::Sentiment,
        priority: None,
        reason: "sounded upset".parse().unwrap(),
        at: at(30),
    });
    scene.handle(seiketsu::ids::new(), raise).await;
    project(&scene.database, 1000).await;
    let kinds: Vec<String> =
        read_through(&scene, call, 100).await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["call.started", "call.connected", "escalation.raised", "call.ended"]);
    assert_eq!(read_through(&scene, late, 100).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_counted_and_other_data_is_shown() {
    let scene = Scene::set().await;
    let call = scene.whole_story().await;
    project(&scene.database, 1000).await;
    let entries = serde_json::to_value(read_through(&scene, call, 100).await).unwrap();
    assert_eq!(entries[2]["data"], json!({ "firstIndex": 0, "segmentCount": 2 }));
    assert_eq!(entries[4]["data"]["data"], json!({ "bedrooms": 2, "areas": ["Mission"] }));
    assert_eq!(entries[5]["data"]["responseTimeMs"], 640);
    assert_eq!(entries[10]["at"], at(60).to_string());
    assert!(entries[10]["recordedAt"].is_string() && entries[10]["actor"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn large_data_is_left_out() {
    let scene = Scene::set().await;
    let call = scene.connect(Beginning::default()).await;
    scene.answer(call, json!({ "essay": "x".repeat(5000) })).await;
    project(&scene.database, 1000).await;
    let entries = read_through(&scene, call, 100).await;
    assert_eq!(entries[2].kind, "call.intake_recorded");
    assert!(entries[2].data.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_the_same_however_it_was_batched_and_paged() {
    let scene = Scene::set().await;
    let call = scene.whole_story().await;
    scene.whole_story().await;
    assert_same_however_batched(&scene.database, &["call_timeline"]).await;
    let positions =
        |entries: Vec<TimelineEntry>| entries.iter().map(|entry| entry.position).collect::<Vec<_>>();
    let all = positions(read_through(&scene, call, 100).await);
    assert_eq!(all.len(), 12);
    for limit in 1..=12 {
        assert_eq!(positions(read_through(&scene, call, limit).await), all, "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_sees_nothing_and_its_cursors_do_not_fit() {
    let scene = Scene::set().await;
    let (owner, call) = (scene.tenant, scene.whole_story().await);
    project(&scene.database, 1000).await;
    let refused = list(&mut *scene.read().await, owner, call, 1, Some("bm9wZQ")).await;
    assert!(matches!(refused, Err(QueryError::BadCursor)));
    let other = scene.elsewhere();
    assert_eq!(read_through(&other, call, 10).await.len(), 0);
    assert_eq!(list(&mut *other.read().await, owner, call, 10, None).await.unwrap().data.len(), 0);
}
