use seiketsu_domain::list::{Author, List, ListCommand, RecordAccess, San};
use seiketsu_domain::values::Timestamp;
use sqlx::PgConnection;

use super::extract::as_columns;
use super::import::{ImportError, claim, new_id, record, settled, soon};
use crate::command::{Commands, Committed, Wish};
use crate::event_store::Pools;

/// Records what the organization may take from the national registry, in place of what was recorded before. Answers when
/// it counts.
///
/// # Errors
/// See [`ImportError`].
pub async fn record_access(
    pools: &Pools,
    commands: &Commands,
    wish: &Wish,
    access: RecordAccess,
) -> Result<Committed<List>, ImportError> {
    let mut transaction = pools.write_as(wish.tenant).await?;
    claim(&mut transaction, wish.tenant, access.list).await?;
    let command = ListCommand::RecordAccess(access.clone());
    let (mut transaction, committed) = record(transaction, commands, wish, access.list, command).await?;
    let recorded_at = soon();
    let counts_already = is_newest(&mut transaction, &access).await?;
    if !counts_already {
        insert(&mut transaction, &access, recorded_at).await?;
    }
    transaction.commit().await?;
    if !counts_already {
        settled(recorded_at).await;
    }
    Ok(committed)
}

async fn is_newest(connection: &mut PgConnection, access: &RecordAccess) -> Result<bool, sqlx::Error> {
    let newest: Option<bool> = sqlx::query_scalar(
        "select (san, area_codes, valid_until) = ($2, $3::smallint[], $4) from registry_accesses
          where tenant_id = $1 order by recorded_at desc, id desc limit 1",
    )
    .bind(access.organization_id.0)
    .bind(access.san.as_str())
    .bind(as_columns(&access.area_codes))
    .bind(access.valid_until.get())
    .fetch_optional(connection)
    .await?;
    Ok(newest == Some(true))
}

async fn insert(
    connection: &mut PgConnection,
    access: &RecordAccess,
    recorded_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let RecordAccess { organization_id, san, area_codes, valid_until, author, .. } = access;
    let (san, Author { by, operator }): (&San, &Author) = (san, author);
    sqlx::query(
        "insert into registry_accesses (tenant_id, id, san, area_codes, valid_until, recorded_by, operator, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(organization_id.0)
    .bind(new_id())
    .bind(san.as_str())
    .bind(as_columns(area_codes))
    .bind(valid_until.get())
    .bind(by.0)
    .bind(operator.as_ref().map(|operator| operator.as_str()))
    .bind(recorded_at.get())
    .execute(connection)
    .await
    .map(drop)
}
