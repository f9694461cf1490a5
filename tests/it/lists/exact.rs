use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use seiketsu::clock;
use seiketsu_domain::permission::facts::FactId;

use super::{Holder, database, days_ago, national, numbers, on_texas, texas};

/// Exchanges with none, one, few, and on either side of the border between the two written forms.
const SIZES: [usize; 6] = [0, 1, 7, 624, 625, 4000];

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_listed_if_and_only_if_it_was_in_the_file() {
    let database = database().await;
    let holder = Holder::new(&database);
    let mut random = StdRng::seed_from_u64(17);
    let mut set = BTreeSet::new();
    for (exchange, size) in SIZES.into_iter().enumerate() {
        while set.range(format!("21220{exchange}")..format!("21220{exchange}~")).count() < size {
            set.insert(format!("21220{exchange}{:04}", random.gen_range(0..10_000)));
        }
    }
    let file: Vec<&str> = set.iter().map(String::as_str).collect();
    holder.import(&database, &texas(days_ago(1)), &numbers(&file.join("\n"))).await.unwrap();
    for exchange in 0..=SIZES.len() {
        for line in [0, 1, 4999, 9998, 9999].into_iter().chain((0..20).map(|_| random.gen_range(0..10_000))) {
            let digits = format!("21220{exchange}{line:04}");
            let listed = holder.on_texas(&database, &format!("+1{digits}")).await;
            assert_eq!(listed, Some(set.contains(&digits)), "{digits}");
        }
    }
    for digits in set.iter().step_by(97) {
        assert_eq!(holder.on_texas(&database, &format!("+1{digits}")).await, Some(true), "{digits}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_organization_holds_answers_nobody_else() {
    let database = database().await;
    let (mine, theirs) = (Holder::new(&database), Holder::new(&database));
    theirs.may_take(&database, "1-1", &[]).await;
    theirs.import(&database, &national(days_ago(1), "1-1", &[]), &numbers("4155552671")).await.unwrap();
    theirs.import(&database, &texas(days_ago(1)), &numbers("4155552671")).await.unwrap();
    let held = theirs.look_up(&database, "+14155552671", clock::now()).await;
    assert!(held.national.unwrap().listed && held.registry.is_some() && !held.states.is_empty());
    assert_eq!(mine.look_up(&database, "+14155552671", clock::now()).await, Default::default());
    // Not even by asking for the other tenant: the rows are not visible.
    let mut read = database.pools.read_as(mine.tenant).await.unwrap();
    let phone = "+14155552671".parse().unwrap();
    let stolen = seiketsu::lists::look_up(&mut read, theirs.tenant, &phone, clock::now()).await.unwrap();
    assert_eq!(stolen, Default::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extract_says_nothing_about_area_codes_it_does_not_cover() {
    let database = database().await;
    let holder = Holder::new(&database);
    holder.may_take(&database, "1-1", &[415, 628]).await;
    holder.import(&database, &national(days_ago(2), "1-1", &[415]), &numbers("4155552671")).await.unwrap();
    holder.import(&database, &national(days_ago(1), "1-1", &[628]), &numbers("6285550000")).await.unwrap();
    let listed = async |phone: &str| {
        let answers = holder.look_up(&database, phone, clock::now()).await;
        answers.national.map(|answer| answer.listed)
    };
    assert_eq!(listed("+14155552671").await, Some(true), "the later extract is of another area code");
    assert_eq!(listed("+14155552672").await, Some(false));
    assert_eq!(listed("+16285550000").await, Some(true));
    assert_eq!(listed("+12125552671").await, None);
    assert_eq!(listed("+442079460958").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extract_of_another_subscription_does_not_count() {
    let database = database().await;
    let holder = Holder::new(&database);
    holder.may_take(&database, "1-1", &[]).await;
    holder.import(&database, &national(days_ago(1), "1-1", &[]), &numbers("4155552671")).await.unwrap();
    let before = clock::now();
    holder.may_take(&database, "2-2", &[]).await;
    let now = holder.look_up(&database, "+14155552671", clock::now()).await;
    assert!(now.national.is_none() && now.registry.is_some());
    let then = holder.look_up(&database, "+14155552671", before).await;
    assert!(then.national.unwrap().listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_names_its_extract() {
    let database = database().await;
    let holder = Holder::new(&database);
    let (as_of, file) = (days_ago(1), numbers("4155552671"));
    let imported = holder.import(&database, &texas(as_of), &file).await.unwrap();
    let answers = holder.look_up(&database, "+14155552671", clock::now()).await;
    assert_eq!(on_texas(&answers), Some(true));
    let source = &answers.states[0].answer.source;
    assert_eq!(source.fact, FactId::Snapshot(format!("us-tx@{as_of} sha256:{}", file.sha256)));
    assert_eq!((source.organization, source.recorded_at), (holder.tenant, imported.recorded_at));
}
