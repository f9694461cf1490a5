//! Do-not-call lists over HTTP: what comes in counts when it is answered, and what is wrong is told with its place.

use reqwest::{Method, StatusCode};
use seiketsu::clock;
use seiketsu::lists::{self, Answers};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::permission::facts::{LineKind, Reassigned};
use serde_json::json;

use crate::lists::days_ago;
use crate::support::server::{Answer, Caller, Server, answer};

async fn upload(caller: &Caller, path: &str, text: impl Into<reqwest::Body>) -> Answer {
    answer(caller.request(Method::POST, path).header("content-type", "text/csv").body(text)).await
}

async fn look_up(server: &Server, caller: &Caller, phone: &str) -> Answers {
    let tenant = TenantId(caller.organization.parse().unwrap());
    let mut read = server.database.pools.read_as(tenant).await.unwrap();
    lists::look_up(&mut read, tenant, &phone.parse().unwrap(), clock::now()).await.unwrap()
}

async fn record_access(caller: &Caller) -> Answer {
    let body = json!({ "san": "1-2", "areaCodes": [415], "validUntil": days_ago(-300) });
    caller.put("/lists/registry-access", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extract_counts_when_its_import_is_answered() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let recorded = record_access(&caller).await;
    assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.body);
    let path = format!("/lists/us-national/extracts?asOf={}&san=1-2&areaCodes=415", days_ago(1));
    let imported = upload(&caller, &path, "415,5552671\n4155552672\n").await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.body);
    assert_eq!((&imported.body["count"], &imported.body["already"]), (&json!(2), &json!(false)));
    let answers = look_up(&server, &caller, "+14155552671").await;
    assert!(answers.national.unwrap().listed);
    assert_eq!(answers.registry.unwrap().area_codes, [415]);
    assert_eq!(upload(&caller, &path, "4155552672\n4155552671\n").await.body["already"], true);

    let held = caller.get("/lists").await;
    assert_eq!(held.body["registryAccess"]["san"], "1-2", "{}", held.body);
    assert_eq!(held.body["maxAgeDays"], 31);
    let import = &held.body["imports"][0];
    assert_eq!(
        (&import["list"], &import["count"], &import["stale"]),
        (&json!("us-national"), &json!(2), &json!(false))
    );
    assert_eq!(import["importedBy"], json!(caller.user));
    let elsewhere = server.log_in_elsewhere().await;
    assert_eq!(elsewhere.get("/lists").await.body["imports"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_lines_are_about_single_numbers() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let answers =
        "phone,date,answer\n4155552671,2026-01-02,no\n+14155552672,2026-01-02,Yes\n12,2026-01-02,no\n";
    let path = |as_of| format!("/lists/reassigned?asOf={as_of}");
    let imported = upload(&caller, &path(days_ago(2)), answers).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.body);
    assert_eq!((&imported.body["count"], &imported.body["refusedCount"]), (&json!(2), &json!(1)));
    assert_eq!(imported.body["refused"][0]["pointer"], "/lines/4");
    let later = "phone,date,answer\n4155552671,2026-01-02,no data\n";
    upload(&caller, &path(days_ago(1)), later).await;
    let first = look_up(&server, &caller, "+14155552671").await.reassigned.unwrap();
    assert_eq!((first.answer, first.asked_at), (Reassigned::NoData, first.asked_at), "asked later");
    let second = look_up(&server, &caller, "+14155552672").await.reassigned.unwrap();
    assert_eq!((second.answer, second.about.to_string()), (Reassigned::Yes, "2026-01-02".to_owned()));

    let lines = "phone,kind,prohibited\n4155552671,wireless,no\n+442079460958,,yes\n";
    let imported = upload(&caller, &format!("/lists/lines?asOf={}", days_ago(1)), lines).await;
    assert_eq!(imported.body["count"], 2, "{}", imported.body);
    let line = look_up(&server, &caller, "+14155552671").await.line.unwrap();
    assert_eq!((line.kind, line.prohibited), (Some(LineKind::Wireless), Some(false)));
    let abroad = look_up(&server, &caller, "+442079460958").await.line.unwrap();
    assert_eq!((abroad.kind, abroad.prohibited), (None, Some(true)));
    let elsewhere = server.log_in_elsewhere().await;
    assert_eq!(look_up(&server, &elsewhere, "+14155552671").await, Answers::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_import_is_told_with_its_place() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let (yesterday, tomorrow, long_ago) = (days_ago(1), days_ago(-1), days_ago(32));
    let cases: Vec<(String, &[u8], u16, &str)> = vec![
        (format!("us-xx/extracts?asOf={yesterday}"), b"4155552671", 422, ":list"),
        ("us-tx/extracts".into(), b"4155552671", 400, "?asOf"),
        ("us-tx/extracts?asOf=yesterday".into(), b"4155552671", 422, "?asOf"),
        (format!("us-tx/extracts?asOf={tomorrow}"), b"4155552671", 422, "?asOf"),
        (format!("us-tx/extracts?asOf={long_ago}"), b"4155552671", 422, "?asOf"),
        (format!("us-tx/extracts?asOf={yesterday}&areaCodes=415,x"), b"4155552671", 422, "?areaCodes"),
        (format!("us-tx/extracts?asOf={yesterday}&areaCodes="), b"4155552671", 422, "?areaCodes"),
        (format!("us-tx/extracts?asOf={yesterday}&san=%20"), b"4155552671", 422, "?san"),
        (format!("us-tx/extracts?asOf={yesterday}&surprise=1"), b"4155552671", 400, "?surprise"),
        (format!("us-tx/extracts?asOf={yesterday}&after_position=1"), b"4155552671", 400, "?after_position"),
        (format!("us-tx/extracts?asOf={yesterday}"), b"4155552671\n\xff\0\n", 422, "/lines/2"),
        (format!("us-national/extracts?asOf={yesterday}&san=9-9"), b"4155552671", 409, "?san"),
        (format!("reassigned?asOf={yesterday}"), b"phone,answer\n", 400, "/lines/1"),
        (
            format!("reassigned?asOf={tomorrow}"),
            b"phone,date,answer\n4155552671,2026-01-01,no\n",
            422,
            "?asOf",
        ),
        (format!("lines?asOf={yesterday}"), b"\xff\xfe", 400, "/lines/1"),
    ];
    for (path, body, status, pointer) in cases {
        let refused = upload(&caller, &format!("/lists/{path}"), body).await;
        let first = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status.as_u16(), first), (status, &json!(pointer)), "{path}: {}", refused.body);
    }
    for (path, body) in [
        (format!("us-tx/extracts?asOf={yesterday}"), ""),
        (format!("lines?asOf={yesterday}"), "phone,kind,prohibited\n"),
        (format!("lines/extracts?asOf={yesterday}"), "4155552671"),
    ] {
        let refused = upload(&caller, &format!("/lists/{path}"), body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", refused.body);
    }
    let untyped = caller.request(Method::POST, &format!("/lists/us-tx/extracts?asOf={yesterday}"));
    assert_eq!(answer(untyped.body("4155552671")).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(caller.get("/lists").await.body["imports"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_write_lists_and_auditors_read_them() {
    let server = Server::start().await;
    let path = format!("/lists/us-tx/extracts?asOf={}", days_ago(1));
    for (mailbox, may_write) in [("owner", true), ("manager", true), ("agent", false), ("auditor", false)] {
        let caller = server.log_in_by(mailbox).await;
        let wrote = upload(&caller, &path, "4155552671\n").await;
        let expected = if may_write { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(wrote.status, expected, "{mailbox}: {}", wrote.body);
        let recorded = record_access(&caller).await;
        assert_eq!(recorded.status, expected, "{mailbox}: {}", recorded.body);
        assert_eq!(caller.get("/lists").await.status, StatusCode::OK, "{mailbox}");
    }
}
