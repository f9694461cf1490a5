use std::time::Duration;

use seiketsu_trial::check::Check;
use seiketsu_trial::load::Load;

use super::{Outcome, Trial};

/// With less to do than this the trial says little.
const OPERATIONS: u64 = 5_000;

async fn keeps_its_promises(trial: &Trial, seed: u64, operations: u64) {
    let load = Load::start(trial.config(seed)).await.unwrap();
    load.until(operations).await;
    let Outcome { report, settled } = trial.judge(load).await;
    println!("seed {seed}\n{}\n{report}", settled.counts);
    assert!(report.is_clean(), "seed {seed}\n{report}\n{}", trial.server.log());
    assert_eq!(settled.counts.missing(), [""; 0], "the load lacks something");
    let idle: Vec<Check> =
        report.idle().into_iter().filter(|check| *check != Check::UnknownsSettle).collect();
    assert_eq!(idle, [], "a check had nothing to look at");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_sound_server_keeps_every_promise_with_kafka_beside_it() {
    let trial = Trial::relaying(&[]).await;
    keeps_its_promises(&trial, 1, OPERATIONS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_sound_server_keeps_every_promise_with_its_read_models_behind_kafka() {
    let trial = Trial::relaying(&[("SEIKETSU__PROJECTIONS__SOURCE", "kafka")]).await;
    keeps_its_promises(&trial, 2, OPERATIONS / 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twice_under_load_it_has_kept_every_promise() {
    let mut trial = Trial::relaying(&[]).await;
    let load = Load::start(trial.config(3)).await.unwrap();
    for operations in [800, 1_600] {
        load.until(operations).await;
        trial.server.kill();
        tokio::time::sleep(Duration::from_millis(200)).await;
        trial.server.launch().await;
    }
    load.until(3_000).await;
    let Outcome { report, settled } = trial.judge(load).await;
    println!("{}\n{report}", settled.counts);
    assert!(report.is_clean(), "{report}");
    assert_eq!(settled.unsettled, 0);
    let unknown: u64 = settled.counts.kinds.values().map(|ended| ended.info).sum();
    assert!(unknown > 0, "the kill cut nobody off");
}
