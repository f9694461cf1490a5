use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::stream::{self, StreamExt};
use seiketsu_domain::consent::{Consent, ConsentCommand};
use seiketsu_domain::ids::ConsentId;
use seiketsu_domain::values::{Contact, Phone, Reason};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::command::{CommandError, Wish};
use crate::http::answer::json;
use crate::http::body;
use crate::http::problem::{FieldError, Problem};
use crate::http::request::{ConsentWrite, RawOrder};

/// Lines of one import; larger lists are sent in parts.
const MOST_LINES: usize = 10_000;
/// Commands under way at once.
const AT_ONCE: usize = 64;

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportResult {
    /// Numbers now on the list, whether or not they were before.
    listed: usize,
    /// Lines refused; the others count.
    refused: Vec<FieldError>,
}

/// Import numbers into the internal do-not-call list
///
/// CSV with a header line naming `phone` and optionally `reason`; at most 10,000 lines. Bad lines are refused one by
/// one, the others are listed. Repeating an import changes nothing.
#[utoipa::path(post, path = "/dnc/import", tag = "consents",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Imported", body = ImportResult)))]
pub async fn import_numbers(
    State(app): State<App>,
    headers: HeaderMap,
    order: RawOrder<ConsentWrite>,
) -> Result<Response, Problem> {
    body::require_csv(&headers)?;
    let text = std::str::from_utf8(&order.bytes)
        .map_err(|_| Problem::malformed("", "utf8_invalid", "the body must be UTF-8"))?;
    let parsed = parse(text)?;
    let wish = Arc::new(order.wish);
    let mut refused = parsed.refused;
    let mut listed = 0;
    let mut outcomes = stream::iter(parsed.lines)
        .map(|line| list_number(app.clone(), Arc::clone(&wish), line))
        .buffer_unordered(AT_ONCE);
    while let Some((number, outcome)) = outcomes.next().await {
        match outcome {
            Ok(()) => listed += 1,
            Err(CommandError::Refused(no)) => refused.push(line_error(number, no.code, &no.detail)),
            Err(error) => return Err(error.into()),
        }
    }
    drop(outcomes);
    refused.sort_by_key(|error| error.pointer.trim_start_matches("/lines/").parse::<usize>().unwrap_or(0));
    Ok(json(StatusCode::OK, &ImportResult { listed, refused }))
}

struct Line {
    number: usize,
    phone: Phone,
    reason: Reason,
}

#[derive(Default)]
struct Parsed {
    lines: Vec<Line>,
    refused: Vec<FieldError>,
}

fn line_error(number: usize, code: &str, detail: &str) -> FieldError {
    FieldError { pointer: format!("/lines/{number}"), code: code.to_owned(), detail: detail.to_owned() }
}

fn parse(text: &str) -> Result<Parsed, Problem> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| header.iter().position(|field| field.eq_ignore_ascii_case(name));
    let phone = column("phone")
        .ok_or_else(|| Problem::malformed("/lines/1", "column_missing", "the header line must name phone"))?;
    let reason = column("reason");
    let mut parsed = Parsed::default();
    let mut seen = HashSet::new();
    for (index, record) in reader.records().enumerate() {
        let number = index + 2;
        if index >= MOST_LINES {
            return Err(Problem::unacceptable("", "too_many_lines", "an import has at most 10,000 lines"));
        }
        match record.map_err(|_| csv_error()).and_then(|record| read(&record, number, phone, reason)) {
            Ok(line) if seen.insert(line.phone.clone()) => parsed.lines.push(line),
            Ok(_repeated) => {}
            Err((code, detail)) => parsed.refused.push(line_error(number, code, &detail)),
        }
    }
    Ok(parsed)
}

fn csv_error() -> (&'static str, String) {
    ("csv_invalid", "not a line of CSV".to_owned())
}

fn read(
    record: &csv::StringRecord,
    number: usize,
    phone: usize,
    reason: Option<usize>,
) -> Result<Line, (&'static str, String)> {
    let phone = Phone::try_new(record.get(phone).unwrap_or_default()).map_err(|e| (e.code, e.detail))?;
    let given = reason.and_then(|column| record.get(column)).filter(|text| !text.is_empty());
    let reason = Reason::try_new(given.unwrap_or("imported")).map_err(|e| (e.code, e.detail))?;
    Ok(Line { number, phone, reason })
}

async fn list_number(app: App, wish: Arc<Wish>, line: Line) -> (usize, Result<(), CommandError>) {
    let contact = Contact::Phone(line.phone);
    let consent_id = ConsentId::of(wish.tenant, &contact);
    let command = ConsentCommand::ListInternally {
        consent_id,
        organization_id: wish.tenant,
        contact,
        reason: line.reason,
        by: wish.actor,
        at: wish.at,
    };
    let outcome = app.commands.execute::<Consent>(&wish, consent_id.0, command).await;
    (line.number, outcome.map(drop))
}
