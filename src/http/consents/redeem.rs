use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::Call;
use seiketsu_domain::consent::{Consent, ConsentCommand};
use seiketsu_domain::ids::{CallId, PermitId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::references::require;
use crate::http::request::{ConsentCheck, Id, Order};

/// The call the permit is used for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redemption {
    call_id: CallId,
}

/// Redeem a permit
///
/// Uses a permit for one call. Refused where it expired or where consent changed since it was issued.
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
    require::<Call>(&app, wish.tenant, body.call_id.0, "/callId").await?;
    let command = ConsentCommand::RedeemPermit { permit_id: id, call_id: body.call_id, at: wish.at };
    let committed = app.commands.execute::<Consent>(&wish, ledger, command).await?;
    Ok(done(&wish, ledger, &committed))
}
