//! Nobody sees or touches what is another organization's, or what their role does not allow.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::server::{Server, answer};

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_resources_are_not_there() {
    let server = Server::start().await;
    let (mine, theirs) = (server.log_in().await, server.log_in_elsewhere().await);
    let created = mine.post("/leads", json!({ "phone": "+14155552671", "source": "website" })).await;
    let lead = created.text("id");
    let call = mine.connected_call("+14155552671").await;
    mine.get_after(&created, &format!("/leads/{lead}")).await;
    for path in [
        format!("/leads/{lead}"),
        format!("/leads/{lead}/timeline"),
        format!("/calls/{call}"),
        format!("/calls/{call}/transcript"),
    ] {
        let read = theirs.get(&path).await;
        assert_eq!(read.status, StatusCode::NOT_FOUND, "GET {path}");
    }
    for (method, path, body) in [
        (Method::PUT, format!("/leads/{lead}"), json!({ "firstName": "Mine" })),
        (Method::DELETE, format!("/leads/{lead}"), json!({})),
        (Method::POST, format!("/leads/{lead}/notes"), json!({ "text": "x" })),
        (Method::POST, format!("/calls/{call}/end"), json!({ "outcome": "completed" })),
        (
            Method::POST,
            "/escalations".to_owned(),
            json!({ "callId": call, "trigger": "override", "reason": "x" }),
        ),
    ] {
        let written = answer(theirs.request(method.clone(), &path).json(&body)).await;
        assert_eq!(written.status, StatusCode::NOT_FOUND, "{method} {path}: {}", written.body);
    }
    let linked = theirs
        .post("/calls", json!({ "phoneNumber": "+14155552671", "direction": "inbound", "leadId": lead }))
        .await;
    assert_eq!(
        (linked.status, &linked.body["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/leadId"))
    );
    assert_eq!(theirs.get("/leads").await.body["data"], json!([]));
    let events = theirs.get("/events").await.body;
    let own = json!(theirs.organization);
    assert!(events.as_array().unwrap().iter().all(|event| event["tenantid"] == own), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_nothing_is_told() {
    let server = Server::start().await;
    let caller = server.log_in().await;
    let http = reqwest::Client::new();
    for path in ["/leads", "/calls", "/escalations", "/events", "/analytics/dashboard", "/auth/me"] {
        let url = format!("{}/api/v1{path}", server.url);
        for request in [
            http.get(&url),
            http.get(&url).bearer_auth("nonsense"),
            http.get(&url).header("authorization", "Basic abc"),
            http.get(&url).header("x-api-key", "sk_x_y"),
            http.get(&url).bearer_auth(&caller.token).header("x-api-key", "sk_x_y"),
        ] {
            let refused = answer(request).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}: {}", refused.body);
            assert_eq!(refused.header("content-type"), "application/problem+json");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_for_a_new_session_and_logout_ends_it() {
    let server = Server::start().await;
    let http = reqwest::Client::new();
    let login = json!({
        "organization": server.credential("SEIKETSU_ORGANIZATION"),
        "email": server.credential("SEIKETSU_EMAIL"),
        "password": server.credential("SEIKETSU_PASSWORD"),
    });
    let session = answer(http.post(format!("{}/api/v1/auth/login", server.url)).json(&login)).await;
    let refresh = async |token: &str| {
        answer(
            http.post(format!("{}/api/v1/auth/refresh", server.url)).json(&json!({ "refreshToken": token })),
        )
        .await
    };
    let second = refresh(&session.text("refreshToken")).await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.body);
    let token = second.text("refreshToken");
    let out = answer(
        http.post(format!("{}/api/v1/auth/logout", server.url)).json(&json!({ "refreshToken": token })),
    )
    .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(refresh(&token).await.status, StatusCode::UNAUTHORIZED);
    let mut wrong = login.clone();
    wrong["password"] = json!("not the password");
    let refused = answer(http.post(format!("{}/api/v1/auth/login", server.url)).json(&wrong)).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_credentials"))
    );
}

/// What is refused before its body is read is still answered: the rest of the body is taken and thrown away.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_a_large_body_in_vain_is_told_why() {
    let server = Server::start().await;
    let http = reqwest::Client::new();
    for attempt in 0..50 {
        let request = http.post(format!("{}/api/v1/leads", server.url)).body(vec![b'x'; 2 << 20]);
        assert_eq!(answer(request).await.status, StatusCode::UNAUTHORIZED, "attempt {attempt}");
    }
}
