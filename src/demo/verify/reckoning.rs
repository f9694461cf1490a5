//! The figures a ledger comes to, named by the JSON pointers under which the API shows them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::demo::ledger::{CallRecord, Ledger, Record};

/// Figures by JSON pointer.
pub type Figures = BTreeMap<String, i64>;

/// Adds one to the figure at `pointer`.
fn count(figures: &mut Figures, pointer: impl Into<String>) {
    add(figures, pointer, 1);
}

fn add(figures: &mut Figures, pointer: impl Into<String>, by: i64) {
    *figures.entry(pointer.into()).or_default() += by;
}

/// Whether a lead is one to act on: hot, neither won nor lost, not archived.
#[must_use]
pub fn is_hot(lead: &Record) -> bool {
    let open = !["converted", "lost"].contains(&lead.text("status"));
    open && lead.shown["archived"] != true && lead.shown["qualification"]["band"] == "hot"
}

/// Whether an escalation still waits for somebody.
#[must_use]
pub fn is_open(escalation: &Value) -> bool {
    let status = escalation["status"].as_str().unwrap_or_default();
    ["raised", "acknowledged", "assigned", "connected"].contains(&status)
}

/// Seconds the call lasted, where somebody had picked up.
fn talk(call: &CallRecord) -> Option<i64> {
    let shown = &call.record.shown;
    shown["connectedAt"].as_str()?;
    shown["durationSeconds"].as_i64()
}

/// What the dashboard must have grown by. Averages, rates and the median are not sums and not here.
#[must_use]
pub fn dashboard(book: &Ledger) -> Figures {
    let mut figures = Figures::new();
    for call in book.calls.values() {
        let status = call.record.text("status");
        add(&mut figures, "/calls/active", i64::from(status == "active"));
        count(&mut figures, "/calls/startedToday");
        add(&mut figures, "/calls/completedToday", i64::from(status == "completed"));
        add(&mut figures, "/calls/escalatedToday", i64::from(call.record.shown["escalated"] == true));
    }
    for lead in book.leads.values() {
        count(&mut figures, "/leads/newToday");
        let shown = i64::from(lead.shown["archived"] != true);
        add(&mut figures, "/leads/total", shown);
        add(&mut figures, format!("/leads/byStatus/{}", lead.text("status")), shown);
        add(&mut figures, "/leads/hot", i64::from(is_hot(lead)));
    }
    for escalation in book.escalations.values() {
        let open = i64::from(is_open(&escalation.shown));
        add(&mut figures, "/escalations/open", open);
        add(&mut figures, format!("/escalations/byPriority/{}", escalation.text("priority")), open);
    }
    for (name, by) in consent(book) {
        let name = match name.as_str() {
            "/grants" | "/revocations" | "/checks" | "/denied" => format!("/consent{name}Today"),
            _ => format!("/consent{name}"),
        };
        add(&mut figures, name, by);
    }
    figures.remove("/consent/allowed");
    figures
}

/// What the totals of `analytics/calls` must have grown by.
#[must_use]
pub fn calls<'a>(calls: impl Iterator<Item = &'a CallRecord>) -> Figures {
    let mut figures = Figures::new();
    for call in calls {
        let (record, status) = (&call.record, call.record.text("status"));
        count(&mut figures, "/started");
        add(&mut figures, "/connected", i64::from(record.shown["connectedAt"].is_string()));
        add(&mut figures, "/completed", i64::from(status == "completed"));
        add(&mut figures, "/failed", i64::from(status == "failed"));
        add(&mut figures, "/escalated", i64::from(record.shown["escalated"] == true));
        add(&mut figures, format!("/byOutcome/{}", record.text("outcome")), i64::from(status != "active"));
        if let Some(seconds) = talk(call) {
            count(&mut figures, "/durationSeconds/count");
            add(&mut figures, "/durationSeconds/sum", seconds);
        }
        for milliseconds in &call.response_times_ms {
            count(&mut figures, "/responseTimeMs/count");
            add(&mut figures, "/responseTimeMs/sum", *milliseconds);
        }
    }
    figures
}

/// What the totals of `analytics/agents` must have grown by: the figures of calls, agent by agent.
#[must_use]
pub fn agents(book: &Ledger) -> Figures {
    let mut by_agent: BTreeMap<&str, Vec<&CallRecord>> = BTreeMap::new();
    for call in book.calls.values() {
        if let Some(agent) = call.record.shown["agentId"].as_str() {
            by_agent.entry(agent).or_default().push(call);
        }
    }
    let of_agent = |(agent, of): (&str, Vec<&CallRecord>)| {
        let figures = calls(of.into_iter()).into_iter();
        figures.map(|(name, by)| (format!("/byAgent/{agent}{name}"), by)).collect::<Vec<_>>()
    };
    by_agent.into_iter().flat_map(of_agent).collect()
}

