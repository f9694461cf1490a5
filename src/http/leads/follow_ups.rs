use crate::ids;
use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand, ScheduleFollowUp};
use seiketsu_domain::values::{Note, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// When to come back to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFollowUp {
    due_at: Timestamp,
    note: Option<Note>,
}

/// Schedule a follow-up
#[utoipa::path(post, path = "/leads/{id}/follow-ups", tag = "leads",
    params(("id" = LeadId, Path)), request_body = NewFollowUp,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn schedule_follow_up(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, NewFollowUp>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::ScheduleFollowUp(ScheduleFollowUp {
        follow_up_id: ids::new(),
        due_at: body.due_at,
        note: body.note,
        at: wish.at,
    });
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
