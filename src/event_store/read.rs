//! A tenant's events in committed order: the feed that consumers resume by cursor.

use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::ids::TenantId;
use seiketsu_projections::store::{ENVELOPE_COLUMNS, EnvelopeRow};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{EventStore, StoreError};

/// A page of the feed.
#[derive(Debug)]
pub struct FeedPage {
    pub events: Vec<Envelope>,
    /// How far the feed was read: at least the last event's position.
    pub read_to: i64,
    /// Whether more was waiting than fitted.
    pub has_more: bool,
}

impl EventStore {
    /// Events of one tenant after `position`, at most `limit`, optionally of some types (SQL `like` patterns).
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn feed(
        &self,
        tenant: TenantId,
        after: i64,
        patterns: &[String],
        limit: i64,
    ) -> Result<FeedPage, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let head = head(&mut read, tenant).await?;
        let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
            "select {ENVELOPE_COLUMNS} from events
              where tenant_id = $1 and position > $2 and position <= $3
                and (cardinality($4::text[]) = 0 or event_type like any ($4))
              order by position limit $5"
        ))
        .bind(tenant.0)
        .bind(after)
        .bind(head)
        .bind(patterns)
        .bind(limit + 1)
        .fetch_all(&mut *read)
        .await?;
        read.commit().await?;
        let has_more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
        let events: Vec<Envelope> =
            rows.into_iter().take(usize::try_from(limit).unwrap_or(0)).map(Envelope::from).collect();
        let read_to = if has_more { events.last().map_or(after, |e| e.position) } else { head.max(after) };
        Ok(FeedPage { events, read_to, has_more })
    }

    /// The position of a tenant's latest event, 0 before the first: where those begin who want only news.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn feed_head(&self, tenant: TenantId) -> Result<i64, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let head = head(&mut read, tenant).await?;
        read.commit().await?;
        Ok(head)
    }

    /// One stream of a tenant, in order, after `sequence`, at most `limit` events.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn stream(
        &self,
        tenant: TenantId,
        aggregate_type: &str,
        id: Uuid,
        sequence: i64,
        limit: i64,
    ) -> Result<Vec<Envelope>, StoreError> {
        let mut read = self.pools.read_as(tenant).await?;
        let rows: Vec<EnvelopeRow> = sqlx::query_as(&format!(
            "select {ENVELOPE_COLUMNS} from events
              where tenant_id = $1 and aggregate_type = $2 and aggregate_id = $3 and sequence > $4
              order by sequence limit $5"
        ))
        .bind(tenant.0)
        .bind(aggregate_type)
        .bind(id)
        .bind(sequence)
        .bind(limit)
        .fetch_all(&mut *read)
        .await?;
        read.commit().await?;
        Ok(rows.into_iter().map(Envelope::from).collect())
    }
}

async fn head(read: &mut PgConnection, tenant: TenantId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select coalesce(max(position), 0) from events where tenant_id = $1")
        .bind(tenant.0)
        .fetch_one(read)
        .await
}
