use std::time::{Duration, Instant};

use seiketsu::identity::{AuthError, Credentials, Role};
use sqlx::Connection as _;
use sqlx::Executor as _;

use super::{ACCESS, PASSWORD, code, credentials, house, refusal};
use crate::support::wait;

#[tokio::test]
async fn everybody_comes_in_by_domain_email_and_password() {
    let house = house().await;
    for organization in [&house.seeded.first, &house.seeded.second] {
        for user in &organization.users {
            let session =
                house.identity.login(&credentials(organization, &user.email, PASSWORD)).await.unwrap();
            assert_eq!((session.user.id, session.user.organization_id), (user.id, organization.tenant));
            assert_eq!((session.user.role, session.user.name.as_str()), (user.role, user.name));
        }
    }
}

#[tokio::test]
async fn letter_case_and_stray_spaces_do_not_matter() {
    let house = house().await;
    let organization = format!(" {} ", house.seeded.first.domain.to_uppercase());
    let email = format!("{}\n", house.agent().email.to_uppercase());
    let typed = Credentials {
        organization: &organization,
        email: &email,
        ..credentials(&house.seeded.first, "", PASSWORD)
    };
    assert_eq!(house.identity.login(&typed).await.unwrap().user.id, house.agent().id);
}

#[tokio::test]
async fn a_session_is_answered_in_the_shape_of_the_contract_and_logged_in_none() {
    let house = house().await;
    let session = house.agent_session().await;
    let json = serde_json::to_value(&session).unwrap();
    let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["accessToken", "expiresIn", "refreshToken", "tokenType", "user"]);
    assert_eq!((&json["tokenType"], &json["expiresIn"]), (&"Bearer".into(), &ACCESS.into()));
    assert_eq!(
        (&json["user"]["role"], &json["user"]["email"]),
        (&"agent".into(), &house.agent().email.as_str().into())
    );
    assert_eq!(json["user"]["organizationName"], house.seeded.first.name);
    let debug = format!("{session:?} {:?} {:?}", house.seeded, house.identity);
    for secret in [session.access_token.expose(), session.refresh_token.expose(), PASSWORD] {
        assert!(!debug.contains(secret), "{debug}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let house = house().await;
    house.disable_agent().await;
    let manager = house.seeded.first.user(Role::Manager).unwrap().email.as_str();
    let right = credentials(&house.seeded.first, manager, PASSWORD);
    let endless = "x".repeat(1 << 20);
    let wrong = [
        Credentials { password: "not the password", ..right },
        Credentials { password: "", ..right },
        Credentials { password: "\0", ..right },
        Credentials { password: &endless, ..right },
        Credentials { email: &house.agent().email, ..right },
        Credentials { email: "nobody@harbormain.example", ..right },
        Credentials { email: "", ..right },
        Credentials { email: "manager\0@harbormain.example", ..right },
        Credentials { email: "' or 1=1 --", ..right },
        Credentials { email: &endless, ..right },
        Credentials { organization: house.seeded.second.domain, ..right },
        Credentials { organization: "nowhere.example", ..right },
        Credentials { organization: "\0", ..right },
        Credentials { organization: "%", ..right },
    ];
    for credentials in wrong {
        let expected = ("invalid_credentials", "organization, email or password is wrong".to_owned());
        assert_eq!(refusal(house.identity.login(&credentials).await), expected);
    }
    house.identity.login(&right).await.unwrap();
}

#[tokio::test]
async fn a_stranger_learns_nothing_from_the_time_it_takes() {
    let house = house().await;
    let manager = house.seeded.first.user(Role::Manager).unwrap().email.clone();
    let mut fastest = [Duration::MAX; 3];
    for _ in 0..5 {
        let attempts = [
            credentials(&house.seeded.first, &manager, "not the password"),
            credentials(&house.seeded.first, "nobody@harbormain.example", "not the password"),
            Credentials {
                organization: "nowhere.example",
                ..credentials(&house.seeded.first, &manager, PASSWORD)
            },
        ];
        for (attempt, fastest) in attempts.iter().zip(&mut fastest) {
            let started = Instant::now();
            assert_eq!(code(house.identity.login(attempt).await), "invalid_credentials");
            *fastest = started.elapsed().min(*fastest);
        }
    }
    // Without a hash to verify a refusal takes a tenth of the time.
    assert!(fastest.iter().all(|took| *took > fastest[0] / 2), "{fastest:?}");
}

#[tokio::test]
async fn ten_failures_close_an_account_for_a_quarter_of_an_hour() {
    let house = house().await;
    let email = house.agent().email.clone();
    for _ in 0..10 {
        assert_eq!(code(house.login(&email, "not the password").await), "invalid_credentials");
    }
    let Err(AuthError::TooManyAttempts { retry_after }) = house.login(&email, PASSWORD).await else {
        panic!("the right password opened a closed account")
    };
    assert!(retry_after > Duration::from_secs(14 * 60) && retry_after <= Duration::from_secs(15 * 60));
    let manager = house.seeded.first.user(Role::Manager).unwrap().email.clone();
    house.login(&manager, PASSWORD).await.unwrap();
    house.clock.advance(15 * 60);
    house.login(&email, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn ten_failures_close_an_address_whoever_it_claims_to_be() {
    let house = house().await;
    let from = |address: &str| Credentials {
        address: Some(address.parse().unwrap()),
        ..credentials(&house.seeded.first, &house.agent().email, PASSWORD)
    };
    for n in 0..10 {
        let email = format!("{n}@harbormain.example");
        let guess = Credentials { email: &email, ..from("192.0.2.7") };
        assert_eq!(code(house.identity.login(&guess).await), "invalid_credentials");
    }
    assert_eq!(code(house.identity.login(&from("192.0.2.7")).await), "too_many_attempts");
    house.identity.login(&from("192.0.2.8")).await.unwrap();
}

#[tokio::test]
async fn many_guesses_at_once_are_not_many_guesses() {
    let house = house().await;
    let email = house.agent().email.clone();
    let guesses = (0..40).map(|_| house.login(&email, "not the password"));
    let codes: Vec<_> = futures::future::join_all(guesses).await.into_iter().map(code).collect();
    let hashed = codes.iter().filter(|code| **code == "invalid_credentials").count();
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!((10..10 + cores).contains(&hashed), "{hashed} guesses were looked at");
}

#[tokio::test]
async fn hanging_up_early_leaves_no_guess_uncounted() {
    let house = house().await;
    let manager = house.seeded.first.user(Role::Manager).unwrap().email.clone();
    let from_here = |email, password| Credentials {
        address: Some([192, 0, 2, 7].into()),
        ..credentials(&house.seeded.first, email, password)
    };
    let mut seen_to_the_end = 0;
    wait::until("the address is closed", Duration::from_secs(30), async || {
        let guess = from_here(&house.agent().email, "not the password");
        let guess = tokio::time::timeout(Duration::from_millis(10), house.identity.login(&guess)).await;
        seen_to_the_end += u32::from(matches!(guess, Ok(Err(AuthError::InvalidCredentials))));
        matches!(
            house.identity.login(&from_here(&manager, PASSWORD)).await,
            Err(AuthError::TooManyAttempts { .. })
        )
    })
    .await;
    assert!(seen_to_the_end < 10, "no guess was hung up on");
}

#[tokio::test]
async fn a_password_that_changes_during_a_login_opens_nothing() {
    let house = house().await;
    let mut superuser = house.database.superuser().await;
    let mut change = superuser.begin().await.unwrap();
    change.execute("update users set password_hash = 'changed'").await.unwrap();
    let (login, ()) = tokio::join!(house.login(&house.agent().email, PASSWORD), async {
        let mut observer = house.database.superuser().await;
        wait::until("the login waits for the change", Duration::from_secs(10), async || {
            let waiting = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
            sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut observer).await.unwrap()
        })
        .await;
        change.commit().await.unwrap();
    });
    assert_eq!(code(login), "invalid_credentials");
}

#[tokio::test]
async fn without_a_database_nobody_comes_in() {
    let house = house().await;
    house.database.pools.close().await;
    assert_eq!(code(house.login(&house.agent().email, PASSWORD).await), "database_unavailable");
}
