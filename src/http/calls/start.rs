use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand, Direction, StartCall};
use seiketsu_domain::consent::{Consent, ConsentCommand};
use seiketsu_domain::ids::{AgentId, CallId, LeadId, PermitId};
use seiketsu_domain::lead::Lead;
use seiketsu_domain::values::{Phone, Purpose};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::command::{Also, Committed, Wish};
use crate::http::answer::created;
use crate::http::problem::Problem;
use crate::http::references::require;
use crate::http::request::{CallsWrite, Order};
use crate::ids;

/// Who is called, or calls, and what for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCall {
    phone_number: Phone,
    direction: Direction,
    agent_id: Option<AgentId>,
    lead_id: Option<LeadId>,
    purpose: Option<Purpose>,
    /// A permit of `POST /consents/check`; it is redeemed in the same step, or the call does not start.
    permit_id: Option<PermitId>,
}

/// Start a call
#[utoipa::path(post, path = "/calls", tag = "calls", request_body = NewCall,
    responses((status = 201, description = "Started", body = Call)))]
pub async fn start_call(
    State(app): State<App>,
    order: Order<CallsWrite, NewCall>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    if let Some(lead) = body.lead_id {
        require::<Lead>(&app, wish.tenant, lead.0, "/leadId").await?;
    }
    let committed = match body.permit_id {
        None => start(&app, &wish, body).await?,
        Some(permit) => start_permitted(&app, &wish, body, permit).await?,
    };
    Ok(created(&wish, "calls", committed.state.id.0, &committed))
}

fn command(body: NewCall, call_id: CallId, wish: &Wish) -> CallCommand {
    CallCommand::Start(StartCall {
        call_id,
        organization_id: wish.tenant,
        phone_number: body.phone_number,
        direction: body.direction,
        agent_id: body.agent_id,
        lead_id: body.lead_id,
        purpose: body.purpose,
        permit_id: body.permit_id,
        at: wish.at,
    })
}

async fn start(app: &App, wish: &Wish, body: NewCall) -> Result<Committed<Call>, Problem> {
    let call_id: CallId = ids::new();
    Ok(app.commands.create::<Call>(wish, call_id.0, command(body, call_id, wish)).await?)
}

async fn start_permitted(
    app: &App,
    wish: &Wish,
    body: NewCall,
    permit_id: PermitId,
) -> Result<Committed<Call>, Problem> {
    let call_id: CallId = ids::new();
    let ledger = app.commands.store().ledger_of_permit(wish.tenant, permit_id).await?;
    let ledger = ledger
        .ok_or_else(|| Problem::unacceptable("/permitId", "permit_unknown", "there is no such permit"))?;
    let redeem = Also::<Consent> {
        id: ledger,
        command: ConsentCommand::RedeemPermit { permit_id, call_id, at: wish.at },
    };
    let start = command(body, call_id, wish);
    Ok(app.commands.execute_both::<Call, Consent>(wish, call_id.0, start, redeem).await?)
}
