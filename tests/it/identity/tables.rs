use seiketsu_domain::ids::UserId;
use sqlx::Executor as _;
use uuid::Uuid;

use super::{House, house};

impl House {
    /// The SQLSTATE with which a request of the first organization is refused a statement.
    async fn refused_to_app(&self, statement: &str) -> Option<String> {
        let mut write = self.database.pools.write_as(self.seeded.first.tenant).await.unwrap();
        let error = write.execute(statement).await.err()?;
        error.as_database_error()?.code().map(Into::into)
    }
}

#[tokio::test]
async fn a_request_sees_its_own_organization_and_colleagues_only() {
    let house = house().await;
    let mut read = house.database.pools.read_as(house.seeded.first.tenant).await.unwrap();
    let domains: Vec<String> =
        sqlx::query_scalar("select domain from organizations").fetch_all(&mut *read).await.unwrap();
    assert_eq!(domains, [house.seeded.first.domain]);
    let mut emails: Vec<String> =
        sqlx::query_scalar("select email from users").fetch_all(&mut *read).await.unwrap();
    emails.sort_unstable();
    let mut expected: Vec<_> = house.seeded.first.users.iter().map(|user| user.email.clone()).collect();
    expected.sort_unstable();
    assert_eq!(emails, expected);
}

#[tokio::test]
async fn a_request_reads_no_credential_and_changes_nobody() {
    let house = house().await;
    for statement in [
        "select password_hash from users",
        "select * from users",
        "select token_epoch from users",
        "select from refresh_tokens",
        "select from api_keys",
        "update users set role = 'super_admin'",
        "insert into users (tenant_id, id, email) values (current_tenant(), gen_random_uuid(), 'x@example.com')",
        "delete from users",
        "update organizations set name = 'x'",
        "select revoke_refresh_family('\\x00', now())",
        "select change_password(current_tenant(), gen_random_uuid(), 'x', now())",
        "select rotate_refresh_token('\\x00', gen_random_uuid(), '\\x01', now(), '1 day')",
    ] {
        assert_eq!(house.refused_to_app(statement).await.as_deref(), Some("42501"), "{statement}");
    }
}

#[tokio::test]
async fn work_is_given_to_colleagues_who_are_there() {
    let house = house().await;
    let (first, second) = (&house.seeded.first, &house.seeded.second);
    let exists = async |tenant, user| house.identity.user_exists(tenant, user).await.unwrap();
    assert!(exists(first.tenant, house.agent().id).await);
    assert!(!exists(second.tenant, house.agent().id).await);
    assert!(!exists(first.tenant, second.users[0].id).await);
    assert!(!exists(first.tenant, UserId(Uuid::nil())).await);
    house.disable_agent().await;
    assert!(!exists(first.tenant, house.agent().id).await);
}

#[tokio::test]
async fn a_mailbox_is_one_user_per_organization_however_it_is_typed() {
    let house = house().await;
    let insert = async |tenant: Uuid, email: &str| {
        sqlx::query(
            "insert into users (tenant_id, id, email, name, role, password_hash, created_at)
             values ($1, gen_random_uuid(), $2, 'Somebody', 'viewer', '', now())",
        )
        .bind(tenant)
        .bind(email)
        .execute(house.database.pools.system())
        .await
        .err()
        .and_then(|error| error.as_database_error().and_then(|error| error.code().map(String::from)))
    };
    let (first, second) = (house.seeded.first.tenant.0, house.seeded.second.tenant.0);
    let email = house.agent().email.as_str();
    assert_eq!(insert(first, email).await.as_deref(), Some("23505"), "unique");
    assert_eq!(insert(first, &email.to_uppercase()).await.as_deref(), Some("23514"), "not in lower case");
    assert_eq!(insert(second, email).await, None, "another organization");
}
