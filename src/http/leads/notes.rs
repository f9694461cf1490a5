use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand};
use seiketsu_domain::values::Note;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// What to remember.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewNote {
    text: Note,
}

/// Add a note
#[utoipa::path(post, path = "/leads/{id}/notes", tag = "leads",
    params(("id" = LeadId, Path)), request_body = NewNote,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn add_note(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, NewNote>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::AddNote { text: body.text, by: wish.actor, at: wish.at };
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
