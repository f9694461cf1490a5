use chrono::{DateTime, Utc};
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::list::{Access, AreaCode, AreaCodes, Digest, ListName, San};
use seiketsu_domain::permission::pack::shipped;
use seiketsu_domain::values::Timestamp;
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use utoipa::ToSchema;

/// What an organization holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// What it may take from the national registry; absent where nobody recorded it.
    pub registry_access: Option<Access>,
    /// Whether that is over.
    pub registry_access_over: bool,
    /// An extract older than so many days may not be used for solicitations.
    pub max_age_days: u32,
    /// The latest imports of each list first; retired ones too.
    pub imports: Vec<Held>,
}

/// Something that was taken over.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldImport)]
pub struct Held {
    pub list: ListName,
    pub san: Option<San>,
    /// Empty: all of them.
    pub area_codes: AreaCodes,
    pub as_of: Timestamp,
    pub sha256: Digest,
    pub count: i64,
    pub imported_by: UserId,
    /// Somebody at the machine, as far as could be told.
    pub operator: Option<String>,
    pub recorded_at: Timestamp,
    pub retired_at: Option<Timestamp>,
    /// Whether it is too old to be used for solicitations.
    pub stale: bool,
}

/// After how many days an extract may not be used any more, by the rule packs; 0 where there are none.
#[must_use]
pub fn max_age_days(at: Timestamp) -> u32 {
    let book = shipped().map(|packs| packs.book(at));
    book.and_then(|book| book.registry.iter().map(|applied| applied.rule.max_age_days).min()).unwrap_or(0)
}

/// So many imports are shown.
const SHOWN: i64 = 1000;
const DAY: i64 = 86_400;

/// What an organization holds at `now`, by list, the latest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn overview(
    connection: &mut PgConnection,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Overview, sqlx::Error> {
    let access: Option<AccessRow> = sqlx::query_as(
        "select san, area_codes, valid_until from registry_accesses
          where tenant_id = $1 order by recorded_at desc, id desc limit 1",
    )
    .bind(tenant.0)
    .fetch_optional(&mut *connection)
    .await?;
    let rows: Vec<HeldRow> = sqlx::query_as(
        "select list, san, area_codes, as_of, encode(sha256, 'hex') as sha256, count, imported_by, operator, recorded_at, retired_at
           from list_imports where tenant_id = $1 order by list, as_of desc, recorded_at desc limit $2",
    )
    .bind(tenant.0)
    .bind(SHOWN)
    .fetch_all(connection)
    .await?;
    let max_age_days = max_age_days(now);
    let oldest = now.plus_seconds(-i64::from(max_age_days) * DAY);
    let access = access.map(AccessRow::access).transpose()?;
    Ok(Overview {
        registry_access_over: access.as_ref().is_some_and(|access| access.valid_until <= now),
        registry_access: access,
        max_age_days,
        imports: rows.into_iter().map(|row| row.held(oldest)).collect::<Result<_, _>>()?,
    })
}

#[derive(FromRow)]
struct AccessRow {
    san: String,
    area_codes: Vec<i16>,
    valid_until: DateTime<Utc>,
}

#[derive(FromRow)]
struct HeldRow {
    list: String,
    san: Option<String>,
    area_codes: Vec<i16>,
    as_of: DateTime<Utc>,
    sha256: String,
    count: i64,
    imported_by: uuid::Uuid,
    operator: Option<String>,
    recorded_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl AccessRow {
    fn access(self) -> Result<Access, sqlx::Error> {
        Ok(Access {
            san: San::try_new(&self.san).map_err(damaged)?,
            area_codes: area_codes(&self.area_codes)?,
            valid_until: Timestamp::new(self.valid_until),
        })
    }
}

impl HeldRow {
    fn held(self, oldest: Timestamp) -> Result<Held, sqlx::Error> {
        let list = ListName::try_new(&self.list).map_err(damaged)?;
        let as_of = Timestamp::new(self.as_of);
        Ok(Held {
            list,
            san: self.san.map(|san| San::try_new(&san)).transpose().map_err(damaged)?,
            area_codes: area_codes(&self.area_codes)?,
            as_of,
            sha256: Digest::try_new(&self.sha256).map_err(damaged)?,
            count: self.count,
            imported_by: UserId(self.imported_by),
            operator: self.operator,
            recorded_at: Timestamp::new(self.recorded_at),
            retired_at: self.retired_at.map(Timestamp::new),
            stale: list.has_extracts() && as_of < oldest,
        })
    }
}

fn area_codes(columns: &[i16]) -> Result<AreaCodes, sqlx::Error> {
    let code = |column: &i16| AreaCode::try_new(u16::try_from(*column).unwrap_or(0));
    columns.iter().map(code).collect::<Result<_, _>>().map_err(damaged)
}

/// A row that we did not write.
fn damaged(error: seiketsu_domain::values::ValueError) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
