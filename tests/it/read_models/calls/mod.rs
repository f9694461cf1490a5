//! The list of calls: its rows, its pages, its search.

mod pages;
mod search;

use seiketsu::ids;
use seiketsu_domain::call::{Call, CallStatus, Outcome};
use seiketsu_domain::ids::CallId;
use seiketsu_projections::page::Page;
use seiketsu_projections::read_models::calls::{CallFilter, Calls, get, list};
use seiketsu_projections::rebuild::{How, rebuild};
use std::sync::Arc;

use super::scene::{Beginning, Scene};
use super::{assert_same_however_batched, project, rows_of};

const TABLES: &[&str] = &["calls", "call_words"];

async fn page(scene: &Scene, filter: &CallFilter) -> Page<Call> {
    list(&mut *scene.read().await, scene.tenant, filter).await.unwrap()
}

fn ids_of(calls: &[Call]) -> Vec<CallId> {
    calls.iter().map(|call| call.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_shown_as_it_was_decided() {
    let scene = Scene::set().await;
    let call = scene.connect(Beginning::default()).await;
    scene.say(call, &["Hello?"]).await;
    project(&scene.database, 1000).await;
    let decided = scene.end(call, Outcome::Completed, Some("Said hello."), 42).await;
    let (before, _) = get(&mut *scene.read().await, scene.tenant, call).await.unwrap().unwrap();
    assert_eq!((before.status, before.version), (CallStatus::Active, 3));
    project(&scene.database, 1000).await;
    let (after, as_of) = get(&mut *scene.read().await, scene.tenant, call).await.unwrap().unwrap();
    assert_eq!(after, decided);
    assert!(as_of.position > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_the_same_however_they_were_batched() {
    let scene = Scene::set().await;
    scene.whole_story().await;
    let given_up = scene.ring(Beginning::default()).await;
    scene.end(given_up, Outcome::NoAnswer, None, 30).await;
    let open = scene.connect(Beginning::default()).await;
    scene.say(open, &["still", "talking"]).await;
    scene.whole_story().await;
    assert_same_however_batched(&scene.database, TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_list_has_the_same_rows_and_is_searched_as_before() {
    let scene = Scene::set().await;
    let call = scene.whole_story().await;
    scene.ring(Beginning::default()).await;
    project(&scene.database, 1000).await;
    let live = rows_of(&scene.database, TABLES).await;
    let pool = scene.database.superuser_pool().await;
    rebuild(&pool, Arc::new(Calls), How::new(4), |_| ()).await.unwrap();
    assert_eq!(rows_of(&scene.database, TABLES).await, live);
    let found =
        page(&scene, &CallFilter { q: Some("bedrooms".into()), limit: 10, ..CallFilter::default() }).await;
    assert_eq!(ids_of(&found.data), [call]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_sees_nothing() {
    let scene = Scene::set().await;
    let (owner, call) = (scene.tenant, scene.whole_story().await);
    project(&scene.database, 1000).await;
    let other = scene.elsewhere();
    for (tenant, q) in
        [(owner, None), (owner, Some("bedrooms")), (other.tenant, None), (other.tenant, Some("2671"))]
    {
        let filter = CallFilter { q: q.map(str::to_owned), limit: 10, ..CallFilter::default() };
        assert!(get(&mut *other.read().await, tenant, call).await.unwrap().is_none());
        assert_eq!(list(&mut *other.read().await, tenant, &filter).await.unwrap().data, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_nobody_made_is_not_there() {
    let scene = Scene::set().await;
    assert!(get(&mut *scene.read().await, scene.tenant, ids::new()).await.unwrap().is_none());
}
