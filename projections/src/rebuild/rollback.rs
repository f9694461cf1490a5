//! Back to the tables that were live before the last swap.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool};

use super::claim::claim;
use super::live::{self, Live};
use super::shadow::Shadow;
use super::swap::Successor;
use super::{Names, RebuildError, tables};
use crate::projection::{ApplyError, Projection};

/// What a rollback did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolledBack {
    /// Events that came after the swap and were applied to the old tables.
    pub events: u64,
    /// The position the old tables, live again, stand at.
    pub position: i64,
    pub parked: i64,
}

/// Brings the retired tables of a read model up to date and puts them in the place of the live ones, which are then the
/// retired ones: done twice, it changes nothing.
///
/// # Errors
/// [`RebuildError::NothingRetired`], [`RebuildError::RetiredDiffer`]; or the database. Everything is as it was then.
pub async fn roll_back(
    pool: &PgPool,
    projection: Arc<dyn Projection>,
    partitions: i16,
) -> Result<RolledBack, RebuildError> {
    let mut connection = claim(pool, projection.as_ref()).await?;
    let schema = Names::of(projection.as_ref()).retired;
    check(&mut connection, projection.as_ref(), &schema).await?;
    let mut shadow =
        Shadow::find(&mut connection, Arc::clone(&projection), schema.clone(), partitions).await?;
    let events = catch_up(&mut connection, &mut shadow).await?;
    let swapped = Successor { projection, schema, partitions }.take_over(&mut connection).await?;
    Ok(RolledBack { events, position: swapped.position, parked: swapped.parked })
}

/// Whether this code can apply events to the retired tables.
async fn check(
    connection: &mut PgConnection,
    projection: &dyn Projection,
    schema: &str,
) -> Result<(), RebuildError> {
    let Some(version) = live::version_of(&mut *connection, schema).await? else {
        return Err(RebuildError::NothingRetired);
    };
    if version != projection.version() {
        let reason = format!(
            "they are of version {version} and this program has version {}; roll back with the release before",
            projection.version()
        );
        return Err(RebuildError::RetiredDiffer(reason));
    }
    let of_today = tables::columns(&mut *connection, "read_models", projection).await?;
    if tables::columns(&mut *connection, schema, projection).await? != of_today {
        let reason = "a migration has changed the columns of the live ones since".to_owned();
        return Err(RebuildError::RetiredDiffer(reason));
    }
    Ok(())
}

/// Up to where the live model stands, so that little is left to do while it is held.
async fn catch_up(connection: &mut PgConnection, shadow: &mut Shadow) -> Result<u64, ApplyError> {
    let mut events = 0;
    let goal = Live::find(&mut *connection, shadow.projection()).await?.checkpoints.watermark;
    while shadow.position() < goal {
        events += shadow.step(&mut *connection, goal).await?;
    }
    Ok(events)
}

/// Removes the retired tables of a read model; returns whether there were any.
///
/// # Errors
/// [`RebuildError::Running`], or the database.
pub async fn drop_retired(pool: &PgPool, projection: &dyn Projection) -> Result<bool, RebuildError> {
    let mut connection = claim(pool, projection).await?;
    let schema = Names::of(projection).retired;
    live::forget(&mut connection, &schema).await?;
    live::forget_parked(&mut connection, &schema).await?;
    Ok(tables::drop_schema(&mut connection, &schema).await?)
}
