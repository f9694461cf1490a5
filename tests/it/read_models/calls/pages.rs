use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seiketsu::ids;
use seiketsu_domain::call::{Call, CallStatus, Direction, Outcome};
use seiketsu_domain::ids::{AgentId, LeadId};
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::calls::{CallFilter, SORTS, list, of_lead};
use seiketsu_projections::sort::{Sort, SortError};
use serde_json::{Value, json};

use super::{ids_of, page, project};
use crate::read_models::scene::{Beginning, Scene, at};

/// Twelve calls with many ties: two per second, every third ended after 20 s, every fourth after 30 s.
async fn dozen() -> (Scene, Vec<Call>) {
    let scene = Scene::set().await;
    for n in 0..12 {
        let call = scene.connect(Beginning { at: n / 2, ..Beginning::default() }).await;
        if n % 3 == 0 {
            scene.end(call, Outcome::Completed, None, 20).await;
        } else if n % 4 == 0 {
            scene.end(call, Outcome::Failed, None, 30).await;
        }
    }
    project(&scene.database, 1000).await;
    let all = page(&scene, &CallFilter { limit: 100, ..CallFilter::default() }).await.data;
    assert_eq!(all.len(), 12);
    (scene, all)
}

fn sorted(raw: &str) -> CallFilter {
    CallFilter { sort: Some(Sort::parse(raw, SORTS).unwrap()), ..CallFilter::default() }
}

async fn read_through(scene: &Scene, filter: CallFilter) -> Vec<Call> {
    let (mut calls, mut filter) = (Vec::new(), filter);
    loop {
        let page = page(scene, &filter).await;
        assert!(page.data.len() <= usize::try_from(filter.limit).unwrap());
        calls.extend(page.data);
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            assert!(!page.has_more);
            return calls;
        }
    }
}

