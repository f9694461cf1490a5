use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::consent::{Consent, ConsentCommand};
use seiketsu_domain::ids::ConsentId;
use seiketsu_domain::values::{Contact, Phone, Reason};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{ConsentWrite, Order, PathPhone};

/// Why the number is listed or taken off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DncReason {
    reason: Reason,
}

/// Put a number on the internal do-not-call list
#[utoipa::path(put, path = "/dnc/{phone}", tag = "consents", params(("phone" = Phone, Path)), request_body = DncReason,
    responses((status = 200, description = "Listed", body = Consent)))]
pub async fn list_number(
    State(app): State<App>,
    PathPhone(phone): PathPhone,
    order: Order<ConsentWrite, DncReason>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let contact = Contact::Phone(phone);
    let consent_id = ConsentId::of(wish.tenant, &contact);
    let command = ConsentCommand::ListInternally {
        consent_id,
        organization_id: wish.tenant,
        contact,
        reason: body.reason,
        by: wish.actor,
        at: wish.at,
    };
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    Ok(done(&wish, consent_id.0, &committed))
}

/// Take a number off the internal do-not-call list
#[utoipa::path(delete, path = "/dnc/{phone}", tag = "consents", params(("phone" = Phone, Path)), request_body = DncReason,
    responses((status = 200, description = "Delisted", body = Consent)))]
pub async fn delist_number(
    State(app): State<App>,
    PathPhone(phone): PathPhone,
    order: Order<ConsentWrite, DncReason>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let consent_id = ConsentId::of(wish.tenant, &Contact::Phone(phone));
    let command = ConsentCommand::Delist { reason: body.reason, by: wish.actor, at: wish.at };
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    Ok(done(&wish, consent_id.0, &committed))
}
