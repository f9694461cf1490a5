//! Sort orders of lists, and pages that continue where the last one ended.
//!
//! A page starts at the key of the row before it (keyset), so the thousandth costs what the first costs, and rows
//! that do not move are neither skipped nor repeated. Three rules make that so:
//! - Rows with equal keys are told apart by `id`, which is the last key of every order.
//! - Sort columns are `not null`. A read model that sorts by something that may be absent stores what it sorts as
//!   (`infinity`, say), so that one index serves both directions and a comparison finds the page in it.
//! - Names come from a static list and values are bound: nothing a client sends becomes SQL.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::page::{AsOf, Cursor, Page, QueryError, fingerprint, rows_for};

/// A field a list may be sorted by.
#[derive(Debug)]
pub struct SortField {
    /// As clients write it.
    pub name: &'static str,
    /// A column, `not null`, of a type whose comparison is leakproof: else row-level security keeps it out of indexes.
    pub column: &'static str,
    /// The column's SQL type, which the text in a cursor is read as.
    pub sql_type: &'static str,
}

/// An order of rows: some fields and then the id, each ascending or descending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    keys: Vec<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    column: &'static str,
    sql_type: &'static str,
    descending: bool,
}

/// Why a sort order is refused. Does not repeat what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SortError {
    #[error("the list cannot be sorted by this field")]
    UnknownField,
    #[error("the list is sorted by the same field twice")]
    Repeated,
}

impl Sort {
    /// Reads `field,-other`; a dash turns the order of its field around. Rows that are equal in all of them follow
    /// in the order of their ids, in the direction of the last field.
    ///
    /// # Errors
    /// A field that is not `allowed`, or one named twice.
    pub fn parse(raw: &str, allowed: &'static [SortField]) -> Result<Self, SortError> {
        let mut keys: Vec<Key> = Vec::new();
        for part in raw.split(',') {
            let key = Key::parse(part, allowed)?;
            if keys.iter().any(|earlier| earlier.column == key.column) {
                return Err(SortError::Repeated);
            }
            keys.push(key);
        }
        Ok(Self::with_id(keys))
    }

    /// By one field.
    #[must_use]
    pub fn by(field: &SortField, descending: bool) -> Self {
        Self::with_id(vec![Key { column: field.column, sql_type: field.sql_type, descending }])
    }

    /// In the same order, and where rows are equal by another field.
    #[must_use]
    pub fn then(mut self, field: &SortField, descending: bool) -> Self {
        self.keys.pop();
        self.keys.push(Key { column: field.column, sql_type: field.sql_type, descending });
        Self::with_id(self.keys)
    }

    fn with_id(mut keys: Vec<Key>) -> Self {
        let descending = keys.last().is_some_and(|key| key.descending);
        keys.push(Key { column: "id", sql_type: "uuid", descending });
        Self { keys }
    }

    /// The keys of a row, as an SQL expression of type `text[]`: the first column a list selects.
    #[must_use]
    pub fn keys(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("{}::text", key.column)).collect();
        format!("array[{}]", keys.join(", "))
    }

    /// Appends ` order by …`.
    pub fn push_order(&self, query: &mut QueryBuilder<'_, Postgres>) {
        for (n, key) in self.keys.iter().enumerate() {
            query.push(if n == 0 { " order by " } else { ", " }).push(key.column);
            query.push(if key.descending { " desc" } else { "" });
        }
    }

    /// Appends ` and …`: the rows that come after the one with the keys `after`.
    pub fn push_keyset(&self, query: &mut QueryBuilder<'_, Postgres>, after: &[String]) {
        if self.keys.iter().all(|key| key.descending == self.keys[0].descending) {
            self.push_row_comparison(query, after);
        } else if let (Some(first), Some(value)) = (self.keys.first(), after.first()) {
            // Implied by what follows, but an index can start from it.
            query.push(" and ");
            first.push(query, if first.descending { "<=" } else { ">=" }, value);
            query.push(" and ");
            push_after(query, &self.keys, after);
        }
    }

    fn push_row_comparison(&self, query: &mut QueryBuilder<'_, Postgres>, after: &[String]) {
        let columns: Vec<&str> = self.keys.iter().map(|key| key.column).collect();
        let operator = if self.keys[0].descending { "<" } else { ">" };
        query.push(format!(" and ({}) {operator} (", columns.join(", ")));
        for (n, (key, value)) in self.keys.iter().zip(after).enumerate() {
            query.push(if n == 0 { "" } else { ", " }).push_bind(value.clone());
            query.push("::").push(key.sql_type);
        }
        query.push(")");
    }
}

impl Key {
    fn parse(part: &str, allowed: &'static [SortField]) -> Result<Self, SortError> {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        let field = allowed.iter().find(|field| field.name == name).ok_or(SortError::UnknownField)?;
        Ok(Self { column: field.column, sql_type: field.sql_type, descending })
    }

    /// Appends `column <operator> value`.
    fn push(&self, query: &mut QueryBuilder<'_, Postgres>, operator: &'static str, value: &str) {
        query.push(self.column).push(" ").push(operator).push(" ");
        query.push_bind(value.to_owned()).push("::").push(self.sql_type);
    }
}

