use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seiketsu::ids;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{CreateLead, Lead, LeadCommand, LeadStatus, ScheduleFollowUp};
use seiketsu_domain::values::Score;
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::leads::{LeadFilter, SORTS, list, sort};
use seiketsu_projections::sort::{Sort, SortError};
use serde_json::{Value, json};

use super::{create, four, ids_of, page, project, read_through, stranger, tell};
use crate::read_models::history::{contact_lead, qualify_lead};
use crate::read_models::scene::{Scene, at};

/// Twelve leads with many ties, in everything they are sorted by.
async fn dozen() -> (Scene, Vec<Lead>) {
    let scene = Scene::set().await;
    for n in 0..12 {
        let last_name = [None, Some("Ng"), Some("ng"), Some("Öz")][n % 4].map(|name| name.parse().unwrap());
        let source = ["website", "referral", "Zoo"][n % 3].parse().unwrap();
        let seconds = i64::try_from(n / 2).unwrap();
        let lead = create(&scene, CreateLead { last_name, source, ..stranger(seconds) }).await;
        later(&scene, lead, n).await;
    }
    project(&scene.database, 1000).await;
    let all = page(&scene, &LeadFilter { limit: 100, ..LeadFilter::default() }).await.data;
    assert_eq!(all.len(), 12);
    (scene, all)
}

async fn later(scene: &Scene, lead: LeadId, n: usize) {
    if n.is_multiple_of(2) {
        tell(scene, lead, qualify_lead([0, 30, 80][n % 3], at(20))).await;
    }
    if n.is_multiple_of(3) {
        let due_at = at([100, 200][n % 2]);
        let follow_up_id = ids::new();
        let follow_up = ScheduleFollowUp { follow_up_id, due_at, note: None, at: at(21) };
        tell(scene, lead, LeadCommand::ScheduleFollowUp(follow_up)).await;
    }
    if n.is_multiple_of(4) {
        tell(scene, lead, contact_lead(at(22))).await;
    }
}

/// The order a sort promises, worked out without the database.
fn compare(sort: &str, a: &Lead, b: &Lead) -> Ordering {
    let never = at(i64::from(u32::MAX));
    let due = |lead: &Lead| lead.next_follow_up_at.unwrap_or(never);
    let name = |lead: &Lead| lead.last_name.as_ref().map(|name| name.as_str().to_lowercase());
    let mut order = Ordering::Equal;
    let mut descending = false;
    for part in sort.split(',') {
        descending = part.starts_with('-');
        let next = match part.trim_start_matches('-') {
            "createdAt" => a.created_at.cmp(&b.created_at),
            "updatedAt" => a.updated_at.cmp(&b.updated_at),
            "score" => a.score.cmp(&b.score),
            "status" => a.status.cmp(&b.status),
            "source" => a.source.cmp(&b.source),
            "lastName" => name(a).cmp(&name(b)),
            "nextFollowUpAt" => due(a).cmp(&due(b)),
            other => panic!("{other} is no field"),
        };
        order = order.then(if descending { next.reverse() } else { next });
    }
    let by_age = a.created_at.cmp(&b.created_at).then(a.id.cmp(&b.id));
    order.then(if descending { by_age.reverse() } else { by_age })
}

fn sorted(raw: &str) -> LeadFilter {
    LeadFilter { sort: Some(sort(raw).unwrap()), ..LeadFilter::default() }
}

