use seiketsu::lists::{ImportError, retire};
use seiketsu::{clock, lists};
use seiketsu_domain::list::RetireExtract;
use seiketsu_domain::values::Timestamp;

use super::{Holder, author, database, days_ago, numbers, on_texas, texas};

fn a_millisecond_before(moment: Timestamp) -> Timestamp {
    Timestamp::new(moment.get() - chrono::Duration::milliseconds(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn known_at_picks_the_extract_that_counted_at_that_instant() {
    let database = database().await;
    let holder = Holder::new(&database);
    let first = holder.import(&database, &texas(days_ago(3)), &numbers("4155552671")).await.unwrap();
    let second = holder.import(&database, &texas(days_ago(2)), &numbers("4155552672")).await.unwrap();
    let at = async |known_at| on_texas(&holder.look_up(&database, "+14155552671", known_at).await);
    assert_eq!(at(a_millisecond_before(first.recorded_at)).await, None);
    assert_eq!(at(first.recorded_at).await, Some(true));
    assert_eq!(at(a_millisecond_before(second.recorded_at)).await, Some(true));
    assert_eq!(at(second.recorded_at).await, Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_answered_when_it_counts() {
    let database = database().await;
    let holder = Holder::new(&database);
    let imported = holder.import(&database, &texas(days_ago(1)), &numbers("4155552671")).await.unwrap();
    assert!(imported.recorded_at <= clock::now());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extract_that_shows_an_earlier_moment_does_not_replace_a_later_one() {
    let database = database().await;
    let holder = Holder::new(&database);
    holder.import(&database, &texas(days_ago(2)), &numbers("4155552671")).await.unwrap();
    holder.import(&database, &texas(days_ago(3)), &numbers("4155552672")).await.unwrap();
    assert_eq!(holder.on_texas(&database, "+14155552671").await, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_the_same_again_changes_nothing() {
    let database = database().await;
    let holder = Holder::new(&database);
    let (extract, file) = (texas(days_ago(1)), numbers("4155552671\n4155552672"));
    let first = holder.import(&database, &extract, &file).await.unwrap();
    let again = holder.import(&database, &extract, &numbers("4155552672\n4155552671")).await.unwrap();
    assert!(!first.already && again.already);
    assert_eq!(first.recorded_at, again.recorded_at);
    assert_eq!(database.event_count().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extract_before_counts_again_once_one_is_retired() {
    let database = database().await;
    let holder = Holder::new(&database);
    let good = numbers("4155552671");
    holder.import(&database, &texas(days_ago(3)), &good).await.unwrap();
    let (wrong, as_of) = (numbers("4155550000"), days_ago(2));
    let imported = holder.import(&database, &texas(as_of), &wrong).await.unwrap();
    assert_eq!(holder.on_texas(&database, "+14155552671").await, Some(false));
    let wish = holder.wish();
    let extract = RetireExtract {
        sha256: wrong.sha256.clone(),
        as_of,
        reason: "the wrong file".parse().unwrap(),
        author: author(&wish),
        at: wish.at,
    };
    let list = "us-tx".parse().unwrap();
    let retired_at = retire(&database.pools, &holder.commands, &wish, list, extract.clone()).await.unwrap();
    assert_eq!(holder.on_texas(&database, "+14155552671").await, Some(true));
    let then = holder.look_up(&database, "+14155552671", a_millisecond_before(retired_at)).await;
    assert_eq!(on_texas(&then), Some(false), "decisions made on it are made again on it");
    assert!(imported.recorded_at < retired_at);
    let twice = retire(&database.pools, &holder.commands, &wish, list, extract).await;
    assert!(matches!(twice, Err(ImportError::Command(_))), "{twice:?}");
    let again = holder.import(&database, &texas(as_of), &wrong).await.unwrap();
    assert!(!again.already);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_one_list_do_not_get_into_each_others_way() {
    let database = database().await;
    let holder = Holder::new(&database);
    let (writing, is_writing) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let (pools, commands, wish) = (database.pools.clone(), holder.commands.clone(), holder.wish());
    let first = tokio::spawn(async move {
        let mut writing = Some(writing);
        let progress = move |_| {
            if let Some(writing) = writing.take() {
                writing.send(()).unwrap();
                tokio::task::block_in_place(|| may_go_on.recv().unwrap());
            }
        };
        let file = numbers("4155552671");
        lists::import_extract(&pools, &commands, &wish, &texas(days_ago(1)), &file, progress).await
    });
    is_writing.await.unwrap();
    let second = holder.import(&database, &texas(days_ago(1)), &numbers("4155552672")).await;
    assert!(matches!(second, Err(ImportError::UnderWay)), "{second:?}");
    go_on.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(holder.on_texas(&database, "+14155552671").await, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_free_at_once_after_an_import_that_was_refused() {
    let database = database().await;
    let holder = Holder::new(&database);
    for _ in 0..20 {
        let refused = holder.import(&database, &texas(days_ago(40)), &numbers("4155552671")).await;
        assert!(matches!(refused, Err(ImportError::Command(_))), "{refused:?}");
    }
}
