use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand};
use seiketsu_domain::ids::CallId;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Empty, Id, Order};

/// Connect a call
///
/// The other side has answered.
#[utoipa::path(post, path = "/calls/{id}/connect", tag = "calls",
    params(("id" = CallId, Path)), request_body = Empty,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn connect_call(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, Empty>,
) -> Result<Response, Problem> {
    let wish = order.wish;
    let command = CallCommand::Connect { at: wish.at };
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
