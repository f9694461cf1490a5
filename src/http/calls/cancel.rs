use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand};
use seiketsu_domain::ids::CallId;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Empty, Id, Order};

/// Cancel a call
///
/// Gives up an active call.
#[utoipa::path(delete, path = "/calls/{id}", tag = "calls",
    params(("id" = CallId, Path)), 
    responses((status = 200, description = "Done", body = Call)))]
pub async fn cancel_call(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, Empty>,
) -> Result<Response, Problem> {
    let wish = order.wish;
    let command = CallCommand::Cancel { at: wish.at };
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
