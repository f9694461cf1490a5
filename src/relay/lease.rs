//! The right to relay: a row of `relay` that names its owner and until when. Time is Postgres's, so that clocks of
//! machines need not agree. Every change of hands raises the epoch.

use std::pin::pin;
use std::time::Duration;

use seiketsu_projections::deadline::in_time;
use sqlx::{FromRow, PgPool};
use tokio::time::Instant;
use uuid::Uuid;

use super::Failure;
use crate::ids;

/// The one row there is; another relay for another purpose would have another.
pub(super) const ROW: &str = "kafka";

/// A candidate for the lease.
pub(super) struct Lease {
    pool: PgPool,
    owner: Uuid,
    length: Duration,
}

/// The lease, once held.
pub(super) struct Held {
    pub epoch: i64,
    /// The checkpoint.
    pub position: i64,
    pool: PgPool,
    length: Duration,
    renewed: Instant,
}

#[derive(FromRow)]
struct Taken {
    epoch: i64,
    position: i64,
}

impl Lease {
    pub fn new(pool: PgPool, length: Duration) -> Self {
        Self { pool, owner: ids::new(), length }
    }

    /// Takes the lease where nobody else holds it.
    pub async fn take(&self) -> Result<Option<Held>, sqlx::Error> {
        sqlx::query("insert into relay (name) values ($1) on conflict do nothing")
            .bind(ROW)
            .execute(&self.pool)
            .await?;
        let renewed = Instant::now();
        let taken: Option<Taken> = sqlx::query_as(
            "update relay
                set owner = $2, epoch = epoch + 1, lease_until = clock_timestamp() + make_interval(secs => $3)
              where name = $1 and (owner is null or owner = $2 or lease_until < clock_timestamp())
          returning epoch, position",
        )
        .bind(ROW)
        .bind(self.owner)
        .bind(self.length.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        Ok(taken.map(|Taken { epoch, position }| {
            tracing::info!(epoch, position, "relay is active");
            Held { epoch, position, pool: self.pool.clone(), length: self.length, renewed }
        }))
    }

    /// How long to wait before asking again for a lease somebody else holds.
    pub fn try_again_after(&self) -> Duration {
        self.length / 4
    }

    /// Gives the lease back at once, so that nobody need wait for it to run out.
    pub async fn release(&self, held: &Held) {
        let releasing = sqlx::query(
            "update relay set owner = null, lease_until = '-infinity' where name = $1 and epoch = $2",
        )
        .bind(ROW)
        .bind(held.epoch)
        .execute(&self.pool);
        let released = in_time(releasing).await;
        if let Err(error) = released {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "relay lease not released, it will run out"
            );
        }
    }
}

impl Held {
    /// Does `work`, renewing the lease as often as it takes; `beat` is called at each renewal.
    pub async fn while_renewing<T>(
        &mut self,
        work: impl Future<Output = T>,
        beat: impl Fn(),
    ) -> Result<T, Failure> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = tokio::time::sleep_until(self.renewed + self.length / 3) => in_time(self.renew()).await?,
            }
            beat();
        }
    }

    async fn renew(&mut self) -> Result<(), Failure> {
        let renewed = Instant::now();
        let held = sqlx::query(
            "update relay set lease_until = clock_timestamp() + make_interval(secs => $3)
              where name = $1 and epoch = $2",
        )
        .bind(ROW)
        .bind(self.epoch)
        .bind(self.length.as_secs_f64())
        .execute(&self.pool)
        .await?
        .rows_affected();
        if held == 0 {
            return Err(Failure::Overtaken);
        }
        self.renewed = renewed;
        Ok(())
    }
}
