use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::compliance::{ComplianceCommand, Profile};
use seiketsu_domain::values::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Administer, Order};

/// Why contacts stop, or go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopReason {
    reason: Reason,
}

/// Stop every contact
///
/// From its commit on every check is denied, and no permit redeems.
#[utoipa::path(post, path = "/compliance/stop", tag = "compliance", request_body = StopReason,
    responses((status = 200, description = "Stopped", body = Profile)))]
pub async fn stop_contacts(
    State(app): State<App>,
    order: Order<Administer, StopReason>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = ComplianceCommand::Stop {
        organization_id: wish.tenant,
        reason: body.reason,
        by: wish.actor,
        at: wish.at,
    };
    let committed = app.commands.execute::<Profile>(&wish, wish.tenant.0, command).await?;
    Ok(done(&wish, wish.tenant.0, &committed))
}

/// Resume contacts
#[utoipa::path(post, path = "/compliance/resume", tag = "compliance", request_body = StopReason,
    responses((status = 200, description = "Resumed", body = Profile)))]
pub async fn resume_contacts(
    State(app): State<App>,
    order: Order<Administer, StopReason>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = ComplianceCommand::Resume {
        organization_id: wish.tenant,
        reason: body.reason,
        by: wish.actor,
        at: wish.at,
    };
    let committed = app.commands.execute::<Profile>(&wish, wish.tenant.0, command).await?;
    Ok(done(&wish, wish.tenant.0, &committed))
}
