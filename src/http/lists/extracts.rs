use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use seiketsu_domain::list::{AreaCode, AreaCodes, ListName, San};
use seiketsu_domain::values::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Report, author, report};
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::{ConsentWrite, Upload, path_text};
use crate::lists::{self, FileFaults, NewExtract, Numbers};

/// What is said about the file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExtractParams {
    /// When the registry made it: not in the future, and not older than may be used.
    as_of: Timestamp,
    /// The subscription it was taken under; the national list needs one.
    san: Option<San>,
    /// The area codes it is about, with commas between; all of them where absent.
    area_codes: Option<String>,
    /// Go without the lines that are no numbers, in place of refusing the file.
    #[serde(default)]
    skip_bad_lines: bool,
    /// Take it over although it is less than half of the one before.
    #[serde(default)]
    accept_smaller: bool,
}

/// The list in the path.
pub struct PathList(ListName);

impl FromRequestParts<App> for PathList {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let raw = path_text(parts, app).await?;
        ListName::try_new(&raw).map(Self).map_err(|error| Problem::refused_value(":list", &error))
    }
}

/// Import an extract of a do-not-call list
///
/// One number per line: ten digits, area code and seven digits (`415,5552671`), or E.164. It replaces the extract before
/// it, and counts when this is answered. A line that is no number refuses the whole file. Repeating an import changes
/// nothing. For files larger than a body may be there is `seiketsu lists import`.
#[utoipa::path(post, path = "/lists/{list}/extracts", tag = "lists",
    params(("list" = ListName, Path, description = "us-national, or us- and a state"), ExtractParams),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Taken over", body = Report)))]
pub async fn import_extract(
    State(app): State<App>,
    PathList(list): PathList,
    upload: Upload<ConsentWrite, ExtractParams>,
) -> Result<Response, Problem> {
    let Upload { wish, bytes, filter: params, .. } = upload;
    let area_codes = area_codes(params.area_codes.as_deref())?;
    let (numbers, faults) = read(&bytes, &area_codes)?;
    if faults.count > 0 && !params.skip_bad_lines {
        return Err(refused(&faults));
    }
    let extract = NewExtract {
        list,
        san: params.san,
        area_codes,
        as_of: params.as_of,
        accept_smaller: params.accept_smaller,
        author: author(&wish),
    };
    let imported =
        lists::import_extract(&app.pools, &app.commands, &wish, &extract, &numbers, |_| {}).await?;
    Ok(report(&wish, list, numbers.count, &imported, &faults))
}

fn area_codes(raw: Option<&str>) -> Result<AreaCodes, Problem> {
    let codes = raw.into_iter().flat_map(|raw| raw.split(','));
    codes
        .map(|code| AreaCode::try_new(code.trim().parse().unwrap_or(0)))
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::refused_value("?areaCodes", &error))
}

fn read(bytes: &[u8], area_codes: &AreaCodes) -> Result<(Numbers, FileFaults), Problem> {
    lists::read_numbers(bytes, area_codes, |_| {})
        .map_err(|_| Problem::malformed("", "body_incomplete", "the body ended early"))
}

fn refused(faults: &FileFaults) -> Problem {
    let detail = format!("{} lines are no numbers; nothing was taken over", faults.count);
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "lines_refused", detail);
    faults.first.iter().fold(problem, |problem, fault| {
        problem.at(format!("/lines/{}", fault.line), fault.code, fault.detail)
    })
}
