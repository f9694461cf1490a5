use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::list::ListName;
use seiketsu_domain::values::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Report, author, report};
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::{ConsentWrite, Upload};
use crate::lists::{self, FileFaults, Records};

/// What is said about the file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RecordParams {
    /// When the database was asked, or the lines were classified; not in the future.
    as_of: Timestamp,
}

type Read = Result<(Records, FileFaults), &'static str>;

/// Import answers of the Reassigned Numbers Database
///
/// CSV with a header line naming `phone`, `date` (the day asked about) and `answer` (yes, no, no data). Of several answers
/// the one asked for last counts. Bad lines are refused one by one, the others are taken over.
#[utoipa::path(post, path = "/lists/reassigned", tag = "lists", params(RecordParams),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Taken over", body = Report)))]
pub async fn import_answers(
    State(app): State<App>,
    upload: Upload<ConsentWrite, RecordParams>,
) -> Result<Response, Problem> {
    let read = Records::of_answers(&upload.bytes);
    import(&app, ListName::Reassigned, upload, read).await
}

/// Import what kinds of lines numbers are
///
/// CSV with a header line naming `phone`, `kind` (wireless, residential, business, voip) and `prohibited` (yes, no: emergency
/// services, patients' rooms), either of which may be empty. What shows the latest moment counts. Bad lines are refused
/// one by one, the others are taken over.
#[utoipa::path(post, path = "/lists/lines", tag = "lists", params(RecordParams),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Taken over", body = Report)))]
pub async fn import_lines(
    State(app): State<App>,
    upload: Upload<ConsentWrite, RecordParams>,
) -> Result<Response, Problem> {
    let read = Records::of_lines(&upload.bytes);
    import(&app, ListName::Lines, upload, read).await
}

async fn import(
    app: &App,
    list: ListName,
    upload: Upload<ConsentWrite, RecordParams>,
    read: Read,
) -> Result<Response, Problem> {
    let Upload { wish, filter: params, .. } = upload;
    let (records, faults) = read.map_err(column_missing)?;
    let by = author(&wish);
    let imported =
        lists::import_records(&app.pools, &app.commands, &wish, (&records, params.as_of), &by).await?;
    Ok(report(&wish, list, records.count(), &imported, &faults))
}

fn column_missing(column: &str) -> Problem {
    Problem::malformed("/lines/1", "column_missing", format!("the header line must name {column}"))
}