/// Appends `(a > x or (a = x and (b < y or (b = y and …))))`.
fn push_after(query: &mut QueryBuilder<'_, Postgres>, keys: &[Key], after: &[String]) {
    let (Some((key, rest)), Some((value, later))) = (keys.split_first(), after.split_first()) else { return };
    query.push("(");
    key.push(query, if key.descending { "<" } else { ">" }, value);
    if !rest.is_empty() {
        query.push(" or (");
        key.push(query, "=", value);
        query.push(" and ");
        push_after(query, rest, later);
        query.push(")");
    }
    query.push(")");
}

/// One page of a sorted and filtered list of whole aggregates.
#[derive(Debug)]
pub struct Listing<'a> {
    sort: &'a Sort,
    mark: u64,
    after: Option<Vec<String>>,
    limit: i64,
}

impl<'a> Listing<'a> {
    /// The page after `cursor`, or the first. `filters` names the list and everything that selects its rows; a
    /// cursor of other filters or another order is refused.
    ///
    /// # Errors
    /// [`QueryError::BadCursor`].
    pub fn new(
        sort: &'a Sort,
        filters: &Value,
        cursor: Option<&str>,
        limit: i64,
    ) -> Result<Self, QueryError> {
        let order: Vec<_> = sort.keys.iter().map(|key| (key.column, key.descending)).collect();
        let mark = fingerprint(&json!({ "filters": filters, "order": order }));
        let after = cursor.map(|raw| Cursor::decode(raw, mark, sort.keys.len())).transpose()?;
        let after =
            after.map(|keys| keys.into_iter().collect::<Option<Vec<_>>>().ok_or(QueryError::BadCursor));
        Ok(Self { sort, mark, after: after.transpose()?, limit })
    }

    /// Appends where the page starts and the order, for a subquery of the first `rows` rows from there.
    pub fn push_start(&self, query: &mut QueryBuilder<'_, Postgres>, rows: i64) {
        if let Some(after) = &self.after {
            self.sort.push_keyset(query, after);
        }
        self.sort.push_order(query);
        query.push(" limit ").push_bind(rows);
    }

    /// Completes `query`, which must read `select <Sort::keys>, <state as text> from … where …`, and runs it.
    ///
    /// # Errors
    /// A cursor with keys that are none, a row that does not deserialise, or the database.
    pub async fn fetch<T: DeserializeOwned>(
        self,
        read: &mut PgConnection,
        mut query: QueryBuilder<'_, Postgres>,
        as_of: AsOf,
    ) -> Result<Page<T>, QueryError> {
        self.push_start(&mut query, rows_for(self.limit));
        // Planned for its values each time: which index serves a filter depends on what is looked for.
        let rows: Vec<(Vec<String>, String)> =
            query.build_query_as().persistent(false).fetch_all(read).await?;
        let cursor = |(keys, _): &(Vec<String>, String)| {
            Cursor::new(self.mark, keys.iter().cloned().map(Some).collect())
        };
        Ok(Page::cut(rows, self.limit, as_of, cursor).try_map(|(_, state)| serde_json::from_str(&state))?)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Postgres, QueryBuilder};

    use super::{Sort, SortError, SortField};

    const FIELDS: &[SortField] = &[
        SortField { name: "startedAt", column: "started_at", sql_type: "timestamptz" },
        SortField { name: "score", column: "score", sql_type: "smallint" },
    ];

    fn keyset(sort: &str, after: &[&str]) -> String {
        let sort = Sort::parse(sort, FIELDS).expect("a sort order");
        let mut query = QueryBuilder::<Postgres>::new("");
        sort.push_keyset(&mut query, &after.iter().map(|&key| key.to_owned()).collect::<Vec<_>>());
        sort.push_order(&mut query);
        query.into_sql()
    }

    #[test]
    fn one_direction_is_one_comparison_of_rows() {
        assert_eq!(
            keyset("-startedAt", &["t", "i"]),
            " and (started_at, id) < ($1::timestamptz, $2::uuid) order by started_at desc, id desc"
        );
    }

    #[test]
    fn mixed_directions_compare_key_by_key_from_where_an_index_can_start() {
        assert_eq!(
            keyset("score,-startedAt", &["7", "t", "i"]),
            " and score >= $1::smallint and (score > $2::smallint or (score = $3::smallint and \
             (started_at < $4::timestamptz or (started_at = $5::timestamptz and (id < $6::uuid))))) \
             order by score, started_at desc, id desc"
        );
    }

    #[test]
    fn only_listed_fields_sort_and_each_once() {
        for raw in ["", "-", "started_at", "startedAt,", " startedAt", "--score", "score;drop table calls"] {
            assert_eq!(Sort::parse(raw, FIELDS).expect_err(raw), SortError::UnknownField);
        }
        assert_eq!(Sort::parse("score,-score", FIELDS).expect_err("twice"), SortError::Repeated);
    }
}
