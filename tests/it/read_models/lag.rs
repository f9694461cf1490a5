//! How far read models are behind, as operators see it.

use std::time::Duration;

use seiketsu_projections::lag::{self, Lag};
use seiketsu_projections::read_models;

use super::project;
use super::scene::Scene;
use crate::support::database::TestDatabase;
use crate::support::wait;

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_behind_by_what_it_has_not_applied_and_for_as_long_as_that_waits() {
    let scene = Scene::set().await;
    scene.whole_story().await;
    project(&scene.database, 1000).await;
    for lag in lags(&scene.database).await {
        assert_eq!((lag.events, lag.seconds, lag.parked), (0, 0.0, 0), "{}", lag.projection);
    }

    let arrived = lags(&scene.database).await[0].position;
    scene.whole_story().await;
    wait::until("the oldest event has waited", Duration::from_secs(10), async || {
        lags(&scene.database).await.iter().all(|lag| lag.seconds > 0.1)
    })
    .await;
    for lag in lags(&scene.database).await {
        assert_eq!(lag.position, arrived, "{}", lag.projection);
        assert!(lag.events > 0, "{}", lag.projection);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_that_never_ran_is_behind_by_the_whole_store() {
    let scene = Scene::set().await;
    assert_eq!(lags(&scene.database).await[0].events, 0, "nothing is stored");
    scene.whole_story().await;
    let events = scene.database.event_count().await;
    for lag in lags(&scene.database).await {
        assert!(lag.position == 0 && lag.events >= events, "{}", lag.projection);
    }
}

async fn lags(database: &TestDatabase) -> Vec<Lag> {
    let lags = lag::of(database.pools.system(), &read_models::all()).await.unwrap();
    assert_eq!(lags.len(), read_models::all().len());
    lags
}
