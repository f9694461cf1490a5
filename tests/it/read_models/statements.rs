//! What a batch costs in round trips: as many as one event of each kind does, however many there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seiketsu::ids;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::lead::Lead;
use seiketsu_projections::{Projection, read_models, store};
use sqlx::{Executor, PgConnection};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use uuid::Uuid;

use super::history::{check, contact_lead, create_lead, grant, qualify_lead, revoke};
use super::scene::{Scene, at};
use crate::support::wishes;

#[tokio::test]
async fn a_batch_takes_as_many_statements_however_many_events_it_has() {
    let statements = Statements::default();
    // Where there is one subscriber alone, `tracing` asks each thread for its own, and other tests have none.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _counting = tracing::subscriber::set_default(tracing_subscriber::registry().with(statements.clone()));
    let few = cost_of(2, &statements).await;
    let many = cost_of(25, &statements).await;
    assert_eq!(few, many, "read model, statements for what begins, and for what goes on");
    // One to look up and one to write for most, more where there are several tables: none for each event.
    for (read_model, begins, goes_on) in many {
        assert!(begins <= 3, "{read_model} takes {begins} statements for what begins");
        assert!((1..=4).contains(&goes_on), "{read_model} takes {goes_on} statements for what goes on");
    }
}

/// What each read model takes for the beginnings of so many streams of each kind in one batch, and for the rest of
/// these streams in another.
async fn cost_of(streams: usize, statements: &Statements) -> Vec<(&'static str, usize, usize)> {
    let scene = Scene::set().await;
    for _ in 0..streams {
        all_kinds(&scene).await;
    }
    let events = store::events_after(scene.database.pools.system(), 0, i64::MAX).await.unwrap();
    let (begin, go_on): (Vec<_>, Vec<_>) =
        events.into_iter().map(Arc::new).partition(|event| event.sequence <= 1);
    let mut rows = scene.database.superuser().await;
    rows.execute("set search_path = read_models, public").await.unwrap();
    let mut costs = Vec::new();
    for read_model in read_models::all() {
        let begins = statements.of(&mut rows, read_model.as_ref(), &begin).await;
        let goes_on = statements.of(&mut rows, read_model.as_ref(), &go_on).await;
        costs.push((read_model.name(), begins, goes_on));
    }
    costs
}

/// Streams of all aggregates with events of nearly all kinds.
async fn all_kinds(scene: &Scene) {
    scene.whole_story().await;
    let (wish, lead, contact) = (wishes::of(scene.tenant), ids::new::<Uuid>(), ids::new::<Uuid>());
    for command in [create_lead(at(0)), contact_lead(at(1)), qualify_lead(90, at(2)), qualify_lead(10, at(3))]
    {
        scene.commands.execute::<Lead>(&wish, lead, command).await.unwrap();
    }
    let hot: Uuid = ids::new();
    for command in [create_lead(at(0)), qualify_lead(95, at(1))] {
        scene.commands.execute::<Lead>(&wish, hot, command).await.unwrap();
    }
    let purpose = seiketsu_domain::values::Purpose::Informational;
    for command in [grant(None, at(0)), check(purpose, at(1)), revoke(None, at(2))] {
        scene.commands.execute::<Consent>(&wish, contact, command).await.unwrap();
    }
}

/// Counts the statements this thread sends to Postgres.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl Statements {
    async fn of(
        &self,
        rows: &mut PgConnection,
        read_model: &dyn Projection,
        events: &[Arc<Envelope>],
    ) -> usize {
        let wanted =
            |event: &&Arc<Envelope>| read_model.aggregates().contains(&event.aggregate_type.as_str());
        let batch: Vec<_> = events.iter().filter(wanted).cloned().collect();
        let before = self.0.load(Ordering::SeqCst);
        read_model.apply(rows, &batch).await.unwrap();
        self.0.load(Ordering::SeqCst) - before
    }
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}
