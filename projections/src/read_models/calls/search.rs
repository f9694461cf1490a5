//! Searching calls by their words.
//!
//! Words few calls have are looked up in the index, and only the calls found are filtered and sorted. Words many
//! calls have would make that slow, but then going through the calls in order soon fills a page.

use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Phone;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

/// From here on words count as common: as many calls are sorted in some 20 ms.
const COMMON: i32 = 10_000;

/// The longest search that is read to its end, in characters.
const LONGEST: usize = 500;

/// A search, prepared for a query.
pub(super) struct Search {
    text: String,
    /// All calls that may have the words; `None` where these are too many.
    found: Option<Vec<Uuid>>,
}

impl Search {
    /// `q` in the language of web searches: words, `"phrases"`, `or`, `-not`. Anything is a search; what holds no
    /// word finds nothing.
    pub(super) async fn prepare(read: &mut PgConnection, q: &str) -> Result<Self, sqlx::Error> {
        let text = readable(q);
        let found: Vec<Uuid> = sqlx::query_scalar("select read_models.calls_with_words($1, $2)")
            .bind(&text)
            .bind(COMMON)
            .fetch_one(read)
            .await?;
        let few = i32::try_from(found.len()).is_ok_and(|found| found < COMMON);
        Ok(Self { text, found: few.then_some(found) })
    }

    /// Appends the condition that a row of `calls` has the words.
    pub(super) fn push(self, query: &mut QueryBuilder<'_, Postgres>, tenant: TenantId) {
        if let Some(found) = self.found {
            query.push(" and id = any(").push_bind(found).push(")");
        } else {
            query.push(" and exists (select from read_models.call_words w where w.tenant_id = ");
            query.push_bind(tenant.0);
            query.push(" and w.call_id = calls.id and w.words @@ websearch_to_tsquery('simple', ");
            query.push_bind(self.text).push("))");
        }
    }
}

/// The search as Postgres can read it: no longer than needed, and a phone number as [`phone_words`] has it.
fn readable(q: &str) -> String {
    let text: String = q.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let is_phone = text.chars().all(|c| c.is_ascii_digit() || "+-(). /".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if is_phone && digits.len() >= 4 { format!("{digits} or {text}") } else { text }
}

/// What a phone number is found by: all its digits, or the last ten, seven or four.
pub(super) fn phone_words(phone: &Phone) -> String {
    let digits = phone.as_str().trim_start_matches('+');
    let endings = [10, 7, 4].iter().filter_map(|length| digits.get(digits.len().checked_sub(*length)?..));
    std::iter::once(digits).chain(endings).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{phone_words, readable};

    #[test]
    fn a_number_is_searched_without_its_separators() {
        assert_eq!(readable("+1 (415) 555-2671"), "14155552671 or +1 (415) 555-2671");
        assert_eq!(readable("two bedrooms"), "two bedrooms");
        assert_eq!(readable("a\0b"), "a b");
    }

    #[test]
    fn a_number_is_found_by_its_end() {
        let phone = "+14155552671".parse().expect("a number");
        assert_eq!(phone_words(&phone), "14155552671 4155552671 5552671 2671");
    }
}
