use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::aggregate::Decide as _;
use seiketsu_domain::compliance::{ComplianceCommand, Profile, SetProfile, Terms};

use crate::app::App;
use crate::http::answer::{done, json, put};
use crate::http::problem::Problem;
use crate::http::request::{Administer, Ask, AuditRead, Empty, Order};
use crate::permission;

/// Get the compliance profile
///
/// As the next decision sees it.
#[utoipa::path(get, path = "/compliance/profile", tag = "compliance",
    responses((status = 200, description = "The profile", body = Profile)))]
pub async fn get_profile(State(app): State<App>, ask: Ask<AuditRead, Empty>) -> Result<Response, Problem> {
    let tenant = ask.tenant();
    let profile = app.commands.current::<Profile>(tenant, tenant.0).await?.state;
    let unknown = Problem::not_found("profile_not_found", "the organization has no compliance profile");
    if profile.version() == 0 {
        return Err(unknown);
    }
    let mut response = json(StatusCode::OK, &*profile);
    put(&mut response, axum::http::header::ETAG, &format!("\"{}\"", profile.version()));
    Ok(response)
}

/// Set the compliance profile
///
/// As a whole: what is left out has its default. The first one approves the rule packs of the build, in the name of who
/// sets it. Permits given before are void.
#[utoipa::path(put, path = "/compliance/profile", tag = "compliance", request_body = Terms,
    responses((status = 200, description = "Set", body = Profile)))]
pub async fn set_profile(
    State(app): State<App>,
    order: Order<Administer, Terms>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = ComplianceCommand::Set(SetProfile {
        organization_id: wish.tenant,
        terms: body,
        packs: permission::packs_of_the_build(),
        by: wish.actor,
        at: wish.at,
    });
    let committed = app.commands.execute::<Profile>(&wish, wish.tenant.0, command).await?;
    Ok(done(&wish, wish.tenant.0, &committed))
}
