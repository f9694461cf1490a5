//! What all lists share: limits, cursors, sort orders, and how fresh the answer is.
//!
//! A cursor is the sort key of the last row, so pages neither skip nor repeat rows that did not move. It is bound
//! to the sort order and filters it was made with; another query refuses it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

use crate::Projection;

/// One page of rows and the way to the next.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub data: Vec<T>,
    pub next_cursor: Option<String>,
    pub has_more: bool,
    pub as_of: AsOf,
}

/// The most rows on one page.
pub const MAX_LIMIT: i64 = 100;

/// How many rows to ask the database for: one more than are shown tells whether there are more.
#[must_use]
pub fn rows_for(limit: i64) -> i64 {
    limit.clamp(1, MAX_LIMIT) + 1
}

impl<T> Page<T> {
    /// The page that starts with `rows`, of which there are up to [`rows_for`] `limit`. `cursor` tells where a row
    /// ends a page.
    pub fn cut(mut rows: Vec<T>, limit: i64, as_of: AsOf, cursor: impl Fn(&T) -> Cursor) -> Self {
        let shown = usize::try_from(limit.clamp(1, MAX_LIMIT)).unwrap_or(usize::MAX);
        let has_more = rows.len() > shown;
        rows.truncate(shown);
        let next_cursor = rows.last().filter(|_| has_more).map(|last| cursor(last).encode());
        Self { data: rows, next_cursor, has_more, as_of }
    }

    /// The same page of other values.
    ///
    /// # Errors
    /// The first of `convert`.
    pub fn try_map<U, E>(self, convert: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let data = self.data.into_iter().map(convert).collect::<Result<_, _>>()?;
        Ok(Page { data, next_cursor: self.next_cursor, has_more: self.has_more, as_of: self.as_of })
    }
}

/// How fresh an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AsOf {
    /// Everything up to this position is in the answer.
    pub position: i64,
    /// The answer shows the state of this moment.
    pub time: Timestamp,
}

/// Why a list query is refused.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("the cursor does not belong to this query")]
    BadCursor,
    #[error(transparent)]
    Database(sqlx::Error),
    /// A row of ours does not deserialise.
    #[error(transparent)]
    Row(#[from] serde_json::Error),
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        // Filters are typed before they get here, so data that does not convert can only come from a cursor.
        let code = error.as_database_error().and_then(|error| error.code());
        if code.is_some_and(|code| code.starts_with("22")) { Self::BadCursor } else { Self::Database(error) }
    }
}

/// The sort key of the last row of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// Fingerprint of sort order and filters.
    f: u64,
    /// The values of the sort columns, as text.
    k: Vec<Option<String>>,
}

impl Cursor {
    #[must_use]
    pub fn new(fingerprint: u64, keys: Vec<Option<String>>) -> Self {
        Self { f: fingerprint, k: keys }
    }

    #[must_use]
    pub fn encode(&self) -> String {
        BASE64.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The sort key of the last row seen.
    ///
    /// # Errors
    /// Not one of our cursors, or one of another query.
    pub fn decode(raw: &str, fingerprint: u64, columns: usize) -> Result<Vec<Option<String>>, QueryError> {
        let bytes = BASE64.decode(raw).map_err(|_| QueryError::BadCursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| QueryError::BadCursor)?;
        let clean = cursor.k.iter().flatten().all(|key| !key.contains('\0'));
        if cursor.f == fingerprint && cursor.k.len() == columns && clean {
            Ok(cursor.k)
        } else {
            Err(QueryError::BadCursor)
        }
    }
}

/// A stable fingerprint of whatever makes one query differ from another.
#[must_use]
pub fn fingerprint(parts: &Value) -> u64 {
    // FNV-1a: stable over processes and releases, which the standard hasher is not.
    parts
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How fresh a projection is, as seen by the reading transaction. Ask before reading the rows.
///
/// # Errors
/// The database cannot be reached.
pub async fn as_of(
    read: &mut PgConnection,
    projection: &dyn Projection,
    tenant: TenantId,
) -> Result<AsOf, sqlx::Error> {
    let (position, time): (i64, DateTime<Utc>) = sqlx::query_as(
        "with mark as (select projection_watermark($1, $2) as position)
         select mark.position,
                case when mark.position >= coalesce((select max(e.position) from public.events e where e.tenant_id = $3), 0)
                     then now()
                     else coalesce((select max(moved_at) from public.projection_checkpoints
                                     where projection = $1 and version = $2), now())
                end
           from mark",
    )
    .bind(projection.name())
    .bind(projection.version())
    .bind(tenant.0)
    .fetch_one(read)
    .await?;
    Ok(AsOf { position, time: Timestamp::new(time) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Cursor, fingerprint};

    #[test]
    fn a_cursor_returns_its_keys_to_its_own_query_only() {
        let mine = fingerprint(&json!({"sort": "score"}));
        let cursor = Cursor::new(mine, vec![Some("70".into()), None]).encode();
        assert_eq!(Cursor::decode(&cursor, mine, 2).expect("mine"), vec![Some("70".into()), None]);
        assert!(Cursor::decode(&cursor, fingerprint(&json!({"sort": "createdAt"})), 2).is_err());
        assert!(Cursor::decode(&cursor, mine, 1).is_err());
        assert!(Cursor::decode("not a cursor", mine, 1).is_err());
    }
}
