use seiketsu_domain::ids::{LeadId, TenantId};
use sqlx::PgConnection;

use super::LeadTimeline;
use super::project::TIMELINE;
use crate::page::{Page, QueryError};
use crate::read_models::timeline::TimelineEntry;

/// One page of what happened to a lead, from its beginning; empty where there is no such lead.
///
/// # Errors
/// A cursor of another timeline, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    lead: LeadId,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<TimelineEntry>, QueryError> {
    TIMELINE.page(read, &LeadTimeline, (tenant, lead.0), limit, cursor).await
}
