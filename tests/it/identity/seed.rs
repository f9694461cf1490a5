use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use seiketsu::clock;
use seiketsu::identity::Role;
use seiketsu::ids;
use seiketsu::seed::{SeedError, SeedPasswords, Seeded, seed, write_dev_env};
use uuid::Uuid;

use super::{House, PASSWORD, code, credentials, house};

impl House {
    async fn seed(&self, passwords: SeedPasswords) -> Result<Seeded, SeedError> {
        seed(&self.database.pools, passwords, clock::now()).await
    }
}

fn ids_of(seeded: &Seeded) -> Vec<Uuid> {
    let organizations = [&seeded.first, &seeded.second];
    let users = organizations.iter().flat_map(|organization| &organization.users).map(|user| user.id.0);
    organizations.iter().map(|organization| organization.tenant.0).chain(users).collect()
}

/// A file in a folder that does not exist yet.
fn dev_env() -> PathBuf {
    std::env::temp_dir().join(format!("seiketsu-seed-{}", ids::new::<Uuid>())).join(".data").join("dev.env")
}

#[tokio::test]
async fn there_is_a_brokerage_and_a_medical_office_with_somebody_in_every_role() {
    let house = house().await;
    for organization in [&house.seeded.first, &house.seeded.second] {
        assert!(Role::ALL.iter().all(|role| organization.user(*role).is_some()));
        assert!(organization.users.iter().all(|user| user.email.ends_with(organization.domain)));
    }
}

#[tokio::test]
async fn a_second_run_finds_the_first_and_ends_no_session() {
    let house = house().await;
    let session = house.agent_session().await;
    let again = house.seed(SeedPasswords::given(PASSWORD)).await.unwrap();
    assert_eq!(ids_of(&again), ids_of(&house.seeded));
    house.identity.refresh(session.refresh_token.expose()).await.unwrap();
    house.another_process().authenticate(session.access_token.expose()).await.unwrap();
}

#[tokio::test]
async fn another_password_replaces_the_first_and_ends_the_sessions() {
    let house = house().await;
    let session = house.agent_session().await;
    let again = house.seed(SeedPasswords::generate()).await.unwrap();
    assert_eq!(ids_of(&again), ids_of(&house.seeded));
    assert_eq!(code(house.identity.refresh(session.refresh_token.expose()).await), "token_invalid");
    assert_eq!(code(house.login(&house.agent().email, PASSWORD).await), "invalid_credentials");
    for organization in [&again.first, &again.second] {
        assert!(organization.password.expose().len() >= 20);
        for user in &organization.users {
            let password = organization.password.expose();
            house.identity.login(&credentials(organization, &user.email, password)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn processes_that_seed_at_once_agree() {
    let database = crate::support::database::create().await;
    let pools = [database.more_pools(), database.more_pools(), database.more_pools()];
    let runs = pools.iter().map(|pools| seed(pools, SeedPasswords::given(PASSWORD), clock::now()));
    let seeded: Vec<_> =
        futures::future::join_all(runs).await.into_iter().map(|run| ids_of(&run.unwrap())).collect();
    assert!(seeded.iter().all(|ids| *ids == seeded[0]));
}

#[tokio::test]
async fn a_weak_password_is_refused() {
    let house = house().await;
    assert!(matches!(house.seed(SeedPasswords::given("demo")).await, Err(SeedError::Password(_))));
    house.agent_session().await;
}

#[tokio::test]
async fn the_file_remembers_the_passwords_and_is_its_owners_alone() {
    let house = house().await;
    let path = dev_env();
    assert!(SeedPasswords::remembered(&path).is_none());
    for passwords in [SeedPasswords::given("it's $HOME \"in\" `quotes` & more \\"), SeedPasswords::generate()]
    {
        let seeded = house.seed(passwords).await.unwrap();
        write_dev_env(&path, "http://127.0.0.1:8080", "postgres://u:p@h/db?a=b&c=d", &seeded).unwrap();
        let remembered = SeedPasswords::remembered(&path).unwrap();
        assert_eq!(remembered.first.expose(), seeded.first.password.expose());
        assert_eq!(remembered.second.expose(), seeded.second.password.expose());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left over");
    }
    std::fs::remove_dir_all(path.ancestors().nth(2).unwrap()).unwrap();
}

#[tokio::test]
async fn a_shell_reads_the_file() {
    let house = house().await;
    let path = dev_env();
    let seeded = house.seed(SeedPasswords::given("it's $HOME \"in\" `quotes` & more \\")).await.unwrap();
    write_dev_env(&path, "http://127.0.0.1:8080", "postgres://u:p@h/db?a=b&c=d", &seeded).unwrap();
    let script = r#". "$0"; printf '%s\n' "$SEIKETSU_URL" "$SEIKETSU_ORGANIZATION" "$SEIKETSU_EMAIL" "$SEIKETSU_PASSWORD" "$SEIKETSU_DATABASE_URL" "$SEIKETSU_SECOND_ORGANIZATION" "$SEIKETSU_SECOND_EMAIL" "$SEIKETSU_SECOND_PASSWORD""#;
    let output = Command::new("sh").arg("-c").arg(script).arg(&path).output().unwrap();
    let password = seeded.first.password.expose();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().lines().collect::<Vec<_>>(),
        [
            "http://127.0.0.1:8080",
            "harbormain.example",
            "owner@harbormain.example",
            password,
            "postgres://u:p@h/db?a=b&c=d",
            "cedarstreet.example",
            "owner@cedarstreet.example",
            password,
        ]
    );
    std::fs::remove_dir_all(path.ancestors().nth(2).unwrap()).unwrap();
}
