//! Checking that what a command points at exists in the caller's organization.

use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::ids::{TenantId, UserId};
use uuid::Uuid;

use super::problem::Problem;
use crate::app::App;

/// # Errors
/// 422 at `pointer` where the organization has no such user.
pub async fn require_user(
    app: &App,
    tenant: TenantId,
    user: UserId,
    pointer: &'static str,
) -> Result<(), Problem> {
    if app.identity.user_exists(tenant, user).await? {
        return Ok(());
    }
    Err(Problem::unacceptable(pointer, "user_not_found", "there is no such user"))
}

/// # Errors
/// 422 at `pointer` where the organization has no such aggregate.
pub async fn require<A: Decide>(
    app: &App,
    tenant: TenantId,
    id: Uuid,
    pointer: &'static str,
) -> Result<(), Problem> {
    if app.commands.exists::<A>(tenant, id).await? {
        return Ok(());
    }
    Err(Problem::unacceptable(pointer, "reference_not_found", format!("there is no such {}", A::TYPE)))
}

/// # Errors
/// 404 where the organization has no such aggregate: for what lies below it.
pub async fn require_here<A: Decide>(app: &App, tenant: TenantId, id: Uuid) -> Result<(), Problem> {
    if app.commands.exists::<A>(tenant, id).await? {
        return Ok(());
    }
    Err(Problem::not_found("not_found", "there is no such resource"))
}
