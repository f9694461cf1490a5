use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::ids::ListId;
use seiketsu_domain::list::{Access, AreaCodes, ListName, RecordAccess, San};
use seiketsu_domain::values::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::author;
use crate::app::App;
use crate::http::answer::decided;
use crate::http::problem::Problem;
use crate::http::request::{ConsentWrite, Order};
use crate::lists;

/// What the organization may take from the national registry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccess {
    san: San,
    /// The area codes paid for; absent or empty: all of them.
    #[serde(default)]
    area_codes: AreaCodes,
    valid_until: Timestamp,
}

/// Record the access to the national registry
///
/// In place of what was recorded before. Extracts of another subscription do not count from then on.
#[utoipa::path(put, path = "/lists/registry-access", tag = "lists", request_body = NewAccess,
    responses((status = 200, description = "Recorded", body = Access)))]
pub async fn record_access(
    State(app): State<App>,
    order: Order<ConsentWrite, NewAccess>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let access = RecordAccess {
        organization_id: wish.tenant,
        list: ListName::National,
        san: body.san,
        area_codes: body.area_codes,
        valid_until: body.valid_until,
        author: author(&wish),
        at: wish.at,
    };
    let committed = lists::record_access(&app.pools, &app.commands, &wish, access).await?;
    let id = ListId::of(wish.tenant, ListName::National);
    Ok(decided(&wish, StatusCode::OK, id.0, &committed, &committed.state.access))
}
