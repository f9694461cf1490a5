use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use seiketsu_domain::compliance::{ComplianceCommand, Digest, Profile};
use seiketsu_domain::permission::pack::PackName;
use seiketsu_domain::values::Token;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{Administer, Order, path_text};

/// Which version of the pack, exactly. It need not be in use yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackApproval {
    version: Token,
    /// As `seiketsu packs list` prints it.
    sha256: Digest,
}

/// The pack a path names.
pub struct NamedPack(PackName);

impl FromRequestParts<App> for NamedPack {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let name = path_text(parts, app).await?;
        let found = PackName::ALL.into_iter().find(|pack| pack.as_str() == name);
        found
            .map(Self)
            .ok_or_else(|| Problem::not_found("pack_not_found", "there is no rule pack of this name"))
    }
}

/// Approve a rule pack
///
/// A pack decides only where somebody approved it by its digest: an unapproved one denies everything.
#[utoipa::path(post, path = "/compliance/packs/{name}/approve", tag = "compliance",
    params(("name" = PackName, Path)), request_body = PackApproval,
    responses((status = 200, description = "Approved", body = Profile)))]
pub async fn approve_pack(
    State(app): State<App>,
    NamedPack(pack): NamedPack,
    order: Order<Administer, PackApproval>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = ComplianceCommand::ApprovePack {
        organization_id: wish.tenant,
        pack,
        version: body.version,
        sha256: body.sha256,
        by: wish.actor,
        at: wish.at,
    };
    let committed = app.commands.execute::<Profile>(&wish, wish.tenant.0, command).await?;
    Ok(done(&wish, wish.tenant.0, &committed))
}
