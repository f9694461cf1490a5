use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::aggregate::Decide as _;
use seiketsu_domain::call::{Call, Direction};
use seiketsu_domain::compliance::Profile;
use seiketsu_domain::consent::{Consent, ConsentCommand, RedeemPermit};
use seiketsu_domain::ids::{CallId, ConsentId, PermitId, TenantId};
use seiketsu_domain::values::Contact;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::command::Reliance;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{ConsentCheck, Id, Order};

/// The call the permit is used for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redemption {
    call_id: CallId,
}

/// Redeem a permit
///
/// Uses a permit for one outbound call to the number it was given for. Refused where it expired, and where anything
/// changed since it was issued: consent, lists of ours, or that somebody was contacted meanwhile.
#[utoipa::path(post, path = "/consents/permits/{id}/redeem", tag = "consents",
    params(("id" = PermitId, Path)), request_body = Redemption,
    responses((status = 200, description = "Redeemed", body = Consent)))]
pub async fn redeem_permit(
    State(app): State<App>,
    Id(id): Id<PermitId>,
    order: Order<ConsentCheck, Redemption>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let ledger = app.commands.store().ledger_of_permit(wish.tenant, id).await?;
    let ledger = ledger.ok_or(Problem::not_found("permit_unknown", "there is no such permit"))?;
    let call = app.commands.current::<Call>(wish.tenant, body.call_id.0).await?.state;
    require_fit(&call, ConsentId(ledger))?;
    let profile = app.commands.reloaded::<Profile>(wish.tenant, wish.tenant.0).await?;
    let command = ConsentCommand::RedeemPermit(RedeemPermit {
        permit_id: id,
        call_id: body.call_id,
        purpose: call.purpose,
        profile: profile.state.version,
        at: wish.at,
    });
    let relies_on = Reliance::on(wish.tenant.0, &profile);
    let committed = app.commands.execute_relying::<Consent>(&wish, ledger, command, &relies_on).await?;
    Ok(done(&wish, ledger, &committed))
}

/// Whether a call is one the permits of a ledger are for.
fn require_fit(call: &Call, ledger: ConsentId) -> Result<(), Problem> {
    let unacceptable = |code, detail: &str| Err(Problem::unacceptable("/callId", code, detail));
    if call.version() == 0 {
        return unacceptable("reference_not_found", "there is no such call");
    }
    if call.direction != Direction::Outbound {
        return unacceptable("permit_not_for_inbound", "an inbound call needs no permit");
    }
    let called = call.phone_number.clone().map(Contact::Phone);
    if called.is_none_or(|called| ConsentId::of(call.organization_id, &called) != ledger) {
        return unacceptable("permit_for_another_number", "the permit is for another number");
    }
    Ok(())
}

/// What to say of a permit that the ledger of the number called does not have.
pub async fn unknown_here(app: &App, tenant: TenantId, permit: PermitId) -> Problem {
    match app.commands.store().ledger_of_permit(tenant, permit).await {
        Ok(Some(_)) => Problem::unacceptable(
            "/permitId",
            "permit_for_another_number",
            "the permit is for another number, or ended a while ago",
        ),
        Ok(None) => Problem::unacceptable("/permitId", "permit_unknown", "there is no such permit"),
        Err(error) => error.into(),
    }
}
