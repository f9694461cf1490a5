use seiketsu_domain::lead::Lead;
use sqlx::Executor;
use uuid::Uuid;

use super::{leads_in, run, told};
use crate::support::database::TestDatabase;
use crate::support::server::Server;
use crate::support::wishes;

/// A lead that the server's worker has put into the list.
async fn lead(server: &Server) -> Uuid {
    let (tenant, id) = (wishes::tenant(), seiketsu::ids::new());
    let commands = server.database.commands();
    commands.create::<Lead>(&wishes::of(tenant), id, wishes::create_lead(tenant, id)).await.unwrap();
    crate::support::wait::until("it is listed", std::time::Duration::from_secs(20), async || {
        leads_in(&server.database, "read_models").await.contains(&id)
    })
    .await;
    id
}

/// Makes the live model lie about one lead, and lack another.
async fn spoil(database: &TestDatabase, wrong: Uuid, gone: Uuid) {
    let spoil = format!(
        "update read_models.leads set last_name = 'byron', source = 'nowhere' where id = '{wrong}';
         delete from read_models.leads where id = '{gone}'"
    );
    database.superuser().await.execute(spoil.as_str()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_difference_is_found_and_blocks_the_swap_where_that_is_wanted() {
    let server = Server::start().await;
    let (wrong, gone) = (lead(&server).await, lead(&server).await);
    let same = told(&run(&server.database, &["rebuild", "leads", "--compare-only"]).await);
    assert!(same.contains("not swapped in"), "{same}");
    spoil(&server.database, wrong, gone).await;

    let refused = run(&server.database, &["rebuild", "leads", "--require-equal"]).await;
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    for line in [
        "0 only live, 1 only rebuilt, 1 changed",
        &format!("{wrong}: last_name, source"),
        &format!("{gone}: only rebuilt"),
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    assert!(!leads_in(&server.database, "read_models").await.contains(&gone), "the live model is as it was");

    let mended = told(&run(&server.database, &["rebuild", "leads"]).await);
    assert!(mended.contains("went on and read 0 events, swapped in"), "{mended}");
    assert!(leads_in(&server.database, "read_models").await.contains(&gone));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_brings_the_old_tables_back_up_to_date() {
    let server = Server::start().await;
    let (wrong, gone) = (lead(&server).await, lead(&server).await);
    spoil(&server.database, wrong, gone).await;
    told(&run(&server.database, &["rebuild", "leads"]).await);
    let later = lead(&server).await;
    assert!(!leads_in(&server.database, "retired_leads").await.contains(&later));

    let back = told(&run(&server.database, &["rebuild", "leads", "--rollback"]).await);
    assert!(back.contains("back, 1 events later"), "{back}");
    let listed = leads_in(&server.database, "read_models").await;
    assert!(listed.contains(&later) && !listed.contains(&gone), "with what came since, and as they were");
    // The worker goes on with them; and what was rolled back from is kept in turn.
    let latest = lead(&server).await;
    told(&run(&server.database, &["rebuild", "leads", "--rollback"]).await);
    let listed = leads_in(&server.database, "read_models").await;
    assert!([later, latest, gone].iter().all(|id| listed.contains(id)));

    told(&run(&server.database, &["rebuild", "leads", "--drop-old"]).await);
    let refused = run(&server.database, &["rebuild", "leads", "--rollback"]).await;
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there are no retired tables"));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_tables_that_a_migration_left_behind_are_not_rolled_back_to() {
    let server = Server::start().await;
    lead(&server).await;
    told(&run(&server.database, &["rebuild", "leads"]).await);
    let migrate = "alter table read_models.leads add column nickname text";
    server.database.superuser().await.execute(migrate).await.unwrap();
    let refused = run(&server.database, &["rebuild", "leads", "--rollback"]).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("a migration has changed the columns"), "{said}");
    lead(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_does_nothing() {
    let server = Server::start().await;
    lead(&server).await;
    let plan = told(&run(&server.database, &["rebuild", "leads", "--dry-run"]).await);
    assert!(plan.starts_with("leads: would read 1 events into 3 tables"), "{plan}");
    let schemas: i64 = sqlx::query_scalar(
        "select count(*) from pg_namespace where nspname in ('rebuild_leads', 'retired_leads')",
    )
    .fetch_one(&mut server.database.superuser().await)
    .await
    .unwrap();
    assert_eq!(schemas, 0);
}
