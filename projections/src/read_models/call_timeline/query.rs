use seiketsu_domain::ids::{CallId, TenantId};
use sqlx::PgConnection;

use super::CallTimeline;
use super::project::TIMELINE;
use crate::page::{Page, QueryError};
use crate::read_models::timeline::TimelineEntry;

/// One page of what happened in a call, from its beginning; empty where there is no such call.
///
/// # Errors
/// A cursor of another timeline, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    call: CallId,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<TimelineEntry>, QueryError> {
    TIMELINE.page(read, &CallTimeline, (tenant, call.0), limit, cursor).await
}
