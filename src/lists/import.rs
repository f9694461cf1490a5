use std::time::Duration;

use chrono::{DateTime, Utc};
use seiketsu_domain::ids::{ListId, TenantId};
use seiketsu_domain::list::{Author, Digest, List, ListCommand, ListName, San};
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::crash_point;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::clock;
use crate::command::{CommandError, Commands, Committed, Wish};
use crate::event_store::TenantTransaction;
use crate::ids;

/// An import counts from so much later than its last step: by then everybody sees it.
pub(super) const SETTLING: Duration = Duration::from_millis(250);

/// Why nothing was taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The domain says no, or the event could not be appended.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Somebody else is importing the same list: 409, come back.
    #[error("another import of this list is under way")]
    UnderWay,
    /// The event may be recorded; importing the same again settles it.
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// What an import came to.
#[derive(Debug)]
pub struct Imported {
    /// The list after its event.
    pub committed: Committed<List>,
    /// The same had been taken over before: nothing changed.
    pub already: bool,
    /// It counts from here on.
    pub recorded_at: Timestamp,
}

/// What a row of `list_imports` says.
pub(super) struct Entry<'a> {
    pub tenant: TenantId,
    pub id: Uuid,
    pub list: ListName,
    pub san: Option<&'a San>,
    pub area_codes: Vec<i16>,
    pub as_of: Timestamp,
    pub sha256: &'a Digest,
    pub count: usize,
    pub author: &'a Author,
}

/// Takes a list for this transaction, so that two imports do not get into each other's way.
pub(super) async fn claim(
    connection: &mut PgConnection,
    tenant: TenantId,
    list: ListName,
) -> Result<(), ImportError> {
    let key = format!("list:{}:{list}", tenant.0);
    let free: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(key)
        .fetch_one(connection)
        .await?;
    if free { Ok(()) } else { Err(ImportError::UnderWay) }
}

/// Appends the event. Where it is refused, the transaction is undone and the list free at once.
pub(super) async fn record(
    transaction: TenantTransaction,
    commands: &Commands,
    wish: &Wish,
    list: ListName,
    command: ListCommand,
) -> Result<(TenantTransaction, Committed<List>), ImportError> {
    match commands.execute::<List>(wish, ListId::of(wish.tenant, list).0, command).await {
        Ok(committed) => Ok((transaction, committed)),
        Err(error) => {
            transaction.rollback().await?;
            Err(error.into())
        }
    }
}

impl Entry<'_> {
    /// Since when the same counts already.
    pub(super) async fn existing(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<Timestamp>, sqlx::Error> {
        let found: Option<DateTime<Utc>> = sqlx::query_scalar(
            "select recorded_at from list_imports
              where tenant_id = $1 and list = $2 and as_of = $3 and sha256 = decode($4, 'hex')
                and san is not distinct from $5 and area_codes = $6 and retired_at is null",
        )
        .bind(self.tenant.0)
        .bind(self.list.to_string())
        .bind(self.as_of.get())
        .bind(self.sha256.as_str())
        .bind(self.san.map(San::as_str))
        .bind(&self.area_codes)
        .fetch_optional(connection)
        .await?;
        Ok(found.map(Timestamp::new))
    }

    /// Records the event, then makes the import count; the last step of its transaction.
    pub(super) async fn conclude(
        &self,
        transaction: TenantTransaction,
        commands: &Commands,
        wish: &Wish,
        command: ListCommand,
    ) -> Result<Imported, ImportError> {
        let (mut transaction, committed) = record(transaction, commands, wish, self.list, command).await?;
        crash_point::reached("list.recorded");
        let recorded_at = soon();
        self.insert(&mut transaction, recorded_at).await?;
        transaction.commit().await?;
        settled(recorded_at).await;
        Ok(Imported { committed, already: false, recorded_at })
    }

    async fn insert(&self, connection: &mut PgConnection, recorded_at: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into list_imports (tenant_id, id, list, san, area_codes, as_of, sha256, count, imported_by, operator, recorded_at)
             values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $10, $11)",
        )
        .bind(self.tenant.0)
        .bind(self.id)
        .bind(self.list.to_string())
        .bind(self.san.map(San::as_str))
        .bind(&self.area_codes)
        .bind(self.as_of.get())
        .bind(self.sha256.as_str())
        .bind(i64::try_from(self.count).unwrap_or(i64::MAX))
        .bind(self.author.by.0)
        .bind(self.author.operator.as_ref().map(|operator| operator.as_str()))
        .bind(recorded_at.get())
        .execute(connection)
        .await
        .map(drop)
    }
}

/// The id of a new import.
pub(super) fn new_id() -> Uuid {
    ids::new()
}

/// When something recorded now is seen by everybody.
pub(super) fn soon() -> Timestamp {
    let settling = chrono::Duration::from_std(SETTLING).unwrap_or_default();
    Timestamp::new(clock::now().get() + settling)
}

/// Waits until something counts, so that whoever asks next gets it.
pub(super) async fn settled(recorded_at: Timestamp) {
    let left = recorded_at.millis_since(clock::now()) + 1;
    if let Ok(left) = u64::try_from(left) {
        tokio::time::sleep(Duration::from_millis(left)).await;
    }
}
