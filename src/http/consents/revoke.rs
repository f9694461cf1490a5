use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::consent::{Consent, ConsentCommand, ReplyTo, RevocationMethod, RevokeConsent};
use seiketsu_domain::ids::ConsentId;
use seiketsu_domain::values::{Channel, Contact, Note, Purpose, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{ConsentRevoke, Order};

/// What a person withdrew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRevocation {
    contact: Contact,
    /// Where absent or empty, all of them.
    #[serde(default)]
    channels: Vec<Channel>,
    /// Where absent or empty, all of them.
    #[serde(default)]
    purposes: Vec<Purpose>,
    method: RevocationMethod,
    /// The person's own words.
    verbatim: Option<Note>,
    /// The message it answered, which says how far it reaches.
    reply_to: Option<ReplyTo>,
    occurred_at: Option<Timestamp>,
}

/// Record a revocation
///
/// Counts from its commit on, whether or not consent was ever recorded. Without a scope it covers everything.
#[utoipa::path(post, path = "/consents/revoke", tag = "consents", request_body = NewRevocation,
    responses((status = 200, description = "Recorded", body = Consent)))]
pub async fn revoke_consent(
    State(app): State<App>,
    order: Order<ConsentRevoke, NewRevocation>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let consent_id = ConsentId::of(wish.tenant, &body.contact);
    let command = ConsentCommand::Revoke(RevokeConsent {
        consent_id,
        organization_id: wish.tenant,
        contact: body.contact,
        channels: body.channels,
        purposes: body.purposes,
        method: body.method,
        verbatim: body.verbatim,
        reply_to: body.reply_to,
        occurred_at: body.occurred_at,
        at: wish.at,
    });
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    Ok(done(&wish, consent_id.0, &committed))
}
