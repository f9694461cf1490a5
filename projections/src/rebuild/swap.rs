//! Other tables take the place of the live ones, atomically, while traffic runs.

use std::sync::Arc;

use sqlx::{Connection, PgConnection};

use super::journal::Journal;
use super::live::Live;
use super::shadow::Shadow;
use super::{Names, RebuildError, tables};
use crate::projection::Projection;
use crate::{crash_point, store};

/// How often it is tried. It gives way to readers after two seconds, so that none queues behind it for longer.
const TRIES: usize = 30;

/// Tables that are to take the place of the live ones.
pub(super) struct Successor {
    pub projection: Arc<dyn Projection>,
    /// Where they are.
    pub schema: String,
    pub partitions: i16,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Swapped {
    pub position: i64,
    pub parked: i64,
}

impl Successor {
    /// Holds the live checkpoint, applies what came meanwhile, and exchanges tables, checkpoints and what is parked.
    /// The tables that were live, and all that belongs to them, are then the retired ones.
    pub async fn take_over(&self, connection: &mut PgConnection) -> Result<Swapped, RebuildError> {
        let mut tries = 1;
        loop {
            match self.try_to(&mut *connection).await {
                Err(RebuildError::Failed(error)) if error.is_transient() && tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_to(&self, connection: &mut PgConnection) -> Result<Swapped, RebuildError> {
        let Self { projection, schema, partitions } = self;
        let begin = format!("BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL search_path = {schema}, public");
        let mut transaction = connection.begin_with(begin).await?;
        let live = Live::hold(&mut transaction, projection.as_ref()).await?;
        // An attempt before this one may have come further, and was undone.
        let mut shadow =
            Shadow::find(&mut transaction, Arc::clone(projection), schema.clone(), *partitions).await?;
        if live.checkpoints.watermark >= shadow.position() {
            shadow.draw_level(&mut transaction, &live).await?;
        } else {
            let head = store::head(&mut *transaction).await?;
            while shadow.position() < head {
                shadow.step_within(&mut transaction, head).await?;
            }
        }
        self.settle(&mut transaction).await?;
        let names = Names::of(projection.as_ref());
        live.hand_over(&mut transaction, schema, &names.retired).await?;
        tables::exchange(&mut transaction, schema, &names.retired, projection.tables()).await?;
        let parked = sqlx::query_scalar("select count(*) from dead_letters where projection = $1")
            .bind(projection.name())
            .fetch_one(&mut *transaction)
            .await?;
        crash_point::reached("rebuild.swapping");
        transaction.commit().await?;
        crash_point::reached("rebuild.swapped");
        Ok(Swapped { position: shadow.position(), parked })
    }

    /// The last that the new tables need. A rebuild ends here, unless what it is about changed while it ran.
    async fn settle(&self, transaction: &mut PgConnection) -> Result<(), RebuildError> {
        let projection = self.projection.as_ref();
        if self.schema == Names::of(projection).rebuild {
            if Journal::find(&mut *transaction, projection).await?.is_none() {
                return Err(RebuildError::Changed);
            }
            Journal::forget(&mut *transaction, projection.name()).await?;
        }
        Ok(projection.settle(transaction).await?)
    }
}
