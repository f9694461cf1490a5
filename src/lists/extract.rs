use seiketsu_domain::aggregate::Refusal as _;
use seiketsu_domain::ids::{ListId, TenantId};
use seiketsu_domain::list::{
    AreaCodes, Author, ImportExtract, List, ListCommand, ListName, ListRefusal, RetireExtract, San,
};
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::crash_point;
use sqlx::PgConnection;
use uuid::Uuid;

use super::import::{self, Entry, ImportError, Imported, claim, record};
use super::max_age_days;
use super::numbers::Numbers;
use crate::command::{CommandError, Commands, Wish};
use crate::event_store::Pools;

/// Rows sent at once: 2.5 MB at most.
const ROWS: usize = 2000;
const DAY: i64 = 86_400;

/// What is said about an extract beside its numbers.
#[derive(Debug, Clone)]
pub struct NewExtract {
    pub list: ListName,
    pub san: Option<San>,
    pub area_codes: AreaCodes,
    /// The moment it shows.
    pub as_of: Timestamp,
    /// Believe it although it is less than half of the one before.
    pub accept_smaller: bool,
    pub author: Author,
}

impl NewExtract {
    /// The wish to take these numbers over.
    #[must_use]
    pub fn command(&self, wish: &Wish, numbers: &Numbers) -> ListCommand {
        ListCommand::ImportExtract(ImportExtract {
            organization_id: wish.tenant,
            list: self.list,
            san: self.san.clone(),
            area_codes: self.area_codes.clone(),
            as_of: self.as_of,
            sha256: numbers.sha256.clone(),
            count: u64::try_from(numbers.count).unwrap_or(u64::MAX),
            oldest: wish.at.plus_seconds(-i64::from(max_age_days(wish.at)) * DAY),
            accept_smaller: self.accept_smaller,
            author: self.author.clone(),
            at: wish.at,
        })
    }
}

/// Takes an extract over: all of it, or nothing. Answers when it counts. `progress` is told how many rows are written.
///
/// # Errors
/// See [`ImportError`].
pub async fn import_extract(
    pools: &Pools,
    commands: &Commands,
    wish: &Wish,
    extract: &NewExtract,
    numbers: &Numbers,
    mut progress: impl FnMut(usize) + Send,
) -> Result<Imported, ImportError> {
    let (tenant, id) = (wish.tenant, import::new_id());
    let entry = Entry {
        tenant,
        id,
        list: extract.list,
        san: extract.san.as_ref(),
        area_codes: as_columns(&extract.area_codes),
        as_of: extract.as_of,
        sha256: &numbers.sha256,
        count: numbers.count,
        author: &extract.author,
    };
    let command = extract.command(wish, numbers);
    let mut transaction = pools.write_as(tenant).await?;
    claim(&mut transaction, tenant, extract.list).await?;
    if let Some(recorded_at) = entry.existing(&mut transaction).await? {
        let (transaction, committed) = record(transaction, commands, wish, extract.list, command).await?;
        transaction.commit().await?;
        return Ok(Imported { committed, already: true, recorded_at });
    }
    for (index, rows) in numbers.rows.chunks(ROWS).enumerate() {
        insert(&mut transaction, tenant, id, rows).await?;
        crash_point::reached("list.rows");
        progress(index * ROWS + rows.len());
    }
    entry.conclude(transaction, commands, wish, command).await
}

async fn insert(
    connection: &mut PgConnection,
    tenant: TenantId,
    import: Uuid,
    rows: &[(u32, Vec<u8>)],
) -> Result<(), sqlx::Error> {
    let prefixes: Vec<i32> = rows.iter().filter_map(|(prefix, _)| i32::try_from(*prefix).ok()).collect();
    let numbers: Vec<&[u8]> = rows.iter().map(|(_, numbers)| numbers.as_slice()).collect();
    sqlx::query(
        "insert into list_numbers (tenant_id, import_id, prefix, numbers)
         select $1, $2, prefix, numbers from unnest($3::integer[], $4::bytea[]) as r(prefix, numbers)",
    )
    .bind(tenant.0)
    .bind(import)
    .bind(prefixes)
    .bind(numbers)
    .execute(connection)
    .await
    .map(drop)
}

/// Uses an extract no more, from a moment on that it answers with: the one before it counts again. What was decided on it
/// stays as it is.
///
/// # Errors
/// See [`ImportError`].
pub async fn retire(
    pools: &Pools,
    commands: &Commands,
    wish: &Wish,
    list: ListName,
    extract: RetireExtract,
) -> Result<Timestamp, ImportError> {
    let mut transaction = pools.write_as(wish.tenant).await?;
    claim(&mut transaction, wish.tenant, list).await?;
    let retired_at = import::soon();
    let held = mark_retired(&mut transaction, (wish.tenant, list), &extract, retired_at).await?;
    let command = ListCommand::RetireExtract(extract);
    match commands.execute::<List>(wish, ListId::of(wish.tenant, list).0, command).await {
        Ok(_) => {}
        // An earlier attempt broke off after its event.
        Err(CommandError::Refused(no)) if held && no.code == ListRefusal::ExtractNotFound.code() => {}
        Err(error) => {
            transaction.rollback().await?;
            return Err(error.into());
        }
    }
    transaction.commit().await?;
    import::settled(retired_at).await;
    Ok(retired_at)
}

/// Whether there was one to mark.
async fn mark_retired(
    connection: &mut PgConnection,
    (tenant, list): (TenantId, ListName),
    extract: &RetireExtract,
    retired_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let marked = sqlx::query(
        "update list_imports set retired_at = $5
          where tenant_id = $1 and list = $2 and as_of = $3 and sha256 = decode($4, 'hex') and retired_at is null",
    )
    .bind(tenant.0)
    .bind(list.to_string())
    .bind(extract.as_of.get())
    .bind(extract.sha256.as_str())
    .bind(retired_at.get())
    .execute(connection)
    .await?;
    Ok(marked.rows_affected() > 0)
}

/// Area codes as a column has them; each is below 1,000.
pub(super) fn as_columns(codes: &AreaCodes) -> Vec<i16> {
    codes.iter().filter_map(|code| i16::try_from(code.get()).ok()).collect()
}
