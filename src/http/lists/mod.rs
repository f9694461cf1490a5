//! Do-not-call lists and other data sets permission rests on: what is held, and how it comes in.

mod access;
mod extracts;
mod overview;
mod records;

use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::ids::ListId;
use seiketsu_domain::list::{Author, ListName};
use seiketsu_domain::values::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::decided;
use super::problem::{FieldError, Problem};
use crate::app::App;
use crate::command::Wish;
use crate::lists::{FileFaults, ImportError, Imported};

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview::get_lists))
        .routes(routes!(access::record_access))
        .routes(routes!(extracts::import_extract))
        .routes(routes!(records::import_answers))
        .routes(routes!(records::import_lines))
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListImport)]
pub struct Report {
    list: ListName,
    /// How many numbers or records were taken over.
    count: usize,
    /// The same had been taken over before; nothing changed.
    already: bool,
    /// It counts from here on.
    recorded_at: Timestamp,
    /// How many lines were not taken over.
    refused_count: u64,
    /// The first hundred of them.
    refused: Vec<FieldError>,
}

fn report(wish: &Wish, list: ListName, count: usize, imported: &Imported, faults: &FileFaults) -> Response {
    let Imported { committed, already, recorded_at } = imported;
    let body = Report {
        list,
        count,
        already: *already,
        recorded_at: *recorded_at,
        refused_count: faults.count,
        refused: faults.first.iter().map(|fault| field_error(fault.line, fault.code, fault.detail)).collect(),
    };
    decided(wish, StatusCode::OK, ListId::of(wish.tenant, list).0, committed, &body)
}

fn field_error(line: u64, code: &str, detail: &str) -> FieldError {
    FieldError { pointer: format!("/lines/{line}"), code: code.to_owned(), detail: detail.to_owned() }
}

fn author(wish: &Wish) -> Author {
    Author { by: wish.actor, operator: None }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Command(error) => error.into(),
            ImportError::Database(error) => error.into(),
            ImportError::UnderWay => Self::new(
                StatusCode::CONFLICT,
                "import_under_way",
                "another import of this list is under way; nothing was done, try again",
            )
            .retry_after(1),
        }
    }
}
