use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand};

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Empty, Id, LeadsWrite, Order};

/// Archive a lead
///
/// Hides it from lists; its history stays.
#[utoipa::path(delete, path = "/leads/{id}", tag = "leads",
    params(("id" = LeadId, Path)), 
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn archive_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, Empty>,
) -> Result<Response, Problem> {
    let wish = order.wish;
    let command = LeadCommand::Archive { at: wish.at };
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
