use sqlx::Executor as _;

use super::{Log, events};
use crate::support::{database, wishes};

/// What a superuser may do to 600 events at positions 1 to 600, and what is said about it.
const CHANGES: [(&str, &str); 16] = [
    (
        "update events set payload = regexp_replace(payload::text, '[a-z]', 'Z')::json where position = 300",
        "at position 300 is not as it was recorded",
    ),
    (
        "update events set payload = (payload::text || ' ')::json where position = 300",
        "at position 300 is not as it was recorded",
    ),
    (
        "update events set metadata = (metadata::text || ' ')::json where position = 7",
        "at position 7 is not as it was recorded",
    ),
    (
        "update events set occurred_at = occurred_at + interval '1 microsecond' where position = 600",
        "at position 600 is not as it was recorded",
    ),
    ("update events set event_version = 9 where position = 1", "at position 1 is not as it was recorded"),
    ("delete from events where position = 256", "the event at position 256 (leaf 255) is gone"),
    ("delete from events where position > 599", "the event at position 600 (leaf 599) is gone"),
    (
        "update events set position = 9000 where position = 20; update events set position = 20 where position = 21;
         update events set position = 21 where position = 9000",
        "at position 20 is not as it was recorded",
    ),
    (
        "update audit_tiles set hashes = set_byte(hashes, 64, 255 - get_byte(hashes, 64)) where level = 0 and tile = 1",
        "leaf 258 of the log was changed; the event at position 259 is as it was signed",
    ),
    ("update audit_tiles set hashes = substr(hashes, 2) where level = 0 and tile = 1", "tile 1 of level 0"),
    ("delete from audit_tiles where level = 0 and tile = 1", "tile 1 of the leaves is gone"),
    ("update audit_tiles set hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) where level = 1", "tile 0 of level 1"),
    ("delete from audit_tiles where level = 1", "tile 0 of level 1 is gone"),
    ("update audit_trees set size = size + 1", "the tree does not say"),
    (
        "update audit_checkpoints set note = replace(note, 'position', 'Position')",
        "checkpoint of 600 events: the signature of seiketsu is not one of this checkpoint",
    ),
    ("update audit_checkpoints set size = 599", "checkpoint of 599 events: it says 600 events"),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_superuser_changes_is_named() {
    let database = database::create().await;
    let log = Log::of(&database);
    let tenant = wishes::tenant();
    events(&database, tenant, 600).await;
    log.keep(None).await;
    assert_eq!(log.faults(tenant).await, "");
    let mut superuser = database.superuser().await;
    superuser.execute("create table kept as select * from events; create table kept_tiles as select * from audit_tiles; create table kept_trees as select * from audit_trees; create table kept_checkpoints as select * from audit_checkpoints").await.unwrap();
    for (change, said) in CHANGES {
        superuser.execute(change).await.unwrap();
        let faults = log.faults(tenant).await;
        let first = faults.lines().next().unwrap_or_default();
        assert!(first.contains(said), "{change}\nfound: {faults}");
        for (table, kept) in [
            ("events", "kept"),
            ("audit_tiles", "kept_tiles"),
            ("audit_trees", "kept_trees"),
            ("audit_checkpoints", "kept_checkpoints"),
        ] {
            superuser
                .execute(format!("delete from {table}; insert into {table} select * from {kept}").as_str())
                .await
                .unwrap();
        }
        assert_eq!(log.faults(tenant).await, "", "not restored after {change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_slipped_in_is_named() {
    let database = database::create().await;
    let log = Log::of(&database);
    let tenant = wishes::tenant();
    events(&database, tenant, 20).await;
    let mut superuser = database.superuser().await;
    superuser.execute("select setval('event_position', 30)").await.unwrap();
    events(&database, tenant, 20).await;
    log.keep(None).await;
    superuser
        .execute(
            "create temp table one as select * from events where position = 20;
                  update one set position = 25, sequence = 999; insert into events select * from one",
        )
        .await
        .unwrap();
    let faults = log.faults(tenant).await;
    assert!(
        faults.lines().next().unwrap_or_default().contains("at position 25 was never recorded"),
        "{faults}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_events_and_log_alike_is_contradicted_by_the_signature() {
    let database = database::create().await;
    let log = Log::of(&database);
    let tenant = wishes::tenant();
    events(&database, tenant, 40).await;
    log.keep(None).await;
    // The forger lets the log be made anew over other events, and puts the true checkpoint back.
    let mut superuser = database.superuser().await;
    superuser.execute("create table kept as select * from audit_checkpoints; update events set payload = (payload::text || ' ')::json where position = 3; delete from audit_tiles; delete from audit_trees; delete from audit_checkpoints; update audit_progress set position = 0").await.unwrap();
    log.keep(None).await;
    superuser
        .execute("delete from audit_checkpoints; insert into audit_checkpoints select * from kept")
        .await
        .unwrap();
    let faults = log.faults(tenant).await;
    assert!(
        faults.contains("stored checkpoint of 40 events is signed, and not what the log was"),
        "{faults}"
    );
    // With another key nothing helps either.
    let other = Log::of(&database);
    assert!(other.faults(tenant).await.contains("signature"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_names_the_event_and_fails() {
    let database = database::create().await;
    let log = Log::of(&database);
    let tenant = wishes::tenant();
    events(&database, tenant, 5).await;
    log.keep(None).await;
    let verify = || {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_seiketsu"))
            .args(["audit", "verify", "--key", &log.verifier().to_string()])
            .env("SEIKETSU__DATABASE__URL", &database.url)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).unwrap(), output.status.code())
    };
    let (said, code) = verify();
    assert!(code == Some(0) && said.contains(": 5 events, 1 checkpoints"), "{said}");
    let changed =
        "update events set payload = (payload::text || ' ')::json where position = 4 returning event_id";
    let event: uuid::Uuid =
        sqlx::query_scalar(changed).fetch_one(&mut database.superuser().await).await.unwrap();
    let (said, code) = verify();
    assert!(
        code == Some(1) && said.contains(&format!("event {event} (escalation.assigned) at position 4")),
        "{said}"
    );
}
