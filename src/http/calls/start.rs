use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::aggregate::Refusal as _;
use seiketsu_domain::call::{Call, CallCommand, Direction, StartCall};
use seiketsu_domain::compliance::Profile;
use seiketsu_domain::consent::{About, Consent, ConsentCommand, ConsentRefusal, NoteAttempt, RedeemPermit};
use seiketsu_domain::ids::{AgentId, CallId, ConsentId, LeadId, PermitId};
use seiketsu_domain::lead::Lead;
use seiketsu_domain::values::{Channel, Contact, Phone, Purpose};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::command::{Also, CommandError, Committed, Reliance, Wish};
use crate::http::answer::created;
use crate::http::consents::unknown_here;
use crate::http::problem::Problem;
use crate::http::references::require;
use crate::http::request::{CallsWrite, Order};
use crate::ids;
use crate::permission::ATTEMPTS;

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
///
/// An outbound call starts only with a permit for its number, unless the organization's profile says otherwise; either
/// way it is counted as a contact made.
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
    let start = Start { app: &app, wish: &wish, call_id: ids::new() };
    let committed = match (body.direction, body.permit_id) {
        (Direction::Inbound, None) => start.inbound(&body).await?,
        (Direction::Inbound, Some(_)) => return Err(not_for_inbound()),
        (Direction::Outbound, Some(permit)) => start.with_permit(&body, permit).await?,
        (Direction::Outbound, None) => start.without_permit(&body).await?,
    };
    Ok(created(&wish, "calls", committed.state.id.0, &committed))
}

fn not_for_inbound() -> Problem {
    Problem::unacceptable("/permitId", "permit_not_for_inbound", "an inbound call needs no permit")
}

struct Start<'a> {
    app: &'a App,
    wish: &'a Wish,
    call_id: CallId,
}

impl Start<'_> {
    fn command(&self, body: &NewCall) -> CallCommand {
        CallCommand::Start(StartCall {
            call_id: self.call_id,
            organization_id: self.wish.tenant,
            phone_number: body.phone_number.clone(),
            direction: body.direction,
            agent_id: body.agent_id,
            lead_id: body.lead_id,
            purpose: body.purpose,
            permit_id: body.permit_id,
            at: self.wish.at,
        })
    }

    async fn inbound(&self, body: &NewCall) -> Result<Committed<Call>, Problem> {
        Ok(self.app.commands.create::<Call>(self.wish, self.call_id.0, self.command(body)).await?)
    }

    async fn with_permit(&self, body: &NewCall, permit_id: PermitId) -> Result<Committed<Call>, Problem> {
        let redeem = |profile: &Profile| {
            Ok(ConsentCommand::RedeemPermit(RedeemPermit {
                permit_id,
                call_id: self.call_id,
                purpose: body.purpose,
                profile: profile.version,
                at: self.wish.at,
            }))
        };
        match self.and_count(body, redeem).await {
            Err(Failed::Command(CommandError::Refused(no)))
                if no.code == ConsentRefusal::PermitUnknown.code() =>
            {
                Err(unknown_here(self.app, self.wish.tenant, permit_id).await)
            }
            started => Ok(started?),
        }
    }

    async fn without_permit(&self, body: &NewCall) -> Result<Committed<Call>, Problem> {
        Ok(self.and_count(body, |profile| self.attempt(body, profile)).await?)
    }

    /// The contact a call without a permit is, where the profile lets it be made.
    fn attempt(&self, body: &NewCall, profile: &Profile) -> Result<ConsentCommand, Problem> {
        if profile.calls_need_permits() {
            return Err(Problem::unacceptable(
                "/permitId",
                "permit_required",
                "an outbound call needs a permit; POST /consents/check gives one where the call is allowed",
            ));
        }
        if profile.stopped.is_some() {
            let detail = "the organization stopped every contact";
            return Err(Problem::new(StatusCode::CONFLICT, "contacts_stopped", detail));
        }
        let contact = Contact::Phone(body.phone_number.clone());
        let about = About {
            seller: profile.seller(None).map(|seller| seller.name.clone()),
            purpose: body.purpose,
            ..About::unknown(Channel::Voice)
        };
        Ok(ConsentCommand::NoteAttempt(NoteAttempt {
            consent_id: ConsentId::of(self.wish.tenant, &contact),
            organization_id: self.wish.tenant,
            contact,
            call_id: self.call_id,
            about,
            at: self.wish.at,
        }))
    }

    /// Starts the call and counts it in the ledger of the number, as one, on the profile as it is. What this process
    /// remembers of the profile may be old, so a no is given on what the store has.
    async fn and_count(
        &self,
        body: &NewCall,
        command: impl Fn(&Profile) -> Result<ConsentCommand, Problem>,
    ) -> Result<Committed<Call>, Failed> {
        let (tenant, commands) = (self.wish.tenant, &self.app.commands);
        let ledger = ConsentId::of(tenant, &Contact::Phone(body.phone_number.clone()));
        let mut profile = commands.current::<Profile>(tenant, tenant.0).await?;
        for _ in 0..ATTEMPTS {
            let tried = match command(&profile.state) {
                Err(no) => Err(Failed::Problem(no)),
                Ok(command) => {
                    let also = Also::<Consent> { id: ledger.0, command };
                    let relies_on = Reliance::on(tenant.0, &profile);
                    let start = self.command(body);
                    commands
                        .create_with::<Call, Consent>(self.wish, self.call_id.0, start, also, &relies_on)
                        .await
                        .map_err(Failed::Command)
                }
            };
            let Err(failed) = tried else { return tried };
            let now = commands.reloaded::<Profile>(tenant, tenant.0).await?;
            if now.state.version == profile.state.version {
                return Err(failed);
            }
            profile = now;
        }
        Err(Failed::Command(CommandError::Contended))
    }
}

/// Why a call did not start.
enum Failed {
    Command(CommandError),
    Problem(Problem),
}

impl From<CommandError> for Failed {
    fn from(error: CommandError) -> Self {
        Self::Command(error)
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Command(error) => error.into(),
            Failed::Problem(problem) => problem,
        }
    }
}
