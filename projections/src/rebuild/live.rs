//! The live model's checkpoint: held, compared, copied, taken over.

use sqlx::{PgConnection, PgExecutor};

use crate::checkpoint::Checkpoints;
use crate::projection::Projection;
use crate::source::WHOLE_STORE;

/// Where the live model stands.
pub(super) struct Live {
    name: &'static str,
    pub version: i32,
    pub checkpoints: Checkpoints,
}

impl Live {
    /// Where it stands, in whatever version it is; it begins at nothing where it never ran.
    pub async fn find(
        connection: &mut PgConnection,
        projection: &dyn Projection,
    ) -> Result<Self, sqlx::Error> {
        let name = projection.name();
        sqlx::query(
            "insert into projection_checkpoints (projection, version, partition)
             select $1, $2, $3 where not exists (select from projection_checkpoints where projection = $1)
                 on conflict do nothing",
        )
        .bind(name)
        .bind(projection.version())
        .bind(WHOLE_STORE)
        .execute(&mut *connection)
        .await?;
        let version = version_of(&mut *connection, name).await?.unwrap_or(projection.version());
        let checkpoints = Checkpoints::kept_under(connection, name, version).await?.unwrap_or_default();
        Ok(Self { name, version, checkpoints })
    }

    /// As [`Live::find`], and keeps it there until the transaction ends: every worker of the projection holds or moves
    /// this row first, whatever its source, and waits here with nothing else locked.
    pub async fn hold(
        transaction: &mut PgConnection,
        projection: &dyn Projection,
    ) -> Result<Self, sqlx::Error> {
        Self::find(&mut *transaction, projection).await?;
        sqlx::query(
            "select from projection_checkpoints where projection = $1 and partition = $2
              order by version for update",
        )
        .bind(projection.name())
        .bind(WHOLE_STORE)
        .execute(&mut *transaction)
        .await?;
        // Nor does anybody else change the rows, such as a connector that takes leads out of its queue.
        for table in projection.tables() {
            let lock = format!("lock table read_models.{table} in share row exclusive mode");
            sqlx::query(&lock).execute(&mut *transaction).await?;
        }
        Self::find(transaction, projection).await
    }

    /// Keeps the same checkpoint under another name.
    pub async fn copy_checkpoint(
        &self,
        transaction: &mut PgConnection,
        name: &str,
        version: i32,
    ) -> Result<(), sqlx::Error> {
        forget(&mut *transaction, name).await?;
        sqlx::query(
            "insert into projection_checkpoints (projection, version, partition, position, next_offset)
             select $1, $2, partition, position, next_offset
               from projection_checkpoints where projection = $3 and version = $4",
        )
        .bind(name)
        .bind(version)
        .bind(self.name)
        .bind(self.version)
        .execute(transaction)
        .await?;
        Ok(())
    }

    /// Keeps checkpoint and parked events of the live model under `retired`, and puts those of `successor`, which has
    /// everything the live model has, in their place. Workers find the generation raised and start over from it.
    pub async fn hand_over(
        &self,
        transaction: &mut PgConnection,
        successor: &str,
        retired: &str,
    ) -> Result<(), sqlx::Error> {
        let aside = format!("{retired}_aside");
        self.copy_checkpoint(&mut *transaction, &aside, self.version).await?;
        // Kafka's partitions keep their rows, and with them their offsets: none is beyond the whole store.
        sqlx::query(
            "insert into projection_checkpoints (projection, version, partition, position, next_offset)
             select $1, s.version, l.partition, l.position, l.next_offset
               from projection_checkpoints s join projection_checkpoints l on l.projection = $2 and l.version = $3
              where s.projection = $1 and s.partition = $4 and l.partition <> $4
                 on conflict do nothing",
        )
        .bind(successor)
        .bind(self.name)
        .bind(self.version)
        .bind(WHOLE_STORE)
        .execute(&mut *transaction)
        .await?;
        forget(&mut *transaction, self.name).await?;
        rename(&mut *transaction, successor, self.name, self.checkpoints.generation() + 1).await?;
        forget(&mut *transaction, retired).await?;
        rename(&mut *transaction, &aside, retired, 0).await?;
        exchange_parked(transaction, self.name, successor, retired).await
    }
}

/// The version the rows kept under a name were made by; `None` where there are none.
pub(super) async fn version_of(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar("select max(version) from projection_checkpoints where projection = $1")
        .bind(name)
        .fetch_one(executor)
        .await
}

/// Removes the checkpoint kept under a name.
pub(super) async fn forget(executor: impl PgExecutor<'_>, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from projection_checkpoints where projection = $1")
        .bind(name)
        .execute(executor)
        .await?;
    Ok(())
}

/// Removes what is parked under a name.
pub(super) async fn forget_parked(executor: impl PgExecutor<'_>, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from dead_letters where projection = $1").bind(name).execute(executor).await?;
    Ok(())
}

async fn rename(
    executor: impl PgExecutor<'_>,
    from: &str,
    to: &str,
    generation: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update projection_checkpoints
            set projection = $2, generation = case partition when $4 then $3 else generation end, moved_at = now()
          where projection = $1",
    )
    .bind(from)
    .bind(to)
    .bind(generation)
    .bind(WHOLE_STORE)
    .execute(executor)
    .await?;
    Ok(())
}

/// In three steps: the same position may be parked under both names.
async fn exchange_parked(
    transaction: &mut PgConnection,
    live: &str,
    successor: &str,
    retired: &str,
) -> Result<(), sqlx::Error> {
    let aside = format!("{retired}_aside");
    if successor != retired {
        forget_parked(&mut *transaction, retired).await?;
    }
    for (from, to) in [(live, aside.as_str()), (successor, live), (&aside, retired)] {
        sqlx::query("update dead_letters set projection = $2 where projection = $1")
            .bind(from)
            .bind(to)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}
