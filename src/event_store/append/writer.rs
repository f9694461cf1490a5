//! A lane's own connection, and what becomes of a batch when it fails.

use std::time::{Duration, Instant};

use seiketsu_projections::{crash_point, planted};
use sqlx::{Connection, Executor as _, PgConnection};

use super::columns::{self, LookUp, Turn};
use super::{Appended, Waiting};
use crate::event_store::pools::RESTED;
use crate::event_store::{Pools, StoreError};

/// After this the outcome of a batch is unknown and its connection is given up.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long commands wait for a new connection before they are told to come back.
const CONNECT: Duration = Duration::from_secs(2);

/// Batches for which everything is looked up after a key or a stream was there already: retries come in swarms.
const WARY: u32 = 100;

/// Batches for which the turn is taken first after another process was found appending.
const CROWDED: u32 = 100;

/// Writes batches over a connection that nobody else uses.
pub struct Writer {
    pools: Pools,
    connection: Option<PgConnection>,
    used: Instant,
    /// Batches to come for which everything is looked up.
    wary: u32,
    /// From this position on more room is made.
    scarce_from: i64,
    /// Batches to come for which the turn is taken before the batch is made.
    crowded: u32,
    turn: Turn,
}

impl Writer {
    /// Connects when it is first needed.
    pub fn new(pools: Pools) -> Self {
        let (wary, scarce_from, crowded) = (0, 0, 0);
        Self { pools, connection: None, used: Instant::now(), wary, scarce_from, crowded, turn: Turn::Open }
    }

    /// Waits until it is our turn where other processes append too: what arrives meanwhile still joins the batch. Made
    /// before, a batch would wait half full behind those of the others.
    pub async fn take_turn(&mut self) {
        if self.crowded == 0 {
            return;
        }
        self.crowded -= 1;
        // Where that fails the batch meets the same failure, and answers for it.
        let Ok(mut connection) = self.take_connection().await else { return };
        let taking = tokio::time::timeout(DEADLINE, columns::take_turn(&mut connection)).await;
        if matches!(taking, Ok(Ok(()))) {
            (self.turn, self.connection, self.used) = (Turn::Taken, Some(connection), Instant::now());
        }
    }

    /// Writes a batch: an outcome per command, in order.
    pub async fn write(&mut self, batch: &[Waiting]) -> Vec<Result<Appended, StoreError>> {
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut rest = batch;
        let mut size = batch.len();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(size.min(rest.len()));
            match self.send_warily(part).await {
                Ok(appended) => outcomes.extend(appended.into_iter().map(Ok)),
                // One command's data offends the database, and nothing of the part was written: find the one, so that
                // it fails alone.
                Err(StoreError::Unavailable(error)) if part.len() > 1 && blames_data(&error) => {
                    size = part.len().div_ceil(2);
                    continue;
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        commands = part.len(),
                        "append failed"
                    );
                    outcomes.extend(part.iter().map(|_| Err(same_kind(&error))));
                }
            }
            rest = after;
        }
        outcomes
    }

    /// Sends a batch in the hope that its keys and streams are new; where one is not, once more.
    async fn send_warily(&mut self, batch: &[Waiting]) -> Result<Vec<Appended>, StoreError> {
        if self.wary == 0 {
            match self.send(batch, LookUp::WhatIndexesMiss).await {
                Err(StoreError::Unavailable(error)) if is_duplicate(&error) => self.wary = WARY,
                outcome => return outcome,
            }
        }
        self.wary -= 1;
        self.send(batch, LookUp::Everything).await
    }

    async fn send(&mut self, batch: &[Waiting], look_up: LookUp) -> Result<Vec<Appended>, StoreError> {
        // Taken out, so that whatever state a failure leaves it in, nobody meets it again.
        let mut connection = self.take_connection().await?;
        crash_point::reached("append.connected");
        if planted::bug("ack-before-commit") {
            // What went before is committed only now, long after it was acknowledged.
            connection.execute("commit; begin").await?;
        }
        let turn = std::mem::replace(&mut self.turn, Turn::Open);
        let sending =
            crash_point::reached_within("append.sent", columns::send(&mut connection, batch, look_up, turn));
        let sent = tokio::time::timeout(DEADLINE, sending).await.map_err(|_| StoreError::Timeout)?;
        match &sent {
            Ok(sent) => {
                self.crowded = if sent.at_once { self.crowded } else { self.crowded.max(CROWDED) };
                self.keep(connection, &sent.appended).await;
            }
            // A refusal of what was sent leaves the connection as good as before.
            Err(error) if blames_data(error) => self.keep_unless_ours(connection, turn).await,
            Err(_) => {}
        }
        Ok(sent?.appended)
    }

    /// Keeps the connection, without the turn it may have.
    async fn keep_unless_ours(&mut self, mut connection: PgConnection, turn: Turn) {
        if turn == Turn::Taken {
            let given_up = tokio::time::timeout(CONNECT, columns::give_turn_up(&mut connection)).await;
            if !matches!(given_up, Ok(Ok(()))) {
                return;
            }
        }
        self.keep(connection, &[]).await;
    }

    async fn keep(&mut self, mut connection: PgConnection, appended: &[Appended]) {
        let reached = appended.iter().filter_map(position).max().unwrap_or_default();
        // Where that fails a whole partition still lies ahead, and the next connection tries again.
        if reached < self.scarce_from || self.make_room(&mut connection).await.is_ok() {
            self.connection = Some(connection);
            self.used = Instant::now();
        }
    }

    async fn take_connection(&mut self) -> Result<PgConnection, StoreError> {
        if let Some(mut connection) = self.connection.take() {
            let alive = self.used.elapsed() < RESTED
                || matches!(tokio::time::timeout(CONNECT, connection.ping()).await, Ok(Ok(())));
            if alive {
                return Ok(connection);
            }
        }
        let connecting = tokio::time::timeout(CONNECT, self.pools.connect_to_append()).await;
        let mut connection = connecting.map_err(|_| StoreError::Unavailable(sqlx::Error::PoolTimedOut))??;
        self.make_room(&mut connection).await?;
        Ok(connection)
    }

    /// Sees to it that positions to come have a partition.
    async fn make_room(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let making = sqlx::query_scalar("select make_room_for_events()").fetch_one(connection);
        self.scarce_from =
            tokio::time::timeout(DEADLINE, making).await.map_err(|_| StoreError::Timeout)??;
        Ok(())
    }
}

fn position(appended: &Appended) -> Option<i64> {
    if let Appended::Committed { position } = appended { Some(*position) } else { None }
}

/// A unique index refused (SQLSTATE 23505).
fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Data exception, integrity violation, or a limit of the server exceeded (SQLSTATE classes 22, 23, 54).
fn blames_data(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    // A position without a partition violates a check that has no name.
    let without_room = error.is_check_violation() && error.constraint().is_none();
    let blamed = |code: &str| ["22", "23", "54"].iter().any(|class| code.starts_with(class));
    !without_room && error.code().is_some_and(|code| blamed(&code))
}

/// One failure answers many commands, and database errors cannot be cloned.
fn same_kind(error: &StoreError) -> StoreError {
    match error {
        StoreError::Timeout => StoreError::Timeout,
        _ => StoreError::Unavailable(sqlx::Error::WorkerCrashed),
    }
}
