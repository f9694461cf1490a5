//! An event that nobody can apply, in a stream of each kind: skipped, what waited behind it is applied, live and rebuilt.

use std::sync::Arc;

use seiketsu_domain::consent::Consent;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::lead::Lead;
use seiketsu_projections::rebuild::{How, Swap, rebuild};
use seiketsu_projections::retry::Retried;
use seiketsu_projections::skip::{SkipError, skip, skipped};
use seiketsu_projections::{Projection, dead_letter, read_models, store};
use serde_json::Value;
use uuid::Uuid;

use super::history::grant;
use super::scene::{Beginning, Scene, at};
use super::{rows_if_any, worker};
use crate::support::database::TestDatabase;
use crate::support::wishes;

/// A call, a lead, a consent and an escalation, each with a few events.
async fn streams(scene: &Scene) -> [Uuid; 4] {
    let wish = wishes::of(scene.tenant);
    let call = scene.connect(Beginning::default()).await;
    let escalation: Uuid = scene.escalate(call, 5).await.0;
    scene.commands.execute::<Escalation>(&wish, escalation, wishes::reassign()).await.unwrap();
    let call = scene.connect(Beginning::default()).await.0;
    let (lead, consent): (Uuid, Uuid) = (seiketsu::ids::new(), seiketsu::ids::new());
    scene.commands.create::<Lead>(&wish, lead, wishes::create_lead(scene.tenant, lead)).await.unwrap();
    scene.commands.execute::<Lead>(&wish, lead, wishes::note("hello")).await.unwrap();
    scene.commands.create::<Consent>(&wish, consent, grant(None, at(0))).await.unwrap();
    [call, lead, consent, escalation]
}

/// One more event: of a type nobody knows, or the last known one over again.
async fn append(database: &TestDatabase, stream: Uuid, unknown: bool) {
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         select nextval('event_position'), tenant_id, aggregate_type, aggregate_id,
                (select max(sequence) + 1 from events where aggregate_id = $1), slot, gen_random_uuid(),
                case when $2 then aggregate_type || '.abducted' else event_type end,
                event_version, payload, metadata, occurred_at, recorded_at
           from events where aggregate_id = $1 and event_type not like '%.abducted' order by sequence desc limit 1",
    )
    .bind(stream)
    .bind(unknown)
    .execute(&mut database.superuser().await)
    .await
    .unwrap();
}

async fn apply_all(database: &TestDatabase) {
    let head = store::head(database.pools.system()).await.unwrap();
    let (mut worker, mut source) = worker(database, 100);
    worker.run_to(&mut source, head, |_| ()).await.unwrap();
}

/// The positions of what is parked for a read model and failed, and those that wait.
async fn parked(database: &TestDatabase, projection: &dyn Projection) -> (Vec<i64>, Vec<i64>) {
    let mut parked = (Vec::new(), Vec::new());
    for stream in dead_letter::list(database.pools.system(), Some(projection.name()), 100).await.unwrap() {
        let events = dead_letter::events_with(database.pools.system(), projection.name(), stream.position);
        for event in events.await.unwrap() {
            if event.error.is_some() { &mut parked.0 } else { &mut parked.1 }.push(event.position);
        }
    }
    parked
}

async fn all_rows(database: &TestDatabase, model: &dyn Projection) -> Vec<Option<Value>> {
    rows_if_any(database, model.tables()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_model_goes_on_without_a_skipped_event_live_and_rebuilt() {
    let scene = Scene::set().await;
    let database = &scene.database;
    let pool = database.more_pools().system().clone();
    let streams = streams(&scene).await;
    for stream in streams {
        append(database, stream, true).await;
        append(database, stream, false).await;
    }
    apply_all(database).await;
    for model in read_models::all() {
        let (failed, waiting) = parked(database, model.as_ref()).await;
        assert_eq!((failed.len(), waiting.len()), (model.aggregates().len(), model.aggregates().len()));
        let early = skip(&pool, &model, waiting[0], ("impatient", "cli:ada")).await;
        assert!(matches!(early, Err(SkipError::OnlyWaits(_))), "{early:?}");
        for position in &failed {
            let went_on = skip(&pool, &model, *position, ("nobody knows it", "cli:ada")).await.unwrap();
            assert_eq!(went_on, Retried { applied: 1, parked: 0 }, "{}", model.name());
        }
        let again = skip(&pool, &model, failed[0], ("twice", "cli:ada")).await;
        assert!(matches!(again, Err(SkipError::NotParked)), "{again:?}");
        let kept = skipped(&pool, Some(model.name()), 100).await.unwrap();
        assert_eq!(kept.len(), failed.len());
        assert!(kept.iter().all(|one| one.reason == "nobody knows it"
            && one.skipped_by == "cli:ada"
            && one.error.contains("abducted")));
    }
    // What comes now follows the last one applied.
    for stream in streams {
        append(database, stream, false).await;
    }
    apply_all(database).await;
    for model in read_models::all() {
        assert_eq!(parked(database, model.as_ref()).await, (vec![], vec![]), "{}", model.name());
        let live = all_rows(database, model.as_ref()).await;
        let how = How { swap: Swap::IfEqual, ..How::new(4) };
        let rebuilt = rebuild(&pool, Arc::clone(&model), how, |_| ()).await.unwrap();
        assert!(rebuilt.swapped && rebuilt.parked == 0, "{}: {:?}", model.name(), rebuilt.comparison);
        assert_eq!(all_rows(database, model.as_ref()).await, live);
    }
    // The version readers see is the stream's, though one event of it is missing.
    let [lead_version]: [i64; 1] =
        sqlx::query_scalar("select (state ->> 'version')::bigint from read_models.lead_states where id = $1")
            .bind(streams[1])
            .fetch_all(&pool)
            .await
            .unwrap()
            .try_into()
            .unwrap();
    assert_eq!(lead_version, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_began_before_a_skip_begins_anew() {
    let scene = Scene::set().await;
    let pool = scene.database.more_pools().system().clone();
    let [_, lead, ..] = streams(&scene).await;
    append(&scene.database, lead, true).await;
    apply_all(&scene.database).await;
    append(&scene.database, lead, false).await;
    let leads = read_models::find("leads").unwrap();
    let how = How { swap: Swap::IfEqual, ..How::new(4) };
    // The live model is behind, so the new tables wait.
    assert!(!rebuild(&pool, Arc::clone(&leads), how, |_| ()).await.unwrap().swapped);
    let (failed, _) = parked(&scene.database, leads.as_ref()).await;
    skip(&pool, &leads, failed[0], ("nobody knows it", "cli:ada")).await.unwrap();
    apply_all(&scene.database).await;
    let rebuilt = rebuild(&pool, leads, how, |_| ()).await.unwrap();
    assert!(!rebuilt.resumed && rebuilt.swapped && rebuilt.parked == 0, "{rebuilt:?}");
}
