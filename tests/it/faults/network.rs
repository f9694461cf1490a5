use std::time::Duration;

use seiketsu_trial::fault::proxy::{Mode, Way};
use seiketsu_trial::load::Shares;
use seiketsu_trial::run::{Role, Scene, Trial};

use super::{PATIENCE, Stage, WITHOUT_DATABASE, behind_a_proxy};
use crate::support::wait;

/// F-02: the connection is cut when the commit is under way, so that its answer is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_told_by_the_retry() {
    let (database, proxy, through) = behind_a_proxy().await;
    let stage = Stage::on(&through, &database.url, &[]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-02", stage.scene(&[&server], WITHOUT_DATABASE)).await.unwrap();
    let mut unanswered = 0;
    while trial.goes_on() {
        for bytes in [0, 40, 200, 1500] {
            trial.more(100).await.unwrap();
            let before = proxy.struck().cut;
            // What the server asks arrives whole; the answer breaks off.
            proxy.set(Way::ToClient, Mode::CutAfter(bytes));
            wait::until("answers are cut off", PATIENCE, async || proxy.struck().cut >= before + 3).await;
            proxy.heal();
        }
        unanswered = trial.load.counts().kinds.values().map(|ended| ended.info).sum();
    }
    assert!(unanswered > 0, "no client was left without an answer");
    trial.end(proxy.struck().cut).await.unwrap().must_be_sound();
}

/// F-03: clients go away, and requests run out of time, while connections of a small pool begin, insert and commit.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_does_not_leave_a_transaction_open() {
    let (database, proxy, through) = behind_a_proxy().await;
    let tight = [
        ("SEIKETSU__DATABASE__TENANT_CONNECTIONS", "2"),
        ("SEIKETSU__DATABASE__SYSTEM_CONNECTIONS", "2"),
        ("SEIKETSU__HTTP__REQUEST_TIMEOUT_SECONDS", "1"),
    ];
    let stage = Stage::on(&through, &database.url, &tight);
    let server = stage.start(Role::Everything).await;
    let scene = stage.scene(&[&server], WITHOUT_DATABASE);
    let shares = Shares { disconnect: 300, ..Shares::default() };
    let mut trial = Trial::start("F-03", Scene { shares, ..scene }).await.unwrap();
    while trial.goes_on() {
        trial.more(200).await.unwrap();
        for delay in [500, 50] {
            proxy.set(Way::ToServer, Mode::Delay(Duration::from_millis(delay)));
            trial.more(60).await.unwrap();
        }
        proxy.heal();
    }
    let verdict = trial.end(proxy.struck().delayed).await.unwrap();
    let mut superuser = database.superuser().await;
    wait::until("no transaction is left open", PATIENCE, async || {
        sqlx::query_scalar(
            "select not exists (select from pg_stat_activity where datname = current_database()
                and application_name = 'seiketsu' and state like 'idle in transaction%')",
        )
        .fetch_one(&mut superuser)
        .await
        .unwrap()
    })
    .await;
    verdict.must_be_sound();
}

/// F-19: the other end of every connection is gone without a word.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_answer_nothing_are_given_up_in_time() {
    let (database, proxy, through) = behind_a_proxy().await;
    let stage = Stage::on(&through, &database.url, &[("SEIKETSU__HTTP__REQUEST_TIMEOUT_SECONDS", "3")]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-19", stage.scene(&[&server], WITHOUT_DATABASE)).await.unwrap();
    while trial.goes_on() {
        trial.more(200).await.unwrap();
        let before = proxy.struck().swallowed;
        proxy.set(Way::ToServer, Mode::BlackHole);
        proxy.set(Way::ToClient, Mode::BlackHole);
        wait::until("connections are dead", PATIENCE, async || proxy.struck().swallowed >= before + 4).await;
        // Nobody waits for longer than a request may take, while all of them are.
        trial.more(40).await.unwrap();
        proxy.heal();
    }
    trial.end(proxy.struck().swallowed).await.unwrap().must_be_sound();
}

/// F-02, F-19: connections are reset, refused, and slow byte by byte.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; run by make chaos"]
async fn resets_refusals_and_a_trickle_are_survived() {
    let (database, proxy, through) = behind_a_proxy().await;
    let stage = Stage::on(&through, &database.url, &[]);
    let server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-19 resets", stage.scene(&[&server], WITHOUT_DATABASE)).await.unwrap();
    while trial.goes_on() {
        trial.more(100).await.unwrap();
        let before = proxy.struck();
        proxy.set(Way::ToServer, Mode::Reset);
        wait::until("connections are reset", PATIENCE, async || proxy.struck().reset > before.reset + 2)
            .await;
        proxy.refuse(true);
        proxy.sever();
        wait::until("connections are refused", PATIENCE, async || {
            proxy.struck().refused > before.refused + 2
        })
        .await;
        proxy.heal();
        trial.more(100).await.unwrap();
        proxy.set(Way::ToClient, Mode::Trickle { bytes: 400, pause: Duration::from_millis(1) });
        trial.more(100).await.unwrap();
        proxy.heal();
    }
    let struck = proxy.struck();
    assert!(struck.severed > 0 && struck.trickled > 0, "{struck:?}");
    trial.end(struck.total()).await.unwrap().must_be_sound();
}
