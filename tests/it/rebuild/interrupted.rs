use std::time::Duration;

use sqlx::Executor;

use super::{leads_in, many_leads, program, run, told};
use crate::support::{database, wait};

const PATIENCE: Duration = Duration::from_secs(60);
const LEADS: i64 = 30_000;

/// Makes a rebuild wait, with stretches half done, once it has loaded one.
const STOP: &str = "
    select pg_advisory_lock(42);
    create sequence stretches;
    grant usage on sequence stretches to seiketsu_system;
    create function stop() returns trigger language plpgsql as
        $$ begin if nextval('stretches') > 1 then perform pg_advisory_xact_lock(42); end if; return new; end $$;
    create trigger stop before insert on rebuild_stretches for each row execute function stop()";

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_it_goes_on_where_it_was() {
    let database = database::create().await;
    many_leads(&database, LEADS).await;
    let mut superuser = database.superuser().await;
    superuser.execute(STOP).await.unwrap();
    let mut killed = program(&database, &["rebuild", "leads"]).spawn().unwrap();
    wait::until("it stops in the middle", PATIENCE, async || {
        let waits = "select exists (select from rebuild_stretches)
                        and exists (select from pg_stat_activity
                                     where datname = current_database() and wait_event_type = 'Lock')";
        sqlx::query_scalar(waits).fetch_one(&mut superuser).await.unwrap()
    })
    .await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    superuser.execute("select pg_advisory_unlock(42)").await.unwrap();
    wait::until("the database has noticed", PATIENCE, async || {
        let locks = "select not exists (select from pg_locks where locktype = 'advisory'
                        and database = (select oid from pg_database where datname = current_database()))";
        sqlx::query_scalar(locks).fetch_one(&mut superuser).await.unwrap()
    })
    .await;
    superuser.execute("drop trigger stop on rebuild_stretches").await.unwrap();
    let before: i64 = sqlx::query_scalar("select sum(events)::bigint from rebuild_stretches")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert!(0 < before && before < LEADS, "it was killed at {before}");

    let told = told(&run(&database, &["rebuild", "leads"]).await);
    assert!(told.contains(&format!("went on and read {} events, swapped in", LEADS - before)), "{told}");
    assert_eq!(leads_in(&database, "read_models").await.len() as i64, LEADS);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_migration_it_begins_anew() {
    let database = database::create().await;
    many_leads(&database, 10).await;
    let mut superuser = database.superuser().await;
    let blocked = program(&database, &["rebuild", "leads", "--require-equal"]).output().unwrap();
    assert_eq!(blocked.status.code(), Some(1), "the live model has no rows: {blocked:?}");
    superuser.execute("create index more on read_models.leads (tenant_id, words)").await.unwrap();
    let again = told(&run(&database, &["rebuild", "leads"]).await);
    assert!(again.contains("leads: read 10 events, swapped in"), "{again}");
    let indexes: i64 = sqlx::query_scalar(
        "select count(*) from pg_indexes where schemaname = 'read_models' and indexname = 'more'",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    assert_eq!(indexes, 1, "under its own name");
}
