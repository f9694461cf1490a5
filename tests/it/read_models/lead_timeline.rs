use std::sync::Arc;

use seiketsu::ids;
use seiketsu_domain::call::{CallCommand, Outcome};
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::ids::{CallId, LeadId, UserId};
use seiketsu_domain::lead::{Lead, LeadCommand};
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::lead_timeline::{LeadTimeline, TimelineEntry, list};
use seiketsu_projections::store;

use super::history::{contact_lead, convert_lead, create_lead, feed, qualify_lead, set_appointment};
use super::scene::{Beginning, Scene, at};
use super::{assert_same_however_batched, forget, project, rows_of};

async fn read_through(scene: &Scene, lead: LeadId, limit: i64) -> Vec<TimelineEntry> {
    let (mut entries, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page =
            list(&mut *scene.read().await, scene.tenant, lead, limit, cursor.as_deref()).await.unwrap();
        assert_eq!(page.has_more, page.next_cursor.is_some());
        entries.extend(page.data);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return entries,
        }
    }
}

async fn titles(scene: &Scene, lead: LeadId) -> Vec<String> {
    read_through(scene, lead, 100).await.into_iter().map(|entry| entry.title).collect()
}

async fn does(scene: &Scene, lead: LeadId, commands: impl IntoIterator<Item = LeadCommand>) {
    for command in commands {
        let wish = crate::support::wishes::of(scene.tenant);
        scene.commands.execute::<Lead>(&wish, lead.0, command).await.unwrap();
    }
}

async fn link(scene: &Scene, call: CallId, lead_id: LeadId, seconds: i64) {
    scene.tell(call, CallCommand::LinkLead { lead_id, at: at(seconds) }).await;
}

