use seiketsu::clock;
use sqlx::PgConnection;

use super::command_line::Desk;
use super::{Holder, database, days_ago, numbers, texas};
use seiketsu::lists;

async fn rows(superuser: &mut PgConnection) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from list_imports), (select count(*) from list_numbers)")
        .fetch_one(superuser)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_lost_its_database_leaves_the_old_extract_current() {
    let database = database().await;
    let holder = Holder::new(&database);
    holder.import(&database, &texas(days_ago(2)), &numbers("4155552671")).await.unwrap();
    let mut killed = 0;
    let progress = |_| {
        killed = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(database.kill_connections())
        })
    };
    let (wish, extract, file) = (holder.wish(), texas(days_ago(1)), numbers("4155552672"));
    let broken =
        lists::import_extract(&database.pools, &holder.commands, &wish, &extract, &file, progress).await;
    assert!(broken.is_err() && killed > 0, "{killed} connections were killed: {broken:?}");
    assert_eq!(holder.on_texas(&database, "+14155552671").await, Some(true));
    assert_eq!(rows(&mut database.superuser().await).await, (1, 1), "nothing is left behind");
    holder.import(&database, &extract, &file).await.unwrap();
    assert_eq!(holder.on_texas(&database, "+14155552672").await, Some(true));
}

/// Where a process ends, and whether its event is recorded by then.
const PLACES: [(&str, i64); 2] = [("list.rows", 0), ("list.recorded", 1)];

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_process_was_killed_is_finished_by_importing_the_same_again() {
    for (place, events) in PLACES {
        let desk = Desk::open().await;
        let file = desk.file("415,5552671\n415,5552672\n");
        let import = ["import", "us-tx", &file, "--as-of", &days_ago(1).to_string()];
        let killed = desk.run_with(&import, &[("SEIKETSU_CRASH_POINT", place)]);
        assert!(
            !killed.status.success() && killed.told.contains(&format!("crash point {place}")),
            "{}",
            killed.told
        );
        let mut superuser = desk.database.superuser().await;
        assert_eq!(rows(&mut superuser).await, (0, 0), "{place}");
        assert_eq!(desk.database.event_count().await, events, "{place}");
        assert!(desk.look_up("+14155552671", clock::now()).await.states.is_empty(), "{place}");

        let again = desk.run(&import);
        assert!(again.status.success(), "{place}: {}", again.told);
        assert_eq!(rows(&mut superuser).await, (1, 1), "{place}");
        assert_eq!(desk.database.event_count().await, 1, "{place}");
        assert!(desk.look_up("+14155552671", clock::now()).await.states[0].answer.listed, "{place}");
    }
}
