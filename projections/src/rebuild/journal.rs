//! What an interrupted rebuild knows when it goes on: the row of table `rebuilds`.

use sqlx::{FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

use super::tables;
use crate::Projection;

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
    pub boundary: i64,
    pub reached: Option<Uuid>,
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
            "select phase, boundary, reached, loaded, to_load from rebuilds
              where projection = $1 and version = $2 and shape = $3",
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
        Ok(Self { phase: Phase::Load, boundary, reached: None, loaded: 0, to_load })
    }

    /// Notes how far it has come.
    pub async fn keep(&self, executor: impl PgExecutor<'_>, projection: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update rebuilds set phase = $2, reached = $3, loaded = $4, moved_at = now() where projection = $1",
        )
        .bind(projection)
        .bind(self.phase)
        .bind(self.reached)
        .bind(self.loaded)
        .execute(executor)
        .await?;
        Ok(())
    }

    /// Forgets a rebuild that has ended, or is given up.
    pub async fn forget(executor: impl PgExecutor<'_>, projection: &str) -> Result<(), sqlx::Error> {
        sqlx::query("delete from rebuilds where projection = $1").bind(projection).execute(executor).await?;
        Ok(())
    }
}
