//! Tables that are not the live ones: being rebuilt, or retired. The name of their schema is also the name their
//! checkpoint and what they parked are kept under.

use std::sync::Arc;

use seiketsu_domain::envelope::Envelope;
use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::live::Live;
use crate::checkpoint::Checkpoints;
use crate::driven::Driven;
use crate::projection::{ApplyError, Projection};
use crate::source::{Batch, Reach, WHOLE_STORE};
use crate::store;

/// Most events per transaction in order of position.
pub(super) const BATCH: i64 = 5000;

pub(super) struct Shadow {
    pub schema: String,
    driven: Driven,
    /// Kafka partitions per topic.
    partitions: i16,
}

impl Shadow {
    /// The tables in `schema`, as far as they have come.
    pub async fn find(
        connection: &mut PgConnection,
        projection: Arc<dyn Projection>,
        schema: String,
        partitions: i16,
    ) -> Result<Self, sqlx::Error> {
        let driven = Driven::kept_under(connection, projection, schema.clone()).await?;
        Ok(Self { schema, driven, partitions })
    }

    pub fn projection(&self) -> &dyn Projection {
        self.driven.projection.as_ref()
    }

    /// Everything up to here is applied.
    pub fn position(&self) -> i64 {
        self.driven.checkpoints.applied(WHOLE_STORE)
    }

    /// A transaction that finds these tables where the live ones usually are. Like live workers it need not wait for
    /// the disk: what a crash of the database takes away, it takes with the journal.
    pub async fn begin<'c>(
        &self,
        connection: &'c mut PgConnection,
    ) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
        let schema = &self.schema;
        connection
            .begin_with(format!(
                "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL search_path = {schema}, public"
            ))
            .await
    }

    /// Applies events, and parks those that cannot be applied with their streams, as happens live.
    pub async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        events: Vec<Arc<Envelope>>,
    ) -> Result<(), ApplyError> {
        let news = self.driven.news(&Batch { events, reach: Vec::new() }, self.partitions);
        let mut savepoint = transaction.begin().await?;
        match self.driven.apply(&mut savepoint, &news).await {
            Ok(()) => Ok(savepoint.commit().await?),
            Err(error) if error.is_transient() => Err(error),
            Err(_) => {
                savepoint.rollback().await?;
                self.driven.apply_or_park(transaction, &news).await.map(drop)
            }
        }
    }

    /// Applies the next events in order of position, at most up to `goal`; returns how many came.
    pub async fn step(&mut self, connection: &mut PgConnection, goal: i64) -> Result<u64, ApplyError> {
        let mut transaction = self.begin(connection).await?;
        let came = self.step_within(&mut transaction, goal).await?;
        transaction.commit().await?;
        Ok(came)
    }

    /// As [`Shadow::step`], in the caller's transaction; where that is undone, this value must be found anew.
    pub async fn step_within(
        &mut self,
        transaction: &mut PgConnection,
        goal: i64,
    ) -> Result<u64, ApplyError> {
        let (events, reached) = self.read(&mut *transaction, self.position(), goal).await?;
        let came = events.len() as u64;
        self.apply(&mut *transaction, events).await?;
        self.move_to(transaction, reached).await?;
        Ok(came)
    }

    async fn read(
        &self,
        transaction: &mut PgConnection,
        after: i64,
        goal: i64,
    ) -> Result<(Vec<Arc<Envelope>>, i64), sqlx::Error> {
        let wanted = self.projection().aggregates();
        let events = store::events_between(transaction, wanted, after, goal, BATCH).await?;
        let reached = if events.len() as i64 == BATCH {
            events.last().map_or(goal, |last| last.position)
        } else {
            goal
        };
        Ok((events.into_iter().map(Arc::new).collect(), reached))
    }

    /// Notes that everything up to a position is applied.
    pub async fn move_to(
        &mut self,
        transaction: &mut PgConnection,
        position: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into projection_checkpoints (projection, version, partition, position)
             values ($1, $2, $3, $4)
                 on conflict (projection, version, partition) do update
                set position = excluded.position, moved_at = now()",
        )
        .bind(&self.schema)
        .bind(self.projection().version())
        .bind(WHOLE_STORE)
        .bind(position)
        .execute(transaction)
        .await?;
        let reach = Reach { partition: WHOLE_STORE.to_owned(), position, next_offset: None };
        self.driven.checkpoints.moved(&[reach]);
        Ok(())
    }

    /// Applies what the live model has applied and this one has not, so that both stand at the same place, in the
    /// caller's transaction. The live model must be held, and have everything this one has.
    pub async fn draw_level(
        &mut self,
        transaction: &mut PgConnection,
        live: &Live,
    ) -> Result<(), ApplyError> {
        let (mut after, goal) = (self.position(), live.checkpoints.highest());
        while after < goal {
            let (mut events, reached) = self.read(&mut *transaction, after, goal).await?;
            events.retain(|event| !live.checkpoints.is_new(event, self.partitions));
            self.apply(&mut *transaction, events).await?;
            after = reached;
        }
        live.copy_checkpoint(&mut *transaction, &self.schema, self.projection().version()).await?;
        let kept = Checkpoints::kept_under(transaction, &self.schema, self.projection().version()).await?;
        self.driven.checkpoints = kept.unwrap_or_default();
        Ok(())
    }
}
