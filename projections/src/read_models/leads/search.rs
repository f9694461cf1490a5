//! Lists of leads that have certain words.
//!
//! There are two ways to such a list. Walking down the list and looking at each lead is quick where many have the
//! words; asking the index of words for all that have them, and sorting those, is quick where few have. Which it is
//! shows at the beginning of the list. Measured with a million leads: a row costs 0.8 µs to walk over and 4 µs to
//! fetch by the index.

use seiketsu_domain::ids::TenantId;
use seiketsu_domain::lead::Lead;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::LeadFilter;
use super::query::select;
use crate::page::{AsOf, MAX_LIMIT, Page, QueryError};
use crate::sort::Sort;

/// Leads looked at before anything else.
const STRETCH: i64 = 2000;
/// Leads looked at at most.
const LONGEST: i64 = 8000;
/// A term is common when more of the first leads than these have it: one in a hundred.
const COMMON: i64 = STRETCH / 100;

pub(super) struct Search<'a> {
    pub tenant: TenantId,
    pub filter: &'a LeadFilter,
    pub sort: &'a Sort,
    /// See [`super::words::terms`]; not empty.
    pub terms: Vec<String>,
}

impl Search<'_> {
    /// One page of what passes the filter and has all terms.
    pub async fn page(&self, read: &mut PgConnection, as_of: AsOf) -> Result<Page<Lead>, QueryError> {
        let mut rows = STRETCH;
        loop {
            let page = self.walk(&mut *read, rows, as_of).await?;
            if page.has_more {
                return Ok(page);
            }
            match self.promising(rows, page.data.len()) {
                Some(more) => rows = more,
                None => break,
            }
        }
        let telling = self.telling(&mut *read).await?;
        let query = self.by_index(&telling.join(" & "));
        self.filter.listing(self.sort)?.fetch(read, query, as_of).await
    }

    /// How far to walk for a full page, where that many of the first `rows` had the terms; half as far again, as they
    /// are not spread evenly. `None` where the index is the shorter way.
    fn promising(&self, rows: i64, found: usize) -> Option<i64> {
        let wanted = self.filter.limit.clamp(1, MAX_LIMIT) + 1;
        let found = i64::try_from(found).ok().filter(|found| *found > 0)?;
        Some(rows * wanted * 3 / (found * 2)).filter(|more| rows < *more && *more <= LONGEST)
    }

    /// Those among the next `rows` leads of the list.
    async fn walk(&self, read: &mut PgConnection, rows: i64, as_of: AsOf) -> Result<Page<Lead>, QueryError> {
        let mut query = select(self.tenant, self.sort);
        self.push_stretch(&mut query, rows)?;
        query.push(" where words @@ ").push_bind(self.terms.join(" & ")).push("::tsquery");
        self.filter.listing(self.sort)?.fetch(read, query, as_of).await
    }

    /// The terms to ask the index for: those that are not common, or else all. The index gathers everything that has
    /// a term before it compares, so a common one costs more than it spares.
    async fn telling(&self, read: &mut PgConnection) -> Result<Vec<&str>, QueryError> {
        let all = || self.terms.iter().map(String::as_str);
        if self.terms.len() == 1 {
            return Ok(all().collect());
        }
        let mut query = QueryBuilder::new("select array[");
        for (n, term) in self.terms.iter().enumerate() {
            query.push(if n == 0 { "" } else { ", " });
            query.push("count(*) filter (where words @@ ").push_bind(term.clone()).push("::tsquery)");
        }
        query.push("] from ");
        self.push_stretch(&mut query, STRETCH)?;
        let counts: Vec<i64> = query.build_query_scalar().persistent(false).fetch_one(read).await?;
        let rare: Vec<&str> =
            all().zip(counts).filter(|(_, count)| *count <= COMMON).map(|(term, _)| term).collect();
        Ok(if rare.is_empty() { all().collect() } else { rare })
    }

    /// All that have the terms, found by those that are `telling`.
    fn by_index(&self, telling: &str) -> QueryBuilder<'static, Postgres> {
        let mut query = select(self.tenant, self.sort);
        query.push("read_models.leads_with_words(").push_bind(telling.to_owned()).push("::tsquery, ");
        query.push_bind(self.terms.join(" & ")).push("::tsquery) leads where true");
        self.filter.push(&mut query);
        query
    }

    /// Appends the next `rows` leads of the list, as a table.
    fn push_stretch(&self, query: &mut QueryBuilder<'static, Postgres>, rows: i64) -> Result<(), QueryError> {
        query.push("(select * from read_models.leads where tenant_id = ").push_bind(self.tenant.0);
        self.filter.push(query);
        self.filter.listing(self.sort)?.push_start(query, rows);
        query.push(") leads");
        Ok(())
    }
}