/// The order a sort promises, worked out without the database.
fn compare(sort: &str, a: &Call, b: &Call) -> Ordering {
    let open = at(i64::from(u32::MAX));
    let mut order = Ordering::Equal;
    let mut descending = false;
    for part in sort.split(',') {
        descending = part.starts_with('-');
        let next = match part.trim_start_matches('-') {
            "startedAt" => a.started_at.cmp(&b.started_at),
            "endedAt" => a.ended_at.unwrap_or(open).cmp(&b.ended_at.unwrap_or(open)),
            _ => a.duration_seconds.unwrap_or(i64::MAX).cmp(&b.duration_seconds.unwrap_or(i64::MAX)),
        };
        order = order.then(if descending { next.reverse() } else { next });
    }
    let by_id = a.id.cmp(&b.id);
    order.then(if descending { by_id.reverse() } else { by_id })
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_skip_nor_repeat_in_any_order_and_of_any_size() {
    let (scene, mut expected) = dozen().await;
    let fields = ["startedAt", "-startedAt", "endedAt", "-endedAt", "durationSeconds", "-durationSeconds"];
    let pairs = fields.iter().flat_map(|a| fields.iter().map(move |b| format!("{a},{b}")));
    let sorts: Vec<String> = fields.iter().map(ToString::to_string).chain(pairs).collect();
    for sort in sorts.iter().filter(|sort| Sort::parse(sort, SORTS).is_ok()) {
        expected.sort_by(|a, b| compare(sort, a, b));
        for limit in [1, 2, 3, 5, 11, 12, 13] {
            let read = read_through(&scene, CallFilter { limit, ..sorted(sort) }).await;
            assert_eq!(ids_of(&read), ids_of(&expected), "{sort} in pages of {limit}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_call_comes_first_where_no_order_is_asked_for() {
    let (_, all) = dozen().await;
    assert!(all.is_sorted_by(|a, b| (a.started_at, a.id) > (b.started_at, b.id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_at_least_one_row_and_at_most_a_hundred() {
    let (scene, _) = dozen().await;
    for (asked, shown) in [(i64::MIN, 1), (0, 1), (12, 12), (i64::MAX, 12)] {
        assert_eq!(
            page(&scene, &CallFilter { limit: asked, ..CallFilter::default() }).await.data.len(),
            shown
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_selects_and_all_of_them_together() {
    let scene = Scene::set().await;
    let (agent, lead): (AgentId, LeadId) = (ids::new(), ids::new());
    let wanted = Beginning {
        phone: "+442079460958",
        direction: Direction::Outbound,
        agent: Some(agent),
        lead: Some(lead),
        at: 100,
    };
    let call = scene.connect(wanted.clone()).await;
    scene.end(call, Outcome::Completed, None, 200).await;
    for other in [0, 100, 300] {
        scene.connect(Beginning { at: other, agent: Some(ids::new()), ..Beginning::default() }).await;
    }
    project(&scene.database, 1000).await;
    let none = CallFilter { limit: 10, ..CallFilter::default() };
    let filters = [
        CallFilter { status: Some(CallStatus::Completed), ..none.clone() },
        CallFilter { direction: Some(Direction::Outbound), ..none.clone() },
        CallFilter { agent_id: Some(agent), ..none.clone() },
        CallFilter { lead_id: Some(lead), ..none.clone() },
        CallFilter { phone_number: Some("+442079460958".parse().unwrap()), ..none.clone() },
        CallFilter {
            status: Some(CallStatus::Completed),
            direction: Some(Direction::Outbound),
            agent_id: Some(agent),
            lead_id: Some(lead),
            phone_number: Some("+442079460958".parse().unwrap()),
            started_after: Some(at(100)),
            started_before: Some(at(101)),
            q: Some("2079460958".into()),
            ..none.clone()
        },
    ];
    for filter in filters {
        assert_eq!(ids_of(&page(&scene, &filter).await.data), [call], "{filter:?}");
    }
    let of_lead = of_lead(&mut *scene.read().await, scene.tenant, lead, 10, None).await.unwrap();
    assert_eq!(ids_of(&of_lead.data), [call]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stretch_of_time_includes_its_beginning_and_not_its_end() {
    let (scene, _) = dozen().await;
    let started = |after: Option<i64>, before: Option<i64>| CallFilter {
        started_after: after.map(at),
        started_before: before.map(at),
        limit: 100,
        ..CallFilter::default()
    };
    for (filter, count) in [
        (started(Some(2), None), 8),
        (started(None, Some(2)), 4),
        (started(Some(2), Some(3)), 2),
        (started(Some(3), Some(3)), 0),
    ] {
        assert_eq!(page(&scene, &filter).await.data.len(), count, "{filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_linked_later_belongs_to_its_new_lead_only() {
    let scene = Scene::set().await;
    let (first, second): (LeadId, LeadId) = (ids::new(), ids::new());
    let call = scene.connect(Beginning { lead: Some(first), ..Beginning::default() }).await;
    let link = seiketsu_domain::call::CallCommand::LinkLead { lead_id: second, at: at(5) };
    scene.tell(call, link).await;
    project(&scene.database, 1000).await;
    for (lead, count) in [(first, 0), (second, 1)] {
        let calls = of_lead(&mut *scene.read().await, scene.tenant, lead, 10, None).await.unwrap();
        assert_eq!(calls.data.len(), count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_fits_its_own_query_only() {
    let (scene, _) = dozen().await;
    let first = CallFilter { limit: 2, ..sorted("startedAt") };
    let cursor = page(&scene, &first).await.next_cursor;
    let others = [
        CallFilter { limit: 2, ..sorted("-startedAt") },
        CallFilter { limit: 2, ..sorted("startedAt,endedAt") },
        CallFilter { status: Some(CallStatus::Active), ..first.clone() },
        CallFilter { q: Some("x".into()), ..first.clone() },
    ];
    for other in others {
        let refused =
            list(&mut *scene.read().await, scene.tenant, &CallFilter { cursor: cursor.clone(), ..other })
                .await;
        assert!(matches!(refused, Err(QueryError::BadCursor)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_was_tampered_with_is_refused_and_nothing_else_happens() {
    let (scene, _) = dozen().await;
    let first = CallFilter { limit: 2, ..sorted("startedAt,-endedAt") };
    let cursor = page(&scene, &first).await.next_cursor.unwrap();
    let honest: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
    let id = honest["k"][2].clone();
    let time = honest["k"][0].clone();
    let keys = [
        json!([]),
        json!([time, time]),
        json!([null, time, id]),
        json!([time, time, null]),
        json!([time, time, "nobody"]),
        json!(["yesterday or so", time, id]),
        json!(["2026-13-41", time, id]),
        json!(["999999-01-01", time, id]),
        json!([time, "' or true --", id]),
        json!([time, "\u{0}", id]),
        json!([time, "x".repeat(100_000), id]),
    ];
    let forged = keys.iter().map(|keys| {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&json!({ "f": honest["f"], "k": keys })).unwrap())
    });
    for cursor in forged.chain(["", "é", "null", "bnVsbA", &cursor[1..]].map(str::to_owned)) {
        let filter = CallFilter { cursor: Some(cursor.clone()), ..first.clone() };
        let refused = list(&mut *scene.read().await, scene.tenant, &filter).await;
        assert!(matches!(refused, Err(QueryError::BadCursor)), "{cursor}: {refused:?}");
    }
}

#[test]
fn calls_are_sorted_by_listed_fields_only() {
    assert_eq!(Sort::parse("phoneNumber", SORTS).unwrap_err(), SortError::UnknownField);
    assert_eq!(Sort::parse("startedAt,-startedAt", SORTS).unwrap_err(), SortError::Repeated);
}
