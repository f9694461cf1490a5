//! The right to rebuild a read model: a lock that its sessions hold, so that it ends with them. After the process is gone
//! the database may still carry out what its last statements said; a second start must not begin before that has ended.

use sqlx::{Executor, PgConnection, PgPool};

use super::{Names, RebuildError};
use crate::projection::Projection;

/// A connection of its own, which no other rebuild of the read model has while it lives, nor while its helpers do.
pub(super) async fn claim(pool: &PgPool, projection: &dyn Projection) -> Result<PgConnection, RebuildError> {
    let mut connection = pool.acquire().await?.detach();
    prepare(&mut connection).await?;
    let name = Names::of(projection).rebuild;
    let claimed: bool = sqlx::query_scalar(
        "select pg_try_advisory_lock(hashtextextended($1, 0)) and pg_try_advisory_lock(hashtextextended($1, 1))",
    )
    .bind(&name)
    .fetch_one(&mut connection)
    .await?;
    if !claimed {
        return Err(RebuildError::Running);
    }
    // For its own helpers.
    let free = "select pg_advisory_unlock(hashtextextended($1, 1))";
    sqlx::query(free).bind(&name).execute(&mut connection).await?;
    Ok(connection)
}

/// Where a rebuild that has the claim finds further connections.
pub(super) struct Helpers<'a> {
    pub pool: &'a PgPool,
    pub projection: &'a dyn Projection,
}

impl Helpers<'_> {
    /// A connection of its own; as long as it lives nobody else can claim the read model.
    pub async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.pool.acquire().await?.detach();
        prepare(&mut connection).await?;
        sqlx::query("select pg_advisory_lock_shared(hashtextextended($1, 1))")
            .bind(Names::of(self.projection).rebuild)
            .execute(&mut connection)
            .await?;
        Ok(connection)
    }
}

/// Makes a connection one that writes tables which are not live.
async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // Plans are made while tables are empty, when reading them whole looks cheap, and then kept.
    connection
        .execute(
            "set role seiketsu_system; set statement_timeout = 0; set plan_cache_mode = force_generic_plan;
             set enable_seqscan = off; set enable_bitmapscan = off",
        )
        .await
        .map(drop)
}
