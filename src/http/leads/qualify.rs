use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand, QualifyLead};
use seiketsu_domain::values::{JsonObject, Score};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// What is known of its prospects.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = QualifyLead)]
pub struct Qualification {
    score: Option<Score>,
    answers: Option<JsonObject>,
}

/// Qualify a lead
///
/// Without a score, one is computed from what is known.
#[utoipa::path(post, path = "/leads/{id}/qualify", tag = "leads",
    params(("id" = LeadId, Path)), request_body = Qualification,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn qualify_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, Qualification>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::Qualify(QualifyLead { score: body.score, answers: body.answers, at: wish.at });
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
