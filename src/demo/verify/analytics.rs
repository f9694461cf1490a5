//! The analytics of each subject: what its totals grew by, and that its series come to its totals.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::dashboard::dotted;
use super::reckoning::{self, Figures};
use super::{Office, two_days};
use crate::demo::DemoError;
use crate::demo::client::{Seen, Session};
use crate::demo::compare::figures;
use crate::demo::report::Findings;

const SUBJECTS: &[&str] = &["calls", "leads", "agents", "escalations", "consent"];

/// The answers about a day and the one after it, by subject.
pub struct Totals(BTreeMap<&'static str, Value>);

impl Totals {
    pub(super) async fn read(
        session: &Session,
        day: DateTime<Utc>,
        seen: Seen<'_>,
    ) -> Result<Self, DemoError> {
        let (from, to) = two_days(day);
        let query = [("from", from.as_str()), ("to", to.as_str()), ("interval", "day")];
        let mut answers = BTreeMap::new();
        for subject in SUBJECTS {
            let path = format!("/analytics/{subject}");
            answers.insert(*subject, session.get(&path, &query, seen).await?.expect(200, &path)?);
        }
        Ok(Self(answers))
    }

    /// The first of the two days.
    pub(super) fn first_day(&self, subject: &str) -> &Value {
        self.0.get(subject).map_or(&Value::Null, |answer| &answer["series"][0])
    }

    fn totals(&self, subject: &str) -> Figures {
        self.0.get(subject).map(|answer| sums(&answer["totals"])).unwrap_or_default()
    }
}

/// The figures that add up.
fn sums(metrics: &Value) -> Figures {
    figures(metrics).into_iter().filter(|(name, _)| !name.ends_with("/average")).collect()
}

pub(super) async fn verify(
    office: &Office<'_>,
    seen: Seen<'_>,
    found: &mut Findings,
) -> Result<(), DemoError> {
    let after = Totals::read(office.session, office.before.day, seen).await?;
    for subject in SUBJECTS {
        office.section(found, &format!("analytics of {subject}, growth"));
        let expected = match *subject {
            "calls" => reckoning::calls(office.book.calls.values()),
            "leads" => reckoning::leads(office.book),
            "agents" => reckoning::agents(office.book),
            "escalations" => reckoning::escalations(office.book),
            _ => reckoning::consent(office.book),
        };
        growth(subject, &office.before.analytics.totals(subject), &after.totals(subject), &expected, found);
    }
    office.section(found, "analytics, series");
    for subject in SUBJECTS {
        series(subject, &after, found);
    }
    Ok(())
}

fn growth(subject: &str, before: &Figures, after: &Figures, expected: &Figures, found: &mut Findings) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).chain(expected.keys()).collect();
    let at = |figures: &Figures, name: &String| figures.get(name).copied().unwrap_or(0);
    let grown = |name: &String| at(after, name) - at(before, name);
    if subject == "agents" {
        // A few dozen figures each, told as one.
        let wrong = names.iter().filter(|name| at(expected, name) != grown(name));
        let told = wrong
            .map(|name| format!("{}: {} expected, {} found", dotted(name), at(expected, name), grown(name)));
        found.each("figures by agent", names.len(), told.collect());
        return;
    }
    names.iter().for_each(|name| found.same(dotted(name), at(expected, name), grown(name)));
}

/// The days together are the totals.
fn series(subject: &'static str, after: &Totals, found: &mut Findings) {
    let mut together = Figures::new();
    let days = after.0.get(subject).and_then(|answer| answer["series"].as_array());
    for day in days.into_iter().flatten() {
        sums(day).into_iter().for_each(|(name, by)| *together.entry(name).or_default() += by);
    }
    let totals = after.totals(subject);
    let wrong = totals.iter().filter(|(name, total)| together.get(*name).unwrap_or(&0) != *total);
    let told = wrong
        .map(|(name, total)| format!("{}: {total} in all, {:?} by day", dotted(name), together.get(name)));
    found.each(format!("{subject}: days come to the totals"), totals.len(), told.collect());
}
