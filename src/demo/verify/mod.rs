//! Reads everything back and holds it against the ledger.
//!
//! The server may know earlier days, so counters are read before the run and after it, and their growth is compared.
//! Nothing else may work in the two organizations meanwhile; where somebody does, the feed shows it and the report
//! says so.

mod analytics;
mod consent;
mod dashboard;
mod details;
mod feed;
mod isolation;
mod lists;
mod reckoning;

use chrono::{DateTime, Days, NaiveTime, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::DemoError;
use super::client::{Seen, Session};
use super::day::{Run, time};
use super::ledger::Ledger;
use super::report::Findings;

/// What there was before the run.
pub struct Baseline {
    dashboard: Value,
    analytics: analytics::Totals,
    /// Where the feed stood.
    cursor: String,
    /// The day it was, in UTC.
    day: DateTime<Utc>,
}

/// One organization after the run.
pub struct Office<'a> {
    pub session: &'a Session,
    pub before: &'a Baseline,
    pub book: &'a Ledger,
    pub run: &'a Run,
}

impl Baseline {
    /// Reads the counters and the end of the feed.
    ///
    /// # Errors
    /// A query is refused or not answered.
    pub async fn take(session: &Session) -> Result<Self, DemoError> {
        let latest = session.get("/events", &[("after", "latest"), ("limit", "1")], Seen::Anything).await?;
        let cursor = latest.cursor.clone().unwrap_or_default();
        latest.expect(200, "the event feed")?;
        let dashboard = dashboard::read(session, Seen::Anything).await?;
        let day = day_of(&dashboard);
        let analytics = analytics::Totals::read(session, day, Seen::Anything).await?;
        Ok(Self { dashboard, analytics, cursor, day })
    }
}

impl Office<'_> {
    /// Reads everything back. Returns whether the day changed meanwhile.
    ///
    /// # Errors
    /// The server does not answer any more. A query that is refused is a finding, as is what is answered and wrong.
    pub async fn verify(&self, found: &mut Findings) -> Result<bool, DemoError> {
        let head = told(feed::verify(self, found).await, found)?.unwrap_or(0);
        let seen = Seen::Position(head);
        let crossed = told(dashboard::verify(self, seen, found).await, found)?;
        told(analytics::verify(self, seen, found).await, found)?;
        told(lists::verify(self, seen, found).await, found)?;
        told(details::verify(self, seen, found).await, found)?;
        told(consent::verify(self, seen, found).await, found)?;
        Ok(crossed.unwrap_or(false))
    }

    /// Nothing of `other` may be seen or touched from here.
    ///
    /// # Errors
    /// See [`Office::verify`].
    pub async fn verify_isolation(&self, other: &Self, found: &mut Findings) -> Result<(), DemoError> {
        told(isolation::verify(self, other, found).await, found).map(drop)
    }

    fn section(&self, found: &mut Findings, name: &str) {
        found.section(format!("{}: {name}", self.session.organization()));
    }
}

/// A query that is refused ends its part and is told; the others go on.
fn told<T>(part: Result<T, DemoError>, found: &mut Findings) -> Result<Option<T>, DemoError> {
    match part {
        Ok(value) => Ok(Some(value)),
        Err(refused @ DemoError::Answer { .. }) => {
            found.each("queries are answered", 1, vec![refused.to_string()]);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The beginning of the day the dashboard shows.
fn day_of(dashboard: &Value) -> DateTime<Utc> {
    let shown = dashboard["asOf"]["time"].as_str().and_then(|raw| DateTime::parse_from_rfc3339(raw).ok());
    shown.unwrap_or_default().to_utc().date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// A day and the one after it, which the run may reach into.
fn two_days(day: DateTime<Utc>) -> (String, String) {
    (time(day), time(day.checked_add_days(Days::new(2)).unwrap_or(day)))
}

/// Questions asked at once.
const AT_ONCE: usize = 16;

/// Asks about each item, several at once; what is wrong comes back as sentences.
async fn ask_each<T, F, A>(items: impl IntoIterator<Item = T>, ask: A) -> Result<Vec<String>, DemoError>
where
    A: Fn(T) -> F,
    F: Future<Output = Result<Option<String>, DemoError>>,
{
    let asked = stream::iter(items).map(ask).buffer_unordered(AT_ONCE);
    asked.try_filter_map(|problem| async move { Ok(problem) }).try_collect().await
}

/// The ids of rows.
fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().filter_map(|row| row["id"].as_str().map(str::to_owned)).collect()
}
