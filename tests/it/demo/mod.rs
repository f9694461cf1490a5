//! The demo against the binary: it agrees with a server that is right, and finds out one that is not.

use seiketsu::demo::{self, DemoOptions, DemoReport};
use sqlx::Connection as _;

use crate::support::server::Server;

async fn days(server: &Server, repeat: usize) -> DemoReport {
    let credentials = server.data().join("dev.env");
    demo::run(DemoOptions { repeat, url: Some(server.url.clone()), credentials }).await.unwrap()
}

/// What disagrees, with the first differences.
fn disagreements(report: &DemoReport) -> Vec<String> {
    let wrong = report.findings.iter().filter(|finding| !finding.agrees);
    wrong.map(|finding| format!("{}: {} {:?}", finding.section, finding.what, finding.notes)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_agrees_on_new_data_and_on_data_of_earlier_days() {
    let server = Server::start().await;
    for repeat in [1, 2] {
        let report = days(&server, repeat).await;
        assert_eq!(disagreements(&report), Vec::<String>::new(), "{}", server.log());
        assert!(report.commands > 250 && report.replays > 5 && report.refusals > 3 && report.reads > 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_that_lie_are_found_out() {
    let server = Server::start().await;
    let mut database = sqlx::PgConnection::connect(&server.database.url).await.unwrap();
    for lie in [
        "create function shout() returns trigger language plpgsql as
             $$ begin new.text := upper(new.text); return new; end $$",
        "create trigger lie before insert on read_models.transcript_segments
             for each row when (new.index = 3) execute function shout()",
        "create function lose() returns trigger language plpgsql as $$ begin return null; end $$",
        "create trigger lie before insert on read_models.hot_leads for each row execute function lose()",
        "create trigger lie before insert on read_models.dashboard_days
             for each row when (new.metric = 'calls.started') execute function lose()",
    ] {
        sqlx::query(lie).execute(&mut database).await.unwrap();
    }
    let report = days(&server, 1).await;
    let told = disagreements(&report).join("\n");
    for what in ["segments are as sent", "lists of leads: hot", "calls.startedToday"] {
        assert!(told.contains(what), "{what} is not among:\n{told}");
    }
    assert!(!told.contains("analytics of calls"), "what is right is not blamed:\n{told}");
}
