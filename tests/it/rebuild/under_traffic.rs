use seiketsu::demo::{self, DemoOptions};
use seiketsu_projections::read_models;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::{run, told};
use crate::support::server::Server;

/// Days of an organization, one after the other, with calls, leads, consent and escalations; returns how many. Every
/// number they show is checked.
async fn days(server: &Server, stop: &CancellationToken) -> usize {
    let mut days = 0;
    while !stop.is_cancelled() {
        let (url, credentials) = (Some(server.url.clone()), server.data().join("dev.env"));
        let report = demo::run(DemoOptions { repeat: 1, url, credentials }).await.unwrap();
        let wrong: Vec<_> = report.findings.iter().filter(|finding| !finding.agrees).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        days += 1;
    }
    days
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_model_rebuilt_equals_the_live_one() {
    let server = Server::start().await;
    let stop = CancellationToken::new();
    let rebuild = async {
        let before = server.database.event_count().await;
        let swapped = told(&run(&server.database, &["rebuild", "all", "--require-equal"]).await);
        stop.cancel();
        (swapped, server.database.event_count().await - before)
    };
    let (days, (swapped, meanwhile)) = tokio::join!(days(&server, &stop), rebuild);
    assert!(days >= 1 && meanwhile > 100, "there was traffic: {meanwhile} events");
    for model in read_models::all() {
        assert!(swapped.contains(&format!("{}: read ", model.name())), "{swapped}");
    }

    // What workers have written since the swap is what a rebuild writes.
    let before = effects(&server).await;
    told(&run(&server.database, &["rebuild", "all", "--require-equal"]).await);
    assert_eq!(effects(&server).await, before, "a rebuild does nothing but fill tables");
}

/// What a read model could set off: events, answers to keys, records on their way to Kafka.
async fn effects(server: &Server) -> (i64, i64, i64) {
    let mut connection: PgConnection = server.database.superuser().await;
    sqlx::query_as(
        "select (select count(*) from events), (select count(*) from idempotency_keys),
                (select coalesce(sum(position), 0)::bigint from relay)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap()
}
