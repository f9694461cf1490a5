use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::{Lead, LeadCommand, SetAppointment};
use seiketsu_domain::values::{Place, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Id, LeadsWrite, Order};

/// When and where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAppointment {
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
    place: Option<Place>,
}

/// Set an appointment
#[utoipa::path(post, path = "/leads/{id}/appointment", tag = "leads",
    params(("id" = LeadId, Path)), request_body = NewAppointment,
    responses((status = 200, description = "Done", body = Lead)))]
pub async fn set_appointment(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    order: Order<LeadsWrite, NewAppointment>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = LeadCommand::SetAppointment(SetAppointment {
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        place: body.place,
        at: wish.at,
    });
    let committed = app.commands.execute::<Lead>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
