use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{CreateLead, Lead, LeadCommand, UpdateLead};
use seiketsu_projections::read_models::leads::{LeadFilter, Leads, sort};

use super::{create, ids_of, page, project, read_through, stranger, tell};
use crate::read_models::history::{History, Step, feed};
use crate::read_models::scene::{Scene, at};

async fn found(scene: &Scene, q: &str) -> Vec<LeadId> {
    let filter = LeadFilter { q: Some(q.to_owned()), limit: 100, ..LeadFilter::default() };
    ids_of(&page(scene, &filter).await.data)
}

/// One with everything that can be remembered of a person, and one with little.
async fn two_leads() -> (Scene, LeadId, LeadId) {
    let scene = Scene::set().await;
    let wish = CreateLead {
        first_name: Some("Mary-Jane".parse().unwrap()),
        last_name: Some("O'Brien Öz".parse().unwrap()),
        email: Some("mj.obrien+home@Mail.Example.com".parse().unwrap()),
        source: "Open House".parse().unwrap(),
        tags: vec!["first-time buyer".parse().unwrap(), "VIP".parse().unwrap()],
        ..stranger(0)
    };
    let known = create(&scene, wish).await;
    let wish = CreateLead { phone: "+442079460958".parse().unwrap(), ..stranger(1) };
    let unknown = create(&scene, wish).await;
    project(&scene.database, 1000).await;
    (scene, known, unknown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_found_by_whatever_is_remembered_of_it() {
    let (scene, known, unknown) = two_leads().await;
    for q in [
        "mary",
        "MARY",
        "jane",
        "mary-jane",
        "maryjane",
        "Jane Mary",
        "o'brien",
        "obrien",
        "bri",
        "öz",
        "ÖZ",
        "mj.obrien+home@mail.example.com",
        "mj.obrien",
        "mj.ob",
        "MJ.OBRIEN+HOME@MAIL",
        "mail.example.com",
        "@mail.example.com",
        "home",
        "open",
        "open house",
        "vip",
        "buyer",
        "first time",
        "first-time buyer",
        "firsttime",
        "  mary \t obrien\n",
        "mary, obrien; vip!",
        "mary 2671",
    ] {
        assert_eq!(found(&scene, q).await, [known], "{q}");
    }
    assert_eq!(found(&scene, "website").await, [unknown]);
    for q in
        ["ary", "mary jones", "janet", "brien@", "example.com", "2671 website", "!!!", "' & | :* --", "\\"]
    {
        assert_eq!(found(&scene, q).await, [], "{q}");
    }
    for q in ["", "  ", "\t\n"] {
        assert_eq!(found(&scene, q).await, [unknown, known], "nothing to search for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_found_by_its_number_however_it_is_written() {
    let (scene, known, unknown) = two_leads().await;
    for q in [
        "+14155552671",
        "14155552671",
        "+1 415 555 2671",
        "1-415-555-2671",
        "(415) 555-2671",
        "415.555.2671",
        "415 555",
        "4155",
        "415",
        "555-2671",
        "5552671",
        "2671",
    ] {
        assert_eq!(found(&scene, q).await, [known], "{q}");
    }
    for q in ["+44 20 7946 0958", "020 7946 0958", "7946 0958", "0958", "44"] {
        assert_eq!(found(&scene, q).await, [unknown], "{q}");
    }
    assert_eq!(found(&scene, "5552672").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_found_by_what_it_is_called_now() {
    let (scene, _, unknown) = two_leads().await;
    let wish = UpdateLead {
        first_name: Some("Grace".parse().unwrap()),
        last_name: None,
        email: None,
        phone: None,
        source: Some("referral".parse().unwrap()),
        preferences: None,
        tags: None,
        at: at(5),
    };
    tell(&scene, unknown, LeadCommand::Update(wish)).await;
    project(&scene.database, 1000).await;
    assert_eq!(found(&scene, "grace referral").await, [unknown]);
    assert_eq!(found(&scene, "website").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_search_is_too_odd() {
    let (scene, ..) = two_leads().await;
    let mut runner = TestRunner::deterministic();
    let odd = prop_oneof![
        any::<String>(),
        "[a@.'\\\\:*&|!()<> \"0-9+-]{0,40}",
        "(tenant|:\\*|'| & | \\| |!|<->|\\\\|\u{0}|é|ß|İ){1,30}",
    ];
    for _ in 0..150 {
        let q = odd.new_tree(&mut runner).unwrap().current();
        found(&scene, &q).await;
    }
    found(&scene, &"a b@c ".repeat(100_000)).await;
    found(&scene, &"1 2 ".repeat(100_000)).await;
}

/// Six thousand leads, of whom many, some, few and single ones have a name or a tag.
async fn crowd() -> (Scene, Vec<Lead>) {
    let scene = Scene::set().await;
    let leads: Vec<Vec<Step<Lead>>> = (0..6000).map(|n| vec![created(n)]).collect();
    let all = leads.iter().rev().map(|steps| steps[0].after.clone()).collect();
    let history = History { leads, ..History::default() };
    let events = history.interleaved(scene.tenant, &[0]);
    feed(scene.database.pools.system(), &Leads, &events, &[2000]).await;
    (scene, all)
}

fn created(n: i64) -> Step<Lead> {
    let every = |step: i64, name: &str| (n % step == 0).then(|| name.to_owned());
    let names = [every(2, "many"), every(30, "some"), every(250, "few"), every(6000, "single")];
    let early = (n < 40).then(|| "early".to_owned());
    let name: Vec<String> = names.into_iter().flatten().chain(early).collect();
    let wish = CreateLead {
        first_name: (!name.is_empty()).then(|| name.join(" ").parse().unwrap()),
        tags: every(3, "third").map(|tag| tag.parse().unwrap()).into_iter().collect(),
        ..stranger(n)
    };
    let event = Lead::default().decide(&LeadCommand::Create(wish)).unwrap().remove(0);
    let mut after = Lead::default();
    after.evolve(&event);
    Step { before: Lead::default(), event, after }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_the_same_by_whichever_way_it_is_answered() {
    let (scene, newest_first) = crowd().await;
    let has = |lead: &Lead, word: &str| {
        lead.tags.iter().any(|tag| tag.as_str() == word)
            || lead.first_name.as_ref().is_some_and(|name| name.as_str().split(' ').any(|own| own == word))
    };
    let searches =
        ["many", "some", "few", "single", "early", "nobody", "few many", "early some", "many third"];
    for q in searches {
        for (order, limit) in [("-createdAt", 7), ("createdAt", 100)] {
            let mut expected: Vec<&Lead> = newest_first.iter().collect();
            expected.retain(|lead| q.split(' ').all(|word| has(lead, word)));
            if order == "createdAt" {
                expected.reverse();
            }
            expected.truncate(300);
            let filter = LeadFilter {
                q: Some(q.to_owned()),
                sort: Some(sort(order).unwrap()),
                limit,
                ..LeadFilter::default()
            };
            let read = read_some(&scene, filter, 300).await;
            let expected: Vec<LeadId> = expected.iter().map(|lead| lead.id).collect();
            assert_eq!(ids_of(&read), expected, "{q} by {order}");
        }
    }
}

/// The first leads, page by page.
async fn read_some(scene: &Scene, mut filter: LeadFilter, most: usize) -> Vec<Lead> {
    let mut leads = Vec::new();
    while leads.len() < most {
        let page = page(scene, &filter).await;
        leads.extend(page.data);
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            break;
        }
    }
    leads.truncate(most);
    leads
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_selects_together_with_words_and_filters() {
    let (scene, newest_first) = crowd().await;
    let filter = LeadFilter {
        tag: Some("third".parse().unwrap()),
        q: Some("few".into()),
        created_after: Some(at(1000)),
        limit: 4,
        ..LeadFilter::default()
    };
    let expected = newest_first.iter().filter(|lead| {
        let named = lead.first_name.as_ref().is_some_and(|name| name.as_str().contains("few"));
        named && !lead.tags.is_empty() && lead.created_at >= at(1000)
    });
    let expected: Vec<LeadId> = expected.map(|lead| lead.id).collect();
    assert_eq!(expected.len(), 6);
    assert_eq!(ids_of(&read_through(&scene, filter).await), expected);
}
