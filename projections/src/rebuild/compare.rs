//! Two models at the same place: do they hold the same?

use sqlx::PgConnection;

use crate::projection::Projection;

/// How a rebuilt model compares with the live one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Both were looked at in one snapshot, with the same events applied.
    Compared(Vec<TableComparison>),
    /// The live model does not come to where the rebuilt one stands: it lacks so many positions.
    Behind(i64),
}

/// One table of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableComparison {
    pub table: String,
    pub live_rows: i64,
    pub rebuilt_rows: i64,
    /// `None` where both hold the same rows.
    pub difference: Option<Difference>,
}

/// Where two tables differ, in rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub only_live: i64,
    pub only_rebuilt: i64,
    /// In both, with other values.
    pub changed: i64,
    /// The first few: primary key, and the columns that differ. No values, which may be personal.
    pub sample: Vec<String>,
}

/// Rows shown of a table that differs.
const SAMPLE: i64 = 5;

impl Comparison {
    /// Whether it is proven that both hold the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        match self {
            Self::Compared(tables) => tables.iter().all(|table| table.difference.is_none()),
            Self::Behind(_) => false,
        }
    }
}

/// Compares the tables in `schema` with the live ones, as the transaction of `snapshot` sees both.
pub(super) async fn tables(
    snapshot: &mut PgConnection,
    projection: &dyn Projection,
    schema: &str,
) -> Result<Vec<TableComparison>, sqlx::Error> {
    let mut compared = Vec::new();
    for table in projection.tables() {
        let live = contents(&mut *snapshot, "read_models", table).await?;
        let rebuilt = contents(&mut *snapshot, schema, table).await?;
        let difference =
            if live == rebuilt { None } else { Some(difference(&mut *snapshot, schema, table).await?) };
        let table = (*table).to_owned();
        compared.push(TableComparison { table, live_rows: live.0, rebuilt_rows: rebuilt.0, difference });
    }
    Ok(compared)
}

/// Rows, and the sum of their hashes: the same rows in any order give the same.
async fn contents(
    snapshot: &mut PgConnection,
    schema: &str,
    table: &str,
) -> Result<(i64, String), sqlx::Error> {
    sqlx::query_as(&format!(
        "select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {schema}.{table} t"
    ))
    .fetch_one(snapshot)
    .await
}

async fn difference(
    snapshot: &mut PgConnection,
    schema: &str,
    table: &str,
) -> Result<Difference, sqlx::Error> {
    let key = key(&mut *snapshot, table).await?;
    let pairs = format!("read_models.{table} l full join {schema}.{table} r using ({key})");
    let (only_live, only_rebuilt, changed) = sqlx::query_as(&format!(
        "select count(*) filter (where r is null), count(*) filter (where l is null),
                count(*) filter (where l::text <> r::text) from {pairs}"
    ))
    .fetch_one(&mut *snapshot)
    .await?;
    let sample = sqlx::query_scalar(&format!(
        "select concat_ws(' ', {key}) || case
                    when r is null then ': only live'
                    when l is null then ': only rebuilt'
                    else coalesce((select ': ' || string_agg(a.key, ', ' order by a.key)
                                     from jsonb_each(to_jsonb(l)) a join jsonb_each(to_jsonb(r)) b using (key)
                                    where a.value is distinct from b.value), ': the same, written otherwise')
                end
           from {pairs} where l is null or r is null or l::text <> r::text limit {SAMPLE}"
    ))
    .fetch_all(snapshot)
    .await?;
    Ok(Difference { only_live, only_rebuilt, changed, sample })
}

/// The columns of a table's primary key, separated by commas.
async fn key(snapshot: &mut PgConnection, table: &str) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(
        "select string_agg(quote_ident(a.attname), ', ' order by array_position(i.indkey::smallint[], a.attnum))
           from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
          where i.indrelid = ('read_models.' || $1)::regclass and i.indisprimary",
    )
    .bind(table)
    .fetch_one(snapshot)
    .await
}
