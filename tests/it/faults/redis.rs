use std::time::{Duration, Instant};

use seiketsu_trial::fault::process::Signal;
use seiketsu_trial::run::{Role, Trial};

use super::{Stage, private};
use crate::support::database;

/// F-21: Redis is gone, stands still, and forgets everything.
#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nobody_waits_and_nothing_is_missed() {
    let mut redis = private("redis").await;
    let (database, url) = (database::create().await, redis.variable("SEIKETSU_TEST_REDIS_URL").to_owned());
    let stage = Stage::on(&database.url, &database.url, &[("SEIKETSU__REDIS__URL", &url)]);
    let (first, second) = (stage.start(Role::Everything).await, stage.start(Role::Api).await);
    let mut trial = Trial::start("F-21", stage.scene(&[&first, &second], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        trial.more(200).await.unwrap();
        redis.pause().unwrap();
        goes_on(&trial).await;
        redis.resume().unwrap();
        trial.more(100).await.unwrap();
        forget(&url).await;
        goes_on(&trial).await;
        redis.end_by(Signal::Kill).unwrap();
        goes_on(&trial).await;
        redis.start_again().unwrap();
        struck += 3;
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// Operations end, well, and in no time that a wait for Redis would show in.
async fn goes_on(trial: &Trial) {
    let failed = || -> u64 { trial.load.counts().kinds.values().map(|ended| ended.info).sum() };
    let (since, before) = (Instant::now(), failed());
    trial.more(300).await.unwrap();
    // A few clients go away on purpose.
    assert!(failed() - before < 60, "requests fail without Redis");
    assert!(since.elapsed() < Duration::from_secs(30), "requests wait for Redis");
}

async fn forget(url: &str) {
    let mut connection = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
}
