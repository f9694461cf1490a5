use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::consent::{Consent, ConsentCommand, SuppressContact};
use seiketsu_domain::ids::ConsentId;
use seiketsu_domain::permission::facts::SuppressionKind;
use seiketsu_domain::values::{Contact, Reason, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{ConsentRevoke, ConsentWrite, Order};

/// Why nobody contacts a person any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSuppression {
    contact: Contact,
    kind: SuppressionKind,
    reason: Reason,
    /// Since when it is so; now where absent.
    occurred_at: Option<Timestamp>,
}

/// Which of the reasons was a mistake, or is over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiftedSuppression {
    contact: Contact,
    kind: SuppressionKind,
    reason: Reason,
}

/// Suppress a contact point
///
/// From its commit on nobody is contacted there, and permits given before are void.
#[utoipa::path(post, path = "/consents/suppressions", tag = "consents", request_body = NewSuppression,
    responses((status = 200, description = "Suppressed", body = Consent)))]
pub async fn suppress_contact(
    State(app): State<App>,
    order: Order<ConsentRevoke, NewSuppression>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let consent_id = ConsentId::of(wish.tenant, &body.contact);
    let command = ConsentCommand::Suppress(SuppressContact {
        consent_id,
        organization_id: wish.tenant,
        contact: body.contact,
        kind: body.kind,
        reason: body.reason,
        by: wish.actor,
        occurred_at: body.occurred_at,
        at: wish.at,
    });
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    Ok(done(&wish, consent_id.0, &committed))
}

/// Lift a suppression
///
/// What the person wished themselves (`erased`, `objection`) only their own later consent lifts.
#[utoipa::path(post, path = "/consents/suppressions/lift", tag = "consents", request_body = LiftedSuppression,
    responses((status = 200, description = "Lifted", body = Consent)))]
pub async fn lift_suppression(
    State(app): State<App>,
    order: Order<ConsentWrite, LiftedSuppression>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let consent_id = ConsentId::of(wish.tenant, &body.contact);
    let command =
        ConsentCommand::LiftSuppression { kind: body.kind, reason: body.reason, by: wish.actor, at: wish.at };
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    Ok(done(&wish, consent_id.0, &committed))
}
