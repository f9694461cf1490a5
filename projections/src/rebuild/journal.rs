//! What an interrupted rebuild knows when it goes on: its rows in the tables `rebuilds` and `rebuild_stretches`.

use sqlx::{FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

use super::tables;
use crate::Projection;
use crate::store::Streams;

/// What a rebuild is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Phase {
    /// History is read stream by stream into bare tables.
    Load,
    /// The tables get their indexes and walls.
    Index,
    /// What came meanwhile is applied in order of position.
    CatchUp,
}

/// How far a rebuild has come.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Journal {
    pub phase: Phase,
    /// The load reads events up to this position.
    pub boundary: i64,
    /// Events of the stretches that are loaded.
    pub loaded: i64,
    pub to_load: i64,
}

impl Journal {
    /// The journal of a rebuild that this code can go on with; `None` where there is none.
    pub async fn find(
        connection: &mut PgConnection,
        projection: &dyn Projection,
    ) -> Result<Option<Self>, sqlx::Error> {
        let shape = tables::shape(&mut *connection, projection).await?;
        sqlx::query_as(
            "select phase, boundary, to_load,
                    (select coalesce(sum(events), 0)::bigint from rebuild_stretches s
                      where s.projection = rebuilds.projection) as loaded
               from rebuilds where projection = $1 and version = $2 and shape = $3",
        )
        .bind(projection.name())
        .bind(projection.version())
        .bind(shape)
        .fetch_optional(connection)
        .await
    }

    /// Notes that a rebuild begins, which is to load so many events up to `boundary`.
    pub async fn begin(
        connection: &mut PgConnection,
        projection: &dyn Projection,
        boundary: i64,
        to_load: i64,
    ) -> Result<Self, sqlx::Error> {
        let shape = tables::shape(&mut *connection, projection).await?;
        sqlx::query(
            "insert into rebuilds (projection, version, shape, phase, boundary, to_load)
             values ($1, $2, $3, 'load', $4, $5)",
        )
        .bind(projection.name())
        .bind(projection.version())
        .bind(shape)
        .bind(boundary)
        .bind(to_load)
        .execute(connection)
        .await?;
        Ok(Self { phase: Phase::Load, boundary, loaded: 0, to_load })
    }

    /// The stretches that are loaded, in order.
    pub async fn stretches(
        executor: impl PgExecutor<'_>,
        projection: &str,
    ) -> Result<Vec<Streams>, sqlx::Error> {
        let ends: Vec<(Option<Uuid>, Option<Uuid>)> = sqlx::query_as(
            "select after, up_to from rebuild_stretches where projection = $1 order by after nulls first",
        )
        .bind(projection)
        .fetch_all(executor)
        .await?;
        Ok(ends.into_iter().map(|(after, up_to)| Streams { after, up_to }).collect())
    }

    /// Notes that a stretch of so many events is loaded.
    pub async fn note_loaded(
        executor: impl PgExecutor<'_>,
        projection: &str,
        streams: Streams,
        events: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into rebuild_stretches (projection, after, up_to, events) values ($1, $2, $3, $4)",
        )
        .bind(projection)
        .bind(streams.after)
        .bind(streams.up_to)
        .bind(events)
        .execute(executor)
        .await?;
        Ok(())
    }

    /// Notes what it goes on with.
    pub async fn enter(
        &mut self,
        executor: impl PgExecutor<'_>,
        projection: &str,
        phase: Phase,
    ) -> Result<(), sqlx::Error> {
        self.phase = phase;
        sqlx::query("update rebuilds set phase = $2, moved_at = now() where projection = $1")
            .bind(projection)
            .bind(phase)
            .execute(executor)
            .await?;
        Ok(())
    }

    /// Forgets a rebuild that has ended, or is given up.
    pub async fn forget(executor: impl PgExecutor<'_>, projection: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with stretches as (delete from rebuild_stretches where projection = $1)
             delete from rebuilds where projection = $1",
        )
        .bind(projection)
        .execute(executor)
        .await?;
        Ok(())
    }
}
