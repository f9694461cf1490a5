use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::page::{AsOf, Cursor, Page, fingerprint};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, StoredCheckpoint};
use crate::clock;
use crate::http::answer::json as answer;
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::request::{Ask, AuditRead};

/// The size and root of the log at a moment, signed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedCheckpoint {
    /// How many events it covers.
    size: i64,
    /// The position of the last of them.
    position: i64,
    signed_at: Timestamp,
    /// The checkpoint as a signed note (C2SP): keep it, and the log can never be changed unnoticed.
    note: String,
    /// `<name>+<id>+<base64>`.
    public_key: String,
}

impl From<StoredCheckpoint> for SignedCheckpoint {
    fn from(stored: StoredCheckpoint) -> Self {
        let StoredCheckpoint { size, position, note, public_key, signed_at } = stored;
        Self { size, position, signed_at: Timestamp::new(signed_at), note, public_key }
    }
}

/// List the signed checkpoints
///
/// The latest first.
#[utoipa::path(get, path = "/audit/checkpoints", tag = "audit", params(PageParams),
    responses((status = 200, description = "One page", body = PageOf<SignedCheckpoint>)))]
pub async fn get_checkpoints(
    State(app): State<App>,
    ask: Ask<AuditRead, PageParams>,
) -> Result<Response, Problem> {
    let tenant = ask.tenant();
    let mark = fingerprint(&json!({ "list": "checkpoints" }));
    let below = cursor(ask.filter.cursor)?.map(|raw| Cursor::decode(&raw, mark, 1)).transpose()?;
    let below = below.and_then(|mut keys| keys.pop().flatten()?.parse().ok()).unwrap_or(i64::MAX);
    let limit = ask.filter.limit.0;
    let mut read = app.pools.read_as(tenant).await?;
    let rows = audit::checkpoints(&mut read, tenant, below, limit + 1).await?;
    let rows: Vec<_> = rows.into_iter().map(SignedCheckpoint::from).collect();
    let as_of = AsOf { position: rows.first().map_or(0, |latest| latest.position), time: clock::now() };
    let page = Page::cut(rows, limit, as_of, |last| Cursor::new(mark, vec![Some(last.size.to_string())]));
    Ok(answer(StatusCode::OK, &page))
}
