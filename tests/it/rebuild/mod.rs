//! `seiketsu rebuild`, the program: beside traffic, killed, compared, rolled back.

mod interrupted;
mod retired;
mod under_traffic;

use std::process::{Command, Output, Stdio};

use seiketsu_domain::lead::Lead;
use uuid::Uuid;

use crate::support::database::TestDatabase;
use crate::support::wishes;

/// The program with these arguments, on a database.
pub(crate) fn program(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seiketsu"));
    command
        .args(arguments)
        .env("SEIKETSU__DATABASE__URL", &database.url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program to its end, on a thread that may wait.
pub(crate) async fn run(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = program(database, arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What it printed; panics where it did not succeed.
pub(crate) fn told(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// Stores as many leads, each with its first event, as one command and a copying statement can.
pub(crate) async fn many_leads(database: &TestDatabase, count: i64) {
    let (tenant, id) = (wishes::tenant(), seiketsu::ids::new());
    let wish = wishes::of(tenant);
    database.commands().create::<Lead>(&wish, id, wishes::create_lead(tenant, id)).await.unwrap();
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         select nextval('event_position'), tenant_id, aggregate_type, gen_random_uuid(), 1, slot, gen_random_uuid(),
                event_type, event_version, payload, metadata, occurred_at, recorded_at
           from events, generate_series(2, $2) where aggregate_id = $1",
    )
    .bind(id)
    .bind(count)
    .execute(&mut database.superuser().await)
    .await
    .unwrap();
}

/// The ids of the leads in a schema's table, in order.
async fn leads_in(database: &TestDatabase, schema: &str) -> Vec<Uuid> {
    sqlx::query_scalar(&format!("select id from {schema}.leads order by id"))
        .fetch_all(&mut database.superuser().await)
        .await
        .unwrap()
}