/// A call of somebody unknown who becomes a lead, and a second call of the lead.
async fn whole_story(scene: &Scene) -> LeadId {
    let lead = ids::new();
    let call = scene.connect(Beginning::default()).await;
    scene.say(call, &["Two bedrooms, in the Mission."]).await;
    does(scene, lead, [create_lead(at(12)), qualify_lead(80, at(20))]).await;
    link(scene, call, lead, 13).await;
    scene.escalate(call, 30).await;
    scene.end(call, Outcome::Completed, Some("Wants to move in May."), 60).await;
    let second = scene.ring(Beginning { lead: Some(lead), at: 100, ..Beginning::default() }).await;
    scene.tell(second, CallCommand::Cancel { at: at(110) }).await;
    let (to, by) = (ids::new::<UserId>(), ids::new::<UserId>());
    let note = LeadCommand::AddNote { text: "has a dog".parse().unwrap(), by, at: at(202) };
    let later = [
        LeadCommand::Assign { to, at: at(200) },
        contact_lead(at(201)),
        note,
        set_appointment(at(203)),
        set_appointment(at(204)),
        convert_lead(100, "USD", at(205)),
        LeadCommand::Archive { at: at(206) },
    ];
    does(scene, lead, later).await;
    lead
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_and_its_calls_are_told_as_one_story() {
    let scene = Scene::set().await;
    let lead = whole_story(&scene).await;
    whole_story(&scene).await;
    project(&scene.database, 1000).await;
    let told = [
        "An inbound call rings",
        "Somebody picked up",
        "The lead came in",
        "The call was linked to a lead",
        "The lead was judged hot at 80 points",
        "A human was called for",
        "The call ended as completed after 60 s",
        "An inbound call rings",
        "The call was cancelled",
        "The lead was assigned",
        "The person was reached by phone",
        "A note was added",
        "An appointment was made",
        "The appointment was changed",
        "The lead was won",
        "The lead was archived",
    ];
    assert_eq!(titles(&scene, lead).await, told);
    let entries = serde_json::to_value(read_through(&scene, lead, 100).await).unwrap();
    assert_eq!(entries[6]["type"], "call.ended");
    assert_eq!(entries[6]["data"]["summary"], "Wants to move in May.");
    assert_eq!(entries[11]["at"], at(202).to_string());
    assert_eq!(entries[11]["data"]["text"], "has a dog");
    assert!(entries[11]["actor"].is_string() && entries[11]["position"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_with_all_its_entries_to_the_lead_it_was_linked_to_last() {
    let scene = Scene::set().await;
    let (first, second): (LeadId, LeadId) = (ids::new(), ids::new());
    let call = scene.connect(Beginning { lead: Some(first), ..Beginning::default() }).await;
    project(&scene.database, 1000).await;
    assert_eq!(titles(&scene, first).await, ["An inbound call rings", "Somebody picked up"]);
    link(&scene, call, second, 5).await;
    scene.end(call, Outcome::Completed, None, 60).await;
    project(&scene.database, 1000).await;
    assert_eq!(titles(&scene, first).await.len(), 0);
    let told = [
        "An inbound call rings",
        "Somebody picked up",
        "The call was linked to another lead",
        "The call ended as completed after 60 s",
    ];
    assert_eq!(titles(&scene, second).await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_the_same_however_it_was_batched_and_paged() {
    let scene = Scene::set().await;
    let lead = whole_story(&scene).await;
    whole_story(&scene).await;
    assert_same_however_batched(&scene.database, &["lead_timeline"]).await;
    let positions =
        |entries: Vec<TimelineEntry>| entries.iter().map(|entry| entry.position).collect::<Vec<_>>();
    let all = positions(read_through(&scene, lead, 100).await);
    assert_eq!(all.len(), 16);
    for limit in [1, 2, 5, 15, 16] {
        assert_eq!(positions(read_through(&scene, lead, limit).await), all, "pages of {limit}");
    }
}

/// All ways to mix two streams, each in its own order.
fn interleavings(left: &[Arc<Envelope>], right: &[Arc<Envelope>]) -> Vec<Vec<Arc<Envelope>>> {
    let (Some((first_left, rest_left)), Some((first_right, rest_right))) =
        (left.split_first(), right.split_first())
    else {
        return vec![[left, right].concat()];
    };
    let begin = |first: &Arc<Envelope>, rest: Vec<Vec<Arc<Envelope>>>| {
        let first = first.clone();
        rest.into_iter().map(move |rest| std::iter::once(first.clone()).chain(rest).collect())
    };
    begin(first_left, interleavings(rest_left, right))
        .chain(begin(first_right, interleavings(left, rest_right)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_the_same_however_lead_and_call_arrive() {
    let scene = Scene::set().await;
    let (lead, other): (LeadId, LeadId) = (ids::new(), ids::new());
    let call = scene.connect(Beginning::default()).await;
    link(&scene, call, other, 5).await;
    link(&scene, call, lead, 6).await;
    does(&scene, lead, [create_lead(at(3)), contact_lead(at(20))]).await;
    scene.end(call, Outcome::Completed, None, 60).await;
    project(&scene.database, 1000).await;
    let expected = rows_of(&scene.database, &["lead_timeline"]).await;
    assert_eq!(titles(&scene, lead).await.len(), 7);
    let pool = scene.database.pools.system();
    let events = store::events_after(pool, 0, 100).await.unwrap();
    let (calls, leads): (Vec<_>, Vec<_>) =
        events.into_iter().map(Arc::new).partition(|event| event.aggregate_type == "call");
    let ways = interleavings(&calls, &leads);
    assert_eq!(ways.len(), 21);
    for (number, events) in ways.iter().enumerate() {
        for sizes in [&[1][..], &[2, 1, 3], &[100]] {
            forget(&scene.database, &["lead_timeline"]).await;
            feed(pool, &LeadTimeline, events, sizes).await;
            let rows = rows_of(&scene.database, &["lead_timeline"]).await;
            assert_eq!(rows, expected, "way {number} in batches of {sizes:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_sees_nothing_and_cursors_fit_their_own_lead_only() {
    let scene = Scene::set().await;
    let (owner, lead) = (scene.tenant, whole_story(&scene).await);
    project(&scene.database, 1000).await;
    let page = list(&mut *scene.read().await, owner, lead, 1, None).await.unwrap();
    let of_another = list(&mut *scene.read().await, owner, ids::new(), 1, page.next_cursor.as_deref()).await;
    assert!(matches!(of_another, Err(QueryError::BadCursor)));
    let garbage = list(&mut *scene.read().await, owner, lead, 1, Some("bm9wZQ")).await;
    assert!(matches!(garbage, Err(QueryError::BadCursor)));
    let other = scene.elsewhere();
    assert_eq!(read_through(&other, lead, 10).await.len(), 0);
    assert_eq!(list(&mut *other.read().await, owner, lead, 10, None).await.unwrap().data.len(), 0);
}
