use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand};
use seiketsu_domain::escalation::{Escalation, EscalationCommand, Priority, Raise, Trigger};
use seiketsu_domain::ids::{CallId, EscalationId};
use seiketsu_domain::values::Reason;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::command::Also;
use crate::http::answer::created;
use crate::http::problem::Problem;
use crate::http::request::{EscalationsWrite, Order};
use crate::ids;

/// Why a human is needed, and how urgently.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RaiseEscalation {
    call_id: CallId,
    trigger: Trigger,
    /// Where absent, the trigger's own priority applies.
    priority: Option<Priority>,
    reason: Reason,
}

/// Raise an escalation
///
/// Calls for a human on a call that is going on. The call is marked as escalated in the same step.
#[utoipa::path(post, path = "/escalations", tag = "escalations", request_body = RaiseEscalation,
    responses((status = 201, description = "Raised", body = Escalation)))]
pub async fn raise_escalation(
    State(app): State<App>,
    order: Order<EscalationsWrite, RaiseEscalation>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let escalation_id: EscalationId = ids::new();
    let raise = EscalationCommand::Raise(Raise {
        escalation_id,
        organization_id: wish.tenant,
        call_id: body.call_id,
        trigger: body.trigger,
        priority: body.priority,
        reason: body.reason,
        at: wish.at,
    });
    let mark =
        Also::<Call> { id: body.call_id.0, command: CallCommand::Escalate { escalation_id, at: wish.at } };
    let committed =
        app.commands.execute_both::<Escalation, Call>(&wish, escalation_id.0, raise, mark).await?;
    Ok(created(&wish, "escalations", committed.state.id.0, &committed))
}