/// What the totals of `analytics/leads` must have grown by.
#[must_use]
pub fn leads(book: &Ledger) -> Figures {
    let mut figures = Figures::new();
    add(&mut figures, "/created", i64::try_from(book.leads.len()).unwrap_or(i64::MAX));
    for (name, by) in &book.moves {
        match name.strip_prefix("value.") {
            Some(currency) => add(&mut figures, format!("/valueCents/{currency}"), *by),
            None => add(&mut figures, format!("/{name}"), *by),
        }
    }
    figures
}

/// What the totals of `analytics/escalations` must have grown by.
#[must_use]
pub fn escalations(book: &Ledger) -> Figures {
    let mut figures = Figures::new();
    for escalation in book.escalations.values() {
        let status = escalation.text("status");
        count(&mut figures, "/raised");
        add(&mut figures, "/resolved", i64::from(status == "resolved"));
        add(&mut figures, "/cancelled", i64::from(status == "cancelled"));
        if let Some(waited) = seconds_waited(&escalation.shown) {
            count(&mut figures, "/acknowledged");
            count(&mut figures, "/secondsToAcknowledge/count");
            add(&mut figures, "/secondsToAcknowledge/sum", waited);
        }
    }
    figures
}

/// Whole seconds from the raise to the first notice, where somebody took notice.
#[must_use]
pub fn seconds_waited(escalation: &Value) -> Option<i64> {
    let at = |key: &str| chrono::DateTime::parse_from_rfc3339(escalation[key].as_str()?).ok();
    Some((at("acknowledgedAt")? - at("raisedAt")?).num_seconds().max(0))
}

/// What the totals of `analytics/consent` must have grown by.
#[must_use]
pub fn consent(book: &Ledger) -> Figures {
    let events = book.events();
    let of_type = |name: &str| events.get(name).copied().unwrap_or(0);
    let mut figures = Figures::new();
    add(&mut figures, "/grants", of_type("consent.granted"));
    add(&mut figures, "/revocations", of_type("consent.revoked"));
    for (name, by) in &book.decisions {
        add(&mut figures, "/checks", *by);
        match name.strip_prefix("denied.") {
            Some(rule) => {
                add(&mut figures, "/denied", *by);
                add(&mut figures, format!("/deniedByRule/{rule}"), *by);
            }
            None => add(&mut figures, "/allowed", *by),
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{calls, consent, dashboard, escalations, is_hot};
    use crate::demo::ledger::{CallRecord, Ledger, Record};

    fn record(shown: serde_json::Value) -> Record {
        Record { shown, ..Record::default() }
    }

    #[test]
    fn hot_leads_are_those_to_act_on() {
        let hot = |status: &str, archived: bool| {
            is_hot(&record(json!({
                "status": status, "archived": archived, "qualification": { "band": "hot" },
            })))
        };
        assert!(hot("qualified", false) && hot("appointment_set", false));
        assert!(!hot("converted", false) && !hot("lost", false) && !hot("qualified", true));
    }

    #[test]
    fn archived_leads_are_new_but_not_among_the_total() {
        let mut book = Ledger::default();
        book.leads.insert("a".into(), record(json!({ "status": "lost", "archived": true })));
        let figures = dashboard(&book);
        assert_eq!((figures["/leads/newToday"], figures["/leads/total"]), (1, 0));
    }

    #[test]
    fn only_calls_that_were_answered_have_a_duration() {
        let call = |connected: bool| CallRecord {
            record: record(json!({
                "status": "completed", "outcome": "completed", "durationSeconds": 3,
                "connectedAt": connected.then_some("2026-01-01T00:00:00.000Z"),
            })),
            ..CallRecord::default()
        };
        let both = [call(true), call(false)];
        let figures = calls(both.iter());
        assert_eq!((figures["/started"], figures["/connected"]), (2, 1));
        assert_eq!((figures["/durationSeconds/count"], figures["/durationSeconds/sum"]), (1, 3));
    }

    #[test]
    fn waiting_is_counted_in_whole_seconds() {
        let mut book = Ledger::default();
        let seen = json!({
            "status": "resolved", "raisedAt": "2026-01-01T00:00:00.000Z", "acknowledgedAt": "2026-01-01T00:00:02.900Z",
        });
        book.escalations.insert("e".into(), record(seen));
        assert_eq!(escalations(&book)["/secondsToAcknowledge/sum"], 2);
    }

    #[test]
    fn denials_are_counted_by_rule() {
        let decisions = [("allowed".to_owned(), 2), ("denied.REVOKED".to_owned(), 3)].into();
        let book = Ledger { decisions, ..Ledger::default() };
        let figures = consent(&book);
        assert_eq!((figures["/checks"], figures["/denied"], figures["/deniedByRule/REVOKED"]), (5, 3, 3));
        assert_eq!(dashboard(&book)["/consent/deniedToday"], 3);
    }
}
