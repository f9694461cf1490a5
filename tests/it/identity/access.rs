use seiketsu::identity::{Role, SigningKey};

use super::{ACCESS, code, door, house};

/// Each of these takes the ground from under the agent's tokens.
const ENDINGS: [&str; 4] = [
    "update users set disabled_at = now()",
    "update users set role = 'viewer'",
    "update users set token_epoch = token_epoch + 1",
    "select change_password(tenant_id, id, 'another', now()) from users",
];

#[tokio::test]
async fn a_token_stands_for_its_user() {
    let house = house().await;
    let session = house.agent_session().await;
    let principal = house.identity.authenticate(session.access_token.expose()).await.unwrap();
    assert_eq!((principal.tenant, principal.user), (house.seeded.first.tenant, house.agent().id));
    assert_eq!((principal.role, principal.email.as_ref()), (Role::Agent, Some(&house.agent().email)));
    assert_eq!(
        (principal.name.as_str(), principal.organization.as_str()),
        (house.agent().name, house.seeded.first.name)
    );
    let profile = house.identity.me(&principal);
    assert_eq!(serde_json::to_value(profile).unwrap(), serde_json::to_value(session.user).unwrap());
}

#[tokio::test]
async fn every_process_with_the_key_accepts_the_token_and_no_other() {
    let house = house().await;
    let session = house.agent_session().await;
    house.another_process().authenticate(session.access_token.expose()).await.unwrap();
    let elsewhere = door(house.database.more_pools(), &SigningKey::generate(), &house.clock);
    assert_eq!(code(elsewhere.authenticate(session.access_token.expose()).await), "token_invalid");
}

#[tokio::test]
async fn a_token_seen_lately_asks_nobody() {
    let house = house().await;
    let session = house.agent_session().await;
    house.identity.authenticate(session.access_token.expose()).await.unwrap();
    house.database.pools.close().await;
    for _ in 0..2 {
        house.identity.authenticate(session.access_token.expose()).await.unwrap();
        house.clock.advance(14);
    }
    house.identity.authenticate(session.access_token.expose()).await.unwrap();
    house.clock.advance(2);
    assert_eq!(
        code(house.identity.authenticate(session.access_token.expose()).await),
        "database_unavailable"
    );
}

#[tokio::test]
async fn what_ends_a_token_counts_within_thirty_seconds_and_at_once_where_it_is_new() {
    for ending in ENDINGS {
        let house = house().await;
        let session = house.agent_session().await;
        house.identity.authenticate(session.access_token.expose()).await.unwrap();
        house.sql(ending).await;
        assert_eq!(
            code(house.another_process().authenticate(session.access_token.expose()).await),
            "token_invalid"
        );
        house.clock.advance(30);
        assert_eq!(
            code(house.identity.authenticate(session.access_token.expose()).await),
            "token_invalid",
            "{ending}"
        );
    }
}

#[tokio::test]
async fn an_expiry_counts_at_once() {
    let house = house().await;
    let session = house.agent_session().await;
    for _ in 0..ACCESS / 10 {
        house.identity.authenticate(session.access_token.expose()).await.unwrap();
        house.clock.advance(10);
    }
    house.clock.advance(10);
    assert_eq!(code(house.identity.authenticate(session.access_token.expose()).await), "token_expired");
}

#[tokio::test]
async fn what_is_no_token_is_refused_and_not_remembered() {
    let house = house().await;
    let session = house.agent_session().await;
    let endless = "x".repeat(10 * 1024);
    for garbage in ["", "\0", "Bearer", session.refresh_token.expose(), endless.as_str()] {
        for _ in 0..2 {
            assert_eq!(code(house.identity.authenticate(garbage).await), "token_invalid");
        }
    }
}
