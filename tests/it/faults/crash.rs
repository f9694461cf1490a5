use std::os::unix::process::ExitStatusExt as _;

use seiketsu_trial::fault::process::Signal;
use seiketsu_trial::run::{Role, Trial};

use super::{SIGABRT, Stage};
use crate::support::database;

/// F-01: the server ends before an append is sent, after it is sent, and after it is committed and before anybody is
/// told; while a read model is written, before its commit and after; and wherever it is.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(feature = "trial"), ignore = "crash points need --features seiketsu/trial")]
async fn a_server_that_dies_in_the_middle_of_an_append_loses_and_repeats_nothing() {
    let points =
        ["append.connected", "append.sent", "append.committed", "projection.applied", "projection.committed"];
    let database = database::create().await;
    let stage = Stage::on(&database.url, &database.url, &[]);
    let mut server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-01", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(300).await.unwrap();
        server.signal(Signal::Kill).unwrap();
        server.end().await.unwrap();
        struck += 1;
        for (number, point) in points.into_iter().enumerate() {
            let passage = format!("{point}:{}", 5 + (number as u32 * 7 + trial.round() * 11) % 60);
            stage.installation.start_again(&mut server, &[("SEIKETSU_CRASH_POINT", &passage)]).await.unwrap();
            assert_eq!(server.end().await.unwrap().signal(), Some(SIGABRT), "{passage} was to be reached");
            struck += 1;
        }
        stage.installation.start_again(&mut server, &[]).await.unwrap();
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// F-05: the relay ends when some events of a batch are acknowledged, and when all are and its checkpoint is
/// not moved.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(feature = "trial"), ignore = "crash points need --features seiketsu/trial")]
async fn a_relay_that_dies_before_its_checkpoint_repeats_and_leaves_no_gap() {
    let database = database::create().await;
    let stage = Stage::with_kafka(&database.url, &super::shared_kafka(), &[super::FROM_KAFKA]);
    let mut server = stage.start(Role::Everything).await;
    let mut trial = Trial::start("F-05", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(300).await.unwrap();
        server.signal(Signal::Kill).unwrap();
        server.end().await.unwrap();
        for point in ["relay.acknowledged", "relay.produced"] {
            let passage = format!("{point}:{}", 1 + trial.round() * 7 % 30);
            stage.installation.start_again(&mut server, &[("SEIKETSU_CRASH_POINT", &passage)]).await.unwrap();
            assert_eq!(server.end().await.unwrap().signal(), Some(SIGABRT), "{passage} was to be reached");
            struck += 1;
        }
        stage.installation.start_again(&mut server, &[]).await.unwrap();
    }
    trial.end(struck).await.unwrap().must_be_sound();
}