fn fields() -> Vec<String> {
    SORTS.iter().flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_skip_nor_repeat_in_any_order_and_of_any_size() {
    let (scene, mut expected) = dozen().await;
    for raw in fields() {
        expected.sort_by(|a, b| compare(&raw, a, b));
        for limit in [1, 2, 5, 11, 12, 13] {
            let read = read_through(&scene, LeadFilter { limit, ..sorted(&raw) }).await;
            assert_eq!(ids_of(&read), ids_of(&expected), "{raw} in pages of {limit}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_fields_sort_by_the_first_and_then_by_the_second() {
    let (scene, mut expected) = dozen().await;
    let fields = fields();
    let pairs = fields.iter().flat_map(|a| fields.iter().map(move |b| format!("{a},{b}")));
    for raw in pairs.filter(|raw| sort(raw).is_ok()) {
        expected.sort_by(|a, b| compare(&raw, a, b));
        let read = read_through(&scene, LeadFilter { limit: 5, ..sorted(&raw) }).await;
        assert_eq!(ids_of(&read), ids_of(&expected), "{raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_lead_comes_first_where_no_order_is_asked_for() {
    let (_, all) = dozen().await;
    assert!(all.is_sorted_by(|a, b| (a.created_at, a.id) > (b.created_at, b.id)));
}

#[test]
fn leads_are_sorted_by_listed_fields_only() {
    for raw in
        ["", "-", "phone", "assignedTo", "created_at", "score,", "createdAt,", "score;drop table leads"]
    {
        assert_eq!(sort(raw).unwrap_err(), SortError::UnknownField, "{raw}");
    }
    for raw in ["score,-score", "createdAt,-createdAt"] {
        assert_eq!(sort(raw).unwrap_err(), SortError::Repeated, "{raw}");
    }
    assert_eq!(sort("-score"), Sort::parse("-score,-createdAt", SORTS));
    assert_eq!(sort("-createdAt"), Sort::parse("-createdAt", SORTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_at_least_one_row_and_at_most_a_hundred() {
    let (scene, _) = dozen().await;
    for (asked, shown) in [(i64::MIN, 1), (0, 1), (12, 12), (i64::MAX, 12)] {
        for q in [None, Some("2671".to_owned())] {
            let filter = LeadFilter { q, limit: asked, ..LeadFilter::default() };
            assert_eq!(page(&scene, &filter).await.data.len(), shown, "{asked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_selects_and_all_of_them_together() {
    let scene = Scene::set().await;
    let user = ids::new();
    let wish = CreateLead {
        source: "open house".parse().unwrap(),
        tags: vec!["VIP".parse().unwrap(), "it's \\ \"odd\"".parse().unwrap()],
        first_name: Some("Ada".parse().unwrap()),
        ..stranger(100)
    };
    let lead = create(&scene, wish).await;
    tell(&scene, lead, qualify_lead(70, at(101))).await;
    tell(&scene, lead, LeadCommand::Assign { to: user, at: at(102) }).await;
    for score in [None, Some(69), Some(71)] {
        let tags = vec!["vip".parse().unwrap()];
        let other = create(&scene, CreateLead { tags, ..stranger(99) }).await;
        if let Some(score) = score {
            tell(&scene, other, qualify_lead(score, at(101))).await;
            tell(&scene, other, LeadCommand::Lose { reason: "moved".parse().unwrap(), at: at(102) }).await;
        }
    }
    project(&scene.database, 1000).await;
    let none = LeadFilter { limit: 10, ..LeadFilter::default() };
    let score = |points| Some(Score::clamped(points));
    let filters = [
        LeadFilter { status: Some(LeadStatus::Qualified), ..none.clone() },
        LeadFilter { source: Some("open house".parse().unwrap()), ..none.clone() },
        LeadFilter { assigned_to: Some(user), ..none.clone() },
        LeadFilter { min_score: score(70), max_score: score(70), ..none.clone() },
        LeadFilter { tag: Some("VIP".parse().unwrap()), ..none.clone() },
        LeadFilter { tag: Some("it's \\ \"odd\"".parse().unwrap()), ..none.clone() },
        LeadFilter { created_after: Some(at(100)), ..none.clone() },
        LeadFilter {
            status: Some(LeadStatus::Qualified),
            source: Some("open house".parse().unwrap()),
            assigned_to: Some(user),
            min_score: score(1),
            max_score: score(99),
            tag: Some("VIP".parse().unwrap()),
            created_after: Some(at(1)),
            q: Some("ada 2671".into()),
            sort: Some(sort("score,-lastName").unwrap()),
            ..none.clone()
        },
    ];
    for filter in filters {
        assert_eq!(ids_of(&page(&scene, &filter).await.data), [lead], "{filter:?}");
    }
    for filter in [
        LeadFilter { source: Some("Open House".parse().unwrap()), ..none.clone() },
        LeadFilter { tag: Some("VI".parse().unwrap()), ..none.clone() },
        LeadFilter { status: Some(LeadStatus::Converted), ..none.clone() },
        LeadFilter { created_after: Some(at(101)), ..none.clone() },
    ] {
        assert_eq!(page(&scene, &filter).await.data, [], "{filter:?}");
    }
    let judged = LeadFilter { max_score: score(100), ..none };
    assert_eq!(page(&scene, &judged).await.data.len(), 3, "no score is not a low score");
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_leads_are_listed_apart() {
    let scene = Scene::set().await;
    let [first, second, third, archived] = four(&scene).await;
    project(&scene.database, 1000).await;
    for q in [None, Some("2671".to_owned())] {
        let filter = LeadFilter { q, limit: 10, ..LeadFilter::default() };
        assert_eq!(ids_of(&page(&scene, &filter).await.data), [third, second, first]);
        let filter = LeadFilter { archived: true, ..filter };
        assert_eq!(ids_of(&page(&scene, &filter).await.data), [archived]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_fits_its_own_query_only() {
    let (scene, _) = dozen().await;
    let first = LeadFilter { limit: 2, ..sorted("score") };
    let cursor = page(&scene, &first).await.next_cursor;
    let others = [
        LeadFilter { limit: 2, ..sorted("-score") },
        LeadFilter { limit: 2, ..sorted("score,lastName") },
        LeadFilter { archived: true, ..first.clone() },
        LeadFilter { tag: Some("vip".parse().unwrap()), ..first.clone() },
        LeadFilter { q: Some("2671".into()), ..first.clone() },
        LeadFilter { q: Some("!".into()), ..first.clone() },
    ];
    for other in others {
        let filter = LeadFilter { cursor: cursor.clone(), ..other };
        let refused = list(&mut *scene.read().await, scene.tenant, &filter).await;
        assert!(matches!(refused, Err(QueryError::BadCursor)), "{filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_was_tampered_with_is_refused_and_nothing_else_happens() {
    let (scene, _) = dozen().await;
    for q in [None, Some("2671".to_owned())] {
        let first = LeadFilter { limit: 2, q, ..sorted("score,-nextFollowUpAt") };
        let cursor = page(&scene, &first).await.next_cursor.unwrap();
        let honest: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
        let [score, due, age, id] = [0, 1, 2, 3].map(|n| honest["k"][n].clone());
        let keys = [
            json!([]),
            json!([score, due, age]),
            json!([null, due, age, id]),
            json!(["high", due, age, id]),
            json!(["99999", due, age, id]),
            json!([score, "never", age, id]),
            json!([score, due, age, "' or true --"]),
            json!([score, due, "\u{0}", id]),
        ];
        let forged = keys.iter().map(|keys| {
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&json!({ "f": honest["f"], "k": keys })).unwrap())
        });
        for cursor in forged.chain(["", "é", "null", "bnVsbA", &cursor[1..]].map(str::to_owned)) {
            let filter = LeadFilter { cursor: Some(cursor.clone()), ..first.clone() };
            let refused = list(&mut *scene.read().await, scene.tenant, &filter).await;
            assert!(matches!(refused, Err(QueryError::BadCursor)), "{cursor}: {refused:?}");
        }
    }
}
