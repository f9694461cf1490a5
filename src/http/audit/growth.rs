use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::EvidenceFile;
use crate::app::App;
use crate::audit;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Ask, AuditRead};

/// Between which checkpoints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GrowthParams {
    /// The size of the earlier checkpoint, such as one you kept.
    #[param(minimum = 1)]
    from: i64,
    /// The size of the later one; the latest where absent.
    #[param(minimum = 1)]
    size: Option<i64>,
}

/// Prove that the log has only grown
///
/// Evidence that nothing before a checkpoint was changed until a later one, which verifies without this server.
#[utoipa::path(get, path = "/audit/growth", tag = "audit", params(GrowthParams),
    responses((status = 200, description = "Evidence", body = EvidenceFile)))]
pub async fn get_growth(
    State(app): State<App>,
    ask: Ask<AuditRead, GrowthParams>,
) -> Result<Response, Problem> {
    let tenant = ask.tenant();
    let mut read = app.pools.read_as(tenant).await?;
    let evidence = audit::growth(&mut read, tenant, ask.filter.from, ask.filter.size).await?;
    Ok(json(StatusCode::OK, &evidence))
}
