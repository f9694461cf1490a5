use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand};
use seiketsu_domain::ids::CallId;
use seiketsu_domain::values::JsonObject;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Id, Order};

/// What the caller told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordIntake {
    data: JsonObject,
    #[serde(default, rename = "final")]
    is_final: bool,
}

/// Record intake
///
/// Merges into what was recorded before; a final record closes it.
#[utoipa::path(put, path = "/calls/{id}/intake", tag = "calls",
    params(("id" = CallId, Path)), request_body = RecordIntake,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn record_intake(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, RecordIntake>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = CallCommand::RecordIntake { data: body.data, is_final: body.is_final, at: wish.at };
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
