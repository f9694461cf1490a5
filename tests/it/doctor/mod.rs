//! The doctor, at the bedside of healthy and sick installations.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use seiketsu::config::{Config, Secret};
use seiketsu::doctor::{Outcome, Report, doctor, healthcheck};
use seiketsu::identity::SigningKey;
use seiketsu::ids;
use sqlx::Executor;
use uuid::Uuid;

use crate::support::{database, kafka, redis};

/// The defaults, with this database and nothing else.
fn config(url: &str) -> Config {
    let mut config = Config::load(None).unwrap();
    config.database.url = Some(Secret::from(url.to_owned()));
    config.kafka.brokers = None;
    config.redis.url = None;
    config.auth.signing_key_file = None;
    config
}

#[track_caller]
fn assert_found(report: &Report, outcome: Outcome, subject: &str, words: &str) {
    let found = report.findings().iter().any(|finding| {
        finding.outcome == outcome && finding.subject == subject && format!("{finding}").contains(words)
    });
    assert!(found, "no {outcome:?} {subject} with `{words}` in\n{report}");
}

#[tokio::test]
async fn a_healthy_installation_has_nothing_failed() {
    let database = database::create().await;
    let report = doctor(&config(&database.url)).await;
    assert_eq!(report.exit_code(), 0, "{report}");
    for subject in ["schema", "roles", "tenant isolation", "projections", "dead letters", "durability"] {
        assert_found(&report, Outcome::Ok, subject, "");
    }
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["healthy"], true);
    assert_eq!(json["findings"][0]["outcome"], "ok");
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named_without_its_password() {
    let port = redis::dead_url().await.split([':', '/']).nth(4).unwrap().to_owned();
    let report = doctor(&config(&format!("postgres://u:hunter2@127.0.0.1:{port}/db"))).await;
    assert_eq!(report.exit_code(), 1);
    assert_found(&report, Outcome::Failed, "database", &format!("127.0.0.1:{port}"));
    assert!(!report.to_string().contains("hunter2") && !report.to_json().unwrap().contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_told_from_one_that_does_not_answer() {
    let database = database::create().await;
    let (server, _) = database.url.rsplit_once('/').unwrap();
    let report = doctor(&config(&format!("{server}/nonesuch"))).await;
    assert_found(&report, Outcome::Failed, "database", "createdb");
}

#[tokio::test]
async fn a_schema_that_is_behind_or_ahead_is_noticed() {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    let newer = "insert into _sqlx_migrations values (999999, 'from the future', now(), true, '\\x00', 0)";
    superuser.execute(newer).await.unwrap();
    let report = doctor(&config(&database.url)).await;
    assert_found(&report, Outcome::Warning, "schema", "999999");

    superuser.execute("delete from _sqlx_migrations where version = 2").await.unwrap();
    let report = doctor(&config(&database.url)).await;
    assert_found(&report, Outcome::Failed, "schema", "0002 fan out");
    assert_found(&report, Outcome::Failed, "schema", "seiketsu migrate");
}

#[tokio::test]
async fn a_table_outside_the_second_wall_is_named() {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    superuser.execute("create table read_models.leaky (tenant_id uuid)").await.unwrap();
    superuser.execute("alter table users no force row level security").await.unwrap();
    let report = doctor(&config(&database.url)).await;
    assert_found(&report, Outcome::Failed, "tenant isolation", "read_models.leaky, users");
}

#[tokio::test]
async fn a_login_without_the_roles_is_told_what_to_grant() {
    let database = database::create().await;
    let login = format!("stranger_{}", ids::new::<Uuid>().simple());
    let mut superuser = database.superuser().await;
    superuser.execute(format!("create role {login} login password 'stranger'").as_str()).await.unwrap();
    superuser.execute(format!("grant select on _sqlx_migrations to {login}").as_str()).await.unwrap();
    let (_, place) = database.url.split_once('@').unwrap();
    let report = doctor(&config(&format!("postgres://{login}:stranger@{place}"))).await;
    superuser.execute(format!("revoke all on _sqlx_migrations from {login}").as_str()).await.unwrap();
    superuser.execute(format!("drop role {login}").as_str()).await.unwrap();
    assert_found(&report, Outcome::Failed, "roles", &format!("grant seiketsu_app to \"{login}\""));
}

#[tokio::test]
async fn events_that_nobody_applies_or_that_cannot_be_applied_are_noticed() {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    superuser
        .execute(
            "insert into events select nextval('event_position'), gen_random_uuid(), 'lead', gen_random_uuid(), 1, 0,
                    gen_random_uuid(), 'lead.created', 1, '{}', '{}', now(), now() - interval '1 hour'",
        )
        .await
        .unwrap();
    superuser
        .execute(
            "insert into dead_letters (projection, position, tenant_id, aggregate_type, aggregate_id, sequence, event_type, error)
             select 'escalation_queue', 1, gen_random_uuid(), 'escalation', gen_random_uuid(), n, 'x', case n when 1 then 'why' end
               from generate_series(1, 1) n",
        )
        .await
        .unwrap();
    let mut config = config(&database.url);
    let report = doctor(&config).await;
    assert_found(&report, Outcome::Failed, "projections", "escalation_queue has not applied an event");
    assert_found(&report, Outcome::Failed, "dead letters", "escalation_queue: 1 failed, 0 wait");

    superuser
        .execute("insert into projection_checkpoints (projection, version, partition) values ('escalation_queue', 99, '*')")
        .await
        .unwrap();
    config.projections.only = vec!["escalation_queue".to_owned()];
    let report = doctor(&config).await;
    assert_found(&report, Outcome::Failed, "projections", "seiketsu rebuild escalation_queue");
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_that_do_not_answer_are_named() {
    let database = database::create().await;
    let dead = redis::dead_url().await;
    let mut config = config(&database.url);
    config.redis.url = Some(Secret::from(dead.clone()));
    config.kafka.brokers = dead.split('/').nth(2).map(str::to_owned);
    let report = doctor(&config).await;
    assert_found(&report, Outcome::Warning, "redis", "does not answer");
    assert_found(&report, Outcome::Failed, "kafka", "does not answer");
    assert_found(&report, Outcome::Warning, "relay", "none is running");
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_that_answer_are_compared_with_the_settings() {
    let database = database::create().await;
    let topics = kafka::settings().await;
    let mut config = config(&database.url);
    config.redis.url = Some(Secret::from(redis::url()));
    config.kafka.brokers = Some(topics.brokers);
    config.kafka.topic_prefix = topics.topic_prefix;
    config.kafka.partitions = topics.partitions;
    let report = doctor(&config).await;
    assert_found(&report, Outcome::Ok, "redis", "answers");
    assert_found(&report, Outcome::Ok, "kafka topics", "of 4 partitions");

    config.kafka.partitions = 12;
    assert_found(&doctor(&config).await, Outcome::Failed, "kafka topics", "kafka.partitions is 12");
}

#[tokio::test]
async fn a_signing_key_everybody_can_read_is_a_failure() {
    let database = database::create().await;
    let path: PathBuf = std::env::temp_dir().join(format!("seiketsu-{}.pem", ids::new::<Uuid>().simple()));
    SigningKey::generate().write_pem_file(&path).unwrap();
    let mut config = config(&database.url);
    config.auth.signing_key_file = Some(path.clone());
    let closed = doctor(&config).await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = doctor(&config).await;
    std::fs::remove_file(&path).unwrap();
    let missing = doctor(&config).await;
    assert_found(&closed, Outcome::Ok, "signing key", "holds key");
    assert_found(&open, Outcome::Failed, "signing key", "chmod 600");
    assert_found(&missing, Outcome::Failed, "signing key", "No such file");
}

#[tokio::test]
async fn a_health_check_is_an_exit_code() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new()
        .route("/well", get(async || "well"))
        .route("/ill", get(async || StatusCode::SERVICE_UNAVAILABLE));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    assert_eq!(healthcheck(&format!("http://{address}/well")).await, 0);
    assert_eq!(healthcheck(&format!("http://{address}/ill")).await, 1);
    server.abort();
    drop(server.await);
    assert_eq!(healthcheck(&format!("http://{address}/well")).await, 1);
}
