use futures::future::join_all;
use seiketsu::identity::{AuthError, Session};
use sha2::{Digest as _, Sha256};

use super::{House, PASSWORD, REFRESH, code, house};

impl House {
    async fn refresh(&self, session: &Session) -> Result<Session, AuthError> {
        self.identity.refresh(session.refresh_token.expose()).await
    }

    async fn count(&self, query: &str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut self.database.superuser().await).await.unwrap()
    }
}

#[tokio::test]
async fn a_refresh_token_is_traded_for_a_session_of_the_same_user() {
    let house = house().await;
    let mut session = house.agent_session().await;
    for _ in 0..3 {
        let next = house.refresh(&session).await.unwrap();
        assert_ne!(next.refresh_token.expose(), session.refresh_token.expose());
        assert_ne!(next.access_token.expose(), session.access_token.expose());
        let principal = house.identity.authenticate(next.access_token.expose()).await.unwrap();
        assert_eq!((principal.tenant, principal.user), (house.seeded.first.tenant, house.agent().id));
        session = next;
    }
    assert_eq!(house.count("select count(distinct family) from refresh_tokens").await, 1);
}

#[tokio::test]
async fn who_lost_the_answer_may_ask_again_for_twenty_seconds() {
    let house = house().await;
    let first = house.agent_session().await;
    house.refresh(&first).await.unwrap();
    house.clock.advance(18);
    let again = house.refresh(&first).await.unwrap();
    house.refresh(&again).await.unwrap();
}

#[tokio::test]
async fn a_copy_used_later_ends_the_session_for_everybody() {
    let house = house().await;
    let first = house.agent_session().await;
    let second = house.refresh(&first).await.unwrap();
    house.clock.advance(21);
    assert_eq!(code(house.refresh(&first).await), "refresh_reused");
    assert_eq!(code(house.refresh(&second).await), "token_invalid");
    assert_eq!(code(house.refresh(&first).await), "token_invalid");
    house.agent_session().await;
}

#[tokio::test]
async fn a_copy_used_after_the_session_went_on_is_no_lost_answer() {
    let house = house().await;
    let first = house.agent_session().await;
    let second = house.refresh(&first).await.unwrap();
    let third = house.refresh(&second).await.unwrap();
    assert_eq!(code(house.refresh(&first).await), "refresh_reused");
    assert_eq!(code(house.refresh(&third).await), "token_invalid");
}

#[tokio::test]
async fn a_reuse_ends_one_session_and_no_other() {
    let house = house().await;
    let (stolen, other) = (house.agent_session().await, house.agent_session().await);
    house.refresh(&stolen).await.unwrap();
    house.clock.advance(21);
    assert_eq!(code(house.refresh(&stolen).await), "refresh_reused");
    house.refresh(&other).await.unwrap();
}

#[tokio::test]
async fn windows_that_refresh_at_the_same_moment_all_go_on() {
    let house = house().await;
    let first = house.agent_session().await;
    let others = house.another_process();
    let refreshes = (0..8).map(|n| {
        let identity = if n % 2 == 0 { &house.identity } else { &others };
        identity.refresh(first.refresh_token.expose())
    });
    let sessions: Vec<Session> = join_all(refreshes).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(house.count("select count(*) from refresh_tokens where used_at is null").await, 8);
    for session in &sessions {
        house.refresh(session).await.unwrap();
    }
}

#[tokio::test]
async fn no_token_survives_a_reuse_or_a_logout_that_races_with_a_refresh() {
    let house = house().await;
    let others = house.another_process();
    for round in 0..20 {
        let first = house.agent_session().await;
        let second = house.refresh(&first).await.unwrap();
        house.clock.advance(21);
        let ends = async {
            match round % 2 {
                0 => drop(others.refresh(first.refresh_token.expose()).await.unwrap_err()),
                _ => others.logout(first.refresh_token.expose()).await.unwrap(),
            }
        };
        let (refreshed, ()) = tokio::join!(house.refresh(&second), ends);
        if let Ok(third) = refreshed {
            assert_eq!(code(house.refresh(&third).await), "token_invalid");
        }
    }
    assert_eq!(house.count("select count(*) from refresh_tokens where revoked_at is null").await, 0);
}

#[tokio::test]
async fn logout_ends_the_session_however_often() {
    let house = house().await;
    let first = house.agent_session().await;
    let second = house.refresh(&first).await.unwrap();
    for token in [&first, &first, &second] {
        house.identity.logout(token.refresh_token.expose()).await.unwrap();
    }
    assert_eq!(code(house.refresh(&second).await), "token_invalid");
    assert_eq!(code(house.refresh(&first).await), "token_invalid");
    house.identity.logout("never was one").await.unwrap();
}

#[tokio::test]
async fn a_session_ends_at_its_time_however_often_it_is_refreshed() {
    let house = house().await;
    let mut session = house.agent_session().await;
    for _ in 0..3 {
        house.clock.advance(REFRESH / 4);
        session = house.refresh(&session).await.unwrap();
    }
    house.clock.advance(REFRESH / 4);
    assert_eq!(code(house.refresh(&session).await), "token_expired");
    house.agent_session().await;
    assert_eq!(
        house.count("select count(*) from refresh_tokens").await,
        1,
        "expired tokens are swept at login"
    );
}

#[tokio::test]
async fn a_disabled_user_refreshes_nothing() {
    let house = house().await;
    let session = house.agent_session().await;
    house.disable_agent().await;
    assert_eq!(code(house.refresh(&session).await), "token_invalid");
}

#[tokio::test]
async fn another_password_ends_every_session() {
    let house = house().await;
    let sessions = [house.agent_session().await, house.agent_session().await];
    house
        .sql(&format!(
            "select change_password('{}', '{}', 'another', now())",
            house.seeded.first.tenant,
            house.agent().id
        ))
        .await;
    for session in &sessions {
        assert_eq!(code(house.refresh(session).await), "token_invalid");
        assert_eq!(code(house.identity.authenticate(session.access_token.expose()).await), "token_invalid");
    }
    assert_eq!(code(house.login(&house.agent().email, PASSWORD).await), "invalid_credentials");
}

#[tokio::test]
async fn only_a_hash_of_the_token_is_kept() {
    let house = house().await;
    let session = house.agent_session().await;
    let token = session.refresh_token.expose();
    assert!(token.len() >= 64);
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from refresh_tokens")
        .fetch_one(&mut house.database.superuser().await)
        .await
        .unwrap();
    assert_eq!(stored, Sha256::digest(token).to_vec());
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let house = house().await;
    let session = house.agent_session().await;
    let (access, endless) = (session.access_token.expose(), "x".repeat(1 << 20));
    for garbage in ["", "\0", "rt_", "' or 1=1 --", access, endless.as_str()] {
        assert_eq!(code(house.identity.refresh(garbage).await), "token_invalid");
    }
    house.refresh(&session).await.unwrap();
}
