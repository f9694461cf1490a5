//! What belongs to one organization does not exist for the other: not to read, not to change, not to point at.

use reqwest::Method;
use serde_json::json;

use super::Office;
use crate::demo::DemoError;
use crate::demo::client::{Body, Order, Seen};
use crate::demo::report::Findings;

/// Resources of each kind that are tried.
const SAMPLES: usize = 10;

pub(super) async fn verify(
    office: &Office<'_>,
    other: &Office<'_>,
    found: &mut Findings,
) -> Result<(), DemoError> {
    let intruder = Intruder { office };
    let book = other.book;
    found.section(format!(
        "{}: isolation from {}",
        office.session.organization(),
        other.session.organization()
    ));
    let mut paths: Vec<String> = Vec::new();
    for call in book.calls.keys().take(SAMPLES) {
        paths.push(format!("/calls/{call}"));
        paths.extend(["transcript", "timeline", "events"].map(|part| format!("/calls/{call}/{part}")));
    }
    paths.extend(book.leads.keys().take(SAMPLES).map(|lead| format!("/leads/{lead}")));
    paths.extend(book.leads.keys().take(SAMPLES).map(|lead| format!("/leads/{lead}/timeline")));
    paths.extend(book.escalations.keys().take(SAMPLES).map(|id| format!("/escalations/{id}")));
    let told = intruder.reads(&paths).await?;
    found.each("reads find nothing", paths.len(), told);
    intruder.writes(other, found).await?;
    intruder.lists(other, found).await
}

struct Intruder<'a> {
    office: &'a Office<'a>,
}

impl Intruder<'_> {
    async fn reads(&self, paths: &[String]) -> Result<Vec<String>, DemoError> {
        let mut told = Vec::new();
        for path in paths {
            let answer = self.office.session.get(path, &[], Seen::Anything).await?;
            if answer.status != 404 {
                told.push(format!("{path}: {}", answer.outcome()));
            }
        }
        Ok(told)
    }

    async fn writes(&self, other: &Office<'_>, found: &mut Findings) -> Result<(), DemoError> {
        let book = other.book;
        let first = |ids: Option<&String>| ids.cloned().unwrap_or_default();
        let (call, lead) = (first(book.calls.keys().next()), first(book.leads.keys().next()));
        let attempts = [
            (format!("/calls/{call}/end"), json!({ "outcome": "failed" }), 404),
            (format!("/leads/{lead}/notes"), json!({ "text": "x" }), 404),
            ("/escalations".to_owned(), json!({ "callId": call, "trigger": "override", "reason": "x" }), 404),
            (
                "/calls".to_owned(),
                json!({
                    "phoneNumber": "+12015550100", "direction": "inbound", "leadId": lead,
                }),
                422,
            ),
        ];
        let mut told = Vec::new();
        for (place, (path, body, status)) in attempts.iter().enumerate() {
            let key = format!("{}-isolation-{place}", self.office.run.id);
            let body = Body::Json(body.clone());
            let order = Order { method: Method::POST, path, body: &body, key: &key, if_match: None };
            let answer = self.office.session.send(&order).await?;
            if answer.status != *status {
                told.push(format!("{path}: {status} expected, {}", answer.outcome()));
            }
        }
        found.each("writes reach nothing", attempts.len(), told);
        Ok(())
    }

    /// Filters that name what is the other's find nothing either.
    async fn lists(&self, other: &Office<'_>, found: &mut Findings) -> Result<(), DemoError> {
        let tag = other.run.tag();
        let mut rows = self.office.session.all("/leads", &[("tag", tag.as_str())], Seen::Anything).await?;
        rows.retain(|row| row["id"].as_str().is_some_and(|id| other.book.leads.contains_key(id)));
        for lead in other.book.leads.keys().take(SAMPLES) {
            rows.extend(self.office.session.all("/calls", &[("leadId", lead)], Seen::Anything).await?);
        }
        found.same("rows of the other in lists", 0, rows.len());
        Ok(())
    }
}
