use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{ConvertLead, Lead, LeadCommand};
use seiketsu_domain::values::CurrencyCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// What it was worth.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConversion {
    value_cents: Option<i64>,
    currency: Option<CurrencyCode>,
}

/// Convert a lead
#[utoipa::path(post, path = "/leads/{id}/convert", tag = "leads",
    params(("id" = LeadId, Path)), request_body = NewConversion,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn convert_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, NewConversion>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::Convert(ConvertLead {
        value_cents: body.value_cents,
        currency: body.currency,
        at: wish.at,
    });
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
