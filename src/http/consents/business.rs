use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::consent::{BusinessKind, Consent, ConsentCommand, NoteBusiness};
use seiketsu_domain::ids::ConsentId;
use seiketsu_domain::values::{Contact, Source, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{ConsentWrite, Order};

/// What a person bought or asked about, and where that is on record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewBusiness {
    contact: Contact,
    kind: BusinessKind,
    occurred_at: Timestamp,
    source: Source,
}

/// Note business with a person
///
/// The latest purchase and the latest inquiry count, as far as the rules let them.
#[utoipa::path(post, path = "/consents/business", tag = "consents", request_body = NewBusiness,
    responses((status = 200, description = "Noted", body = Consent)))]
pub async fn note_business(
    State(app): State<App>,
    order: Order<ConsentWrite, NewBusiness>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let consent_id = ConsentId::of(wish.tenant, &body.contact);
    let command = ConsentCommand::NoteBusiness(NoteBusiness {
        consent_id,
        organization_id: wish.tenant,
        contact: body.contact,
        kind: body.kind,
        source: body.source,
        occurred_at: body.occurred_at,
        at: wish.at,
    });
    let committed = app.commands.execute::<Consent>(&wish, consent_id.0, command).await?;
    Ok(done(&wish, consent_id.0, &committed))
}
