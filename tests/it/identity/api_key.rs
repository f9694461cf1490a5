use seiketsu::identity::{NewApiKey, Role, Secret};

use super::{House, code, house};

impl House {
    fn new_key(&self) -> NewApiKey {
        NewApiKey {
            tenant: self.seeded.first.tenant,
            name: "Website form".to_owned(),
            role: Role::Agent,
            expires_at: None,
        }
    }

    async fn key(&self) -> Secret {
        self.identity.issue_api_key(&self.new_key()).await.unwrap()
    }
}

#[tokio::test]
async fn a_key_stands_for_its_organization_and_role() {
    let house = house().await;
    let key = house.key().await;
    let principal = house.identity.authenticate_api_key(key.expose()).await.unwrap();
    assert_eq!((principal.tenant, principal.role), (house.seeded.first.tenant, Role::Agent));
    assert_eq!((principal.name.as_str(), principal.email.as_ref()), ("Website form", None));
    let profile = serde_json::to_value(house.identity.me(&principal)).unwrap();
    assert!(profile.get("email").is_none(), "{profile}");
    assert!(!house.identity.user_exists(principal.tenant, principal.user).await.unwrap(), "a key is nobody");
}

#[tokio::test]
async fn half_a_key_and_halves_of_two_are_no_key() {
    let house = house().await;
    let (one, other) = (house.key().await, house.key().await);
    let (head, secret) = one.expose().rsplit_once('_').unwrap();
    let (_, other_secret) = other.expose().rsplit_once('_').unwrap();
    let nobody = "sk_00000000000000000000000000000000";
    for wrong in [
        format!("{head}_{other_secret}"),
        format!("{nobody}_{secret}"),
        format!("{head}_{}", "0".repeat(64)),
        head.to_owned(),
        secret.to_owned(),
        String::new(),
        house.agent_session().await.access_token.expose().to_owned(),
    ] {
        assert_eq!(code(house.identity.authenticate_api_key(&wrong).await), "api_key_invalid", "{wrong}");
    }
    house.identity.authenticate_api_key(one.expose()).await.unwrap();
}

#[tokio::test]
async fn a_revocation_counts_within_thirty_seconds() {
    let house = house().await;
    let key = house.key().await;
    house.identity.authenticate_api_key(key.expose()).await.unwrap();
    house.sql("update api_keys set revoked_at = now()").await;
    assert_eq!(code(house.another_process().authenticate_api_key(key.expose()).await), "api_key_invalid");
    house.clock.advance(30);
    assert_eq!(code(house.identity.authenticate_api_key(key.expose()).await), "api_key_invalid");
}

#[tokio::test]
async fn an_expiry_counts_at_once() {
    let house = house().await;
    let expires_at = Some(house.clock.now().plus_seconds(10));
    let key = house.identity.issue_api_key(&NewApiKey { expires_at, ..house.new_key() }).await.unwrap();
    house.identity.authenticate_api_key(key.expose()).await.unwrap();
    house.clock.advance(11);
    assert_eq!(code(house.identity.authenticate_api_key(key.expose()).await), "api_key_invalid");
}

#[tokio::test]
async fn only_a_hash_of_the_secret_is_kept() {
    let house = house().await;
    let key = house.key().await;
    let (_, secret) = key.expose().rsplit_once('_').unwrap();
    let row: String = sqlx::query_scalar("select to_json(k)::text from api_keys k")
        .fetch_one(&mut house.database.superuser().await)
        .await
        .unwrap();
    assert!(!row.contains(secret));
}
