use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use seiketsu_domain::call::{CallCommand, Outcome, Segment, Speaker};
use seiketsu_domain::ids::CallId;
use seiketsu_projections::read_models::calls::{CallFilter, SEARCHED_CHARS, SORTS};
use seiketsu_projections::sort::Sort;
use serde_json::json;
use sqlx::Executor;

use super::{ids_of, page, project};
use crate::read_models::scene::{Beginning, Scene, at};

async fn found(scene: &Scene, q: &str) -> Vec<CallId> {
    let filter = CallFilter { q: Some(q.to_owned()), limit: 100, ..CallFilter::default() };
    ids_of(&page(scene, &filter).await.data)
}

/// One call about bedrooms, one about parking; both ended.
async fn two_calls() -> (Scene, CallId, CallId) {
    let scene = Scene::set().await;
    let bedrooms = scene.connect(Beginning::default()).await;
    scene.say(bedrooms, &["I need two bedrooms.", "Near the park, please."]).await;
    scene.say(bedrooms, &["My budget is tight"]).await;
    scene.answer(bedrooms, json!({ "areas": ["Mission"], "budget": { "max": 450_000 } })).await;
    scene.end(bedrooms, Outcome::Completed, Some("Wants a garden, too."), 60).await;
    let parking = scene.connect(Beginning { phone: "+442079460958", ..Beginning::default() }).await;
    scene.say(parking, &["Is there parking? My budget is fine."]).await;
    scene.end(parking, Outcome::Completed, None, 61).await;
    project(&scene.database, 1000).await;
    (scene, bedrooms, parking)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_found_by_everything_that_was_said_about_it() {
    let (scene, bedrooms, parking) = two_calls().await;
    for q in [
        "bedrooms",
        "BEDROOMS",
        "garden",
        "mission",
        "450000",
        "bedrooms garden",
        "\"two bedrooms\"",
        "two park",
    ] {
        assert_eq!(found(&scene, q).await, [bedrooms], "{q}");
    }
    for q in ["parking", "budget -bedrooms", "\"budget is fine\"", "parking or elephants"] {
        assert_eq!(found(&scene, q).await, [parking], "{q}");
    }
    assert_eq!(found(&scene, "budget").await.len(), 2);
    for q in ["elephants", "bedrooms parking", "\"bedrooms two\"", "bedrooms -garden"] {
        assert_eq!(found(&scene, q).await, [], "{q}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_found_by_its_number_however_it_is_written() {
    let (scene, bedrooms, _) = two_calls().await;
    for q in ["+14155552671", "1 415 555 2671", "(415) 555-2671", "415-555-2671", "555-2671", "2671"] {
        assert_eq!(found(&scene, q).await, [bedrooms], "{q}");
    }
    assert_eq!(found(&scene, "5552672").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_found_while_it_lasts() {
    let scene = Scene::set().await;
    let call = scene.connect(Beginning::default()).await;
    scene.say(call, &["I need two bedrooms."]).await;
    project(&scene.database, 1000).await;
    assert_eq!(found(&scene, "two bedrooms").await, [call]);
    assert_eq!(found(&scene, "2671").await, [call]);
    scene.end(call, Outcome::Completed, None, 60).await;
    project(&scene.database, 1000).await;
    assert_eq!(found(&scene, "bedrooms 2671").await, [call], "together, once it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_is_a_bad_search() {
    let (scene, ..) = two_calls().await;
    let odd = [
        "'",
        "\"",
        "\"\"",
        "\"open",
        "-",
        "--",
        "-\"",
        "or",
        "or or",
        "bedrooms or",
        "&",
        "|",
        "!",
        "!!a",
        "()",
        "a & | b",
        ":*",
        "a:*",
        "<->",
        "a <2> b",
        "\\",
        "\\'",
        "%",
        "_",
        "*",
        "\0",
        "a\0b",
        "\u{1}",
        "\u{feff}",
        "\u{202e}x",
        "😀",
        "'; drop table read_models.calls --",
        "<b>",
        "http://x/?q=%",
        "a@b.c",
        "tenant:x",
        "１２３４",
        "-0",
        "+",
        "....",
    ];
    for q in odd {
        found(&scene, q).await;
    }
    found(&scene, &"long ".repeat(100_000)).await;
    found(&scene, &"x".repeat(1_000_000)).await;
    assert_eq!(found(&scene, "!!! ???").await, [], "what holds no word finds nothing");
    assert_eq!(found(&scene, " ").await.len(), 2, "a blank search is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_at_all_is_a_bad_search() {
    let (scene, ..) = two_calls().await;
    let mut runner = TestRunner::deterministic();
    for texts in ["\\PC{0,40}", "[-a-b \"'&|!():*<>\\\\0-9]{0,25}", "(or|-|\"|bed| |\\n|\\x00){0,12}"] {
        for _ in 0..100 {
            let q = proptest::string::string_regex(texts).unwrap().new_tree(&mut runner).unwrap().current();
            found(&scene, &q).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_talk_neither_fails_nor_hides_the_summary() {
    let scene = Scene::set().await;
    let call = scene.connect(Beginning::default()).await;
    scene.say(call, &["albatross"]).await;
    // Words of four bytes per letter, none twice, as long as a segment may be and as many as a command may hold.
    for part in 0..2_u32 {
        let segments = (0..100_u32).map(|n| segment(&strange_words(part * 100 + n)));
        scene.tell(call, CallCommand::AddSegments { segments: segments.collect(), at: at(10) }).await;
    }
    for n in 0..10_u32 {
        scene.say(call, &[&strange_words(1000 + n)]).await;
    }
    scene.say(call, &["zeppelin"]).await;
    scene.end(call, Outcome::Completed, Some("A long story."), 60).await;
    project(&scene.database, 1000).await;
    assert_eq!(found(&scene, "albatross story").await, [call]);
    assert_eq!(found(&scene, "zeppelin").await, [], "after the first {SEARCHED_CHARS} characters");
}

fn segment(text: &str) -> Segment {
    Segment {
        speaker: Speaker::Caller,
        text: text.parse().unwrap(),
        start_ms: 1000,
        end_ms: 1000,
        confidence: None,
        is_final: true,
    }
}

/// Eight thousand letters of a script beyond the basic plane, in words of two.
fn strange_words(seed: u32) -> String {
    let letter = |n: u32| char::from_u32(0x20000 + n % 40_000).unwrap();
    let word = |n: u32| [letter(n), letter(n / 7 + 13), ' '];
    (0..2666).flat_map(|n| word(seed * 2666 + n)).collect::<String>().trim().to_owned()
}

/// More calls than are sorted for one search have the word `common`; every thousandth has `fairly`, one `rare`.
async fn crowd() -> Scene {
    let scene = Scene::set().await;
    let call = scene.connect(Beginning::default()).await;
    project(&scene.database, 1000).await;
    let mut superuser = scene.database.superuser().await;
    let insert = format!(
        "with original as (select * from read_models.calls where id = '{call}'), copy as (
             insert into read_models.calls
             select tenant_id, md5(n::text)::uuid, status, direction, agent_id, lead_id, phone_number,
                    started_at + (n % 5000) * interval '1 second', ended_at, n,
                    jsonb_set(state::jsonb, '{{id}}', to_jsonb(md5(n::text)::uuid))::json
               from original, generate_series(1, 12000) n
             returning tenant_id, id, duration_seconds as n)
         insert into read_models.call_words
         select tenant_id, id, 0, 0, array_to_tsvector(array[tenant_word(tenant_id)])
                || to_tsvector('simple', 'common' || case when n % 1000 = 0 then ' fairly' else '' end
                                                  || case when n = 7000 then ' rare' else '' end)
           from copy"
    );
    superuser.execute(insert.as_str()).await.unwrap();
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn common_words_are_found_in_order_and_rare_ones_among_them() {
    let scene = crowd().await;
    assert_eq!(found(&scene, "rare").await.len(), 1);
    assert_eq!(found(&scene, "common rare").await.len(), 1);
    assert_eq!(found(&scene, "common fairly").await.len(), 12);
    let sort = Some(Sort::parse("startedAt,-durationSeconds", SORTS).unwrap());
    let mut filter = CallFilter { q: Some("common".into()), sort, limit: 100, ..CallFilter::default() };
    let mut seen = std::collections::HashSet::new();
    let mut last = None;
    loop {
        let page = page(&scene, &filter).await;
        for call in page.data {
            assert!(last <= Some(call.started_at), "sorted");
            last = Some(call.started_at);
            assert!(seen.insert(call.id), "not twice");
        }
        let Some(next) = page.next_cursor else { break };
        filter.cursor = Some(next);
    }
    assert_eq!(seen.len(), 12_000);
}
