//! The dashboard: what grew against the ledger, what is no sum against the rows it is taken of.

use chrono::DateTime;
use serde_json::Value;

use super::reckoning::{dashboard, is_open, seconds_waited};
use super::{Office, analytics, day_of};
use crate::demo::DemoError;
use crate::demo::client::{Seen, Session};
use crate::demo::compare::figures;
use crate::demo::report::Findings;

/// Figures that do not add up from one moment to another; they are reckoned anew instead.
const NO_SUMS: &[&str] = &[
    "/asOf/position",
    "/calls/averageDurationSeconds",
    "/calls/averageResponseTimeMs",
    "/leads/conversionRate",
    "/escalations/overdue",
    "/escalations/medianSecondsToAcknowledge",
];

/// Figures of the day, and where analytics has the same.
const OF_TODAY: &[(&str, &str, &str)] = &[
    ("/calls/startedToday", "calls", "/started"),
    ("/calls/completedToday", "calls", "/completed"),
    ("/calls/escalatedToday", "calls", "/escalated"),
    ("/leads/newToday", "leads", "/created"),
    ("/consent/grantsToday", "consent", "/grants"),
    ("/consent/revocationsToday", "consent", "/revocations"),
    ("/consent/checksToday", "consent", "/checks"),
    ("/consent/deniedToday", "consent", "/denied"),
];

/// The dashboard.
pub(super) async fn read(session: &Session, seen: Seen<'_>) -> Result<Value, DemoError> {
    session.get("/analytics/dashboard", &[], seen).await?.expect(200, "the dashboard")
}

/// Returns whether the day changed since the run began: then figures of the day have begun anew.
pub(super) async fn verify(
    office: &Office<'_>,
    seen: Seen<'_>,
    found: &mut Findings,
) -> Result<bool, DemoError> {
    let after = read(office.session, seen).await?;
    let crossed = day_of(&after) != office.before.day;
    office.section(found, "dashboard, growth");
    growth(office, &after, crossed, found);
    office.section(found, "dashboard, reckoned anew");
    of_today(office, &after, seen, found).await?;
    let rows = office.session.all("/escalations", &[], seen).await?;
    of_escalations(&after, &rows, found);
    found.same("leads.conversionRate", conversion_rate(&after), text(&after["leads"]["conversionRate"]));
    Ok(crossed)
}

fn growth(office: &Office<'_>, after: &Value, crossed: bool, found: &mut Findings) {
    let expected = dashboard(office.book);
    let (before, after) = (figures(&office.before.dashboard), figures(after));
    let names = before.keys().chain(after.keys()).chain(expected.keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    for name in names {
        let of_the_day = name.contains("Today") || name.contains("deniedByRule");
        if NO_SUMS.contains(&name.as_str()) || (crossed && of_the_day) {
            continue;
        }
        let at = |figures: &std::collections::BTreeMap<String, i64>| figures.get(name).copied().unwrap_or(0);
        found.same(dotted(name), at(&expected), at(&after) - at(&before));
    }
}

/// The figures of the day are those analytics has for it, and the averages follow from its sums.
async fn of_today(
    office: &Office<'_>,
    dashboard: &Value,
    seen: Seen<'_>,
    found: &mut Findings,
) -> Result<(), DemoError> {
    let totals = analytics::Totals::read(office.session, day_of(dashboard), seen).await?;
    for (pointer, subject, name) in OF_TODAY {
        let reckoned = text(totals.first_day(subject).pointer(name).unwrap_or(&Value::Null));
        found.same(format!("{} is that of analytics", dotted(pointer)), reckoned, at(dashboard, pointer));
    }
    let calls = totals.first_day("calls");
    for (pointer, name) in [
        ("/calls/averageDurationSeconds", "durationSeconds"),
        ("/calls/averageResponseTimeMs", "responseTimeMs"),
    ] {
        let sum_and_count = (calls[name]["sum"].as_i64(), calls[name]["count"].as_i64());
        found.same(dotted(pointer), average(sum_and_count), at(dashboard, pointer));
    }
    Ok(())
}

/// Rounded half up; null of nothing.
fn average(sum_and_count: (Option<i64>, Option<i64>)) -> String {
    match sum_and_count {
        (Some(sum), Some(count)) if count > 0 => ((sum + count / 2) / count).to_string(),
        _ => "null".to_owned(),
    }
}

fn of_escalations(dashboard: &Value, rows: &[Value], found: &mut Findings) {
    let now = time(&dashboard["asOf"], "time");
    let late = |row: &&Value| is_open(row) && row["acknowledgedAt"].is_null() && time(row, "dueAt") <= now;
    let overdue = rows.iter().filter(late).count();
    found.same("escalations.overdue", overdue.to_string(), at(dashboard, "/escalations/overdue"));
    let today = day_of(dashboard).date_naive();
    let noticed_today = |row: &&Value| time(row, "acknowledgedAt").is_some_and(|at| at.date_naive() == today);
    let mut waited: Vec<i64> = rows.iter().filter(noticed_today).filter_map(seconds_waited).collect();
    waited.sort_unstable();
    let pointer = "/escalations/medianSecondsToAcknowledge";
    found.same(dotted(pointer), median(&waited), at(dashboard, pointer));
}

fn time(row: &Value, key: &str) -> Option<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(row[key].as_str()?).ok()
}

/// Of an even number the mean of the middle two, rounded half up; null of nothing.
fn median(sorted: &[i64]) -> String {
    let middle = sorted.len() / 2;
    match (sorted.len(), sorted.len() % 2) {
        (0, _) => "null".to_owned(),
        (_, 1) => sorted[middle].to_string(),
        _ => (sorted[middle - 1] + sorted[middle]).midpoint(1).to_string(),
    }
}

/// The share of leads that are converted, to six decimals.
fn conversion_rate(dashboard: &Value) -> String {
    let number = |value: &Value| value.as_i64().unwrap_or(0) as f64;
    let (converted, total) =
        (number(&dashboard["leads"]["byStatus"]["converted"]), number(&dashboard["leads"]["total"]));
    if total == 0.0 { "null".to_owned() } else { text(&Value::from((converted / total * 1e6).round() / 1e6)) }
}

fn at(value: &Value, pointer: &str) -> String {
    text(value.pointer(pointer).unwrap_or(&Value::Null))
}

fn text(value: &Value) -> String {
    value.to_string()
}

/// `/calls/active` as `calls.active`.
pub(super) fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use super::{average, median};

    #[test]
    fn medians_and_averages_are_rounded_half_up() {
        assert_eq!(median(&[]), "null");
        assert_eq!((median(&[4]), median(&[1, 2]), median(&[1, 3])), ("4".into(), "2".into(), "2".into()));
        assert_eq!((average((Some(3), Some(2))), average((Some(0), Some(0)))), ("2".into(), "null".into()));
    }
}
