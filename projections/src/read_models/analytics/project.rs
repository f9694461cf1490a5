use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;

use super::count::rollups;
use crate::{ApplyError, Projection};

/// See the module documentation.
pub struct Rollups;

#[async_trait]
impl Projection for Rollups {
    fn name(&self) -> &'static str {
        "analytics"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["call", "lead", "consent", "escalation"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["analytics_rollups"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let (keys, amounts): (Vec<_>, Vec<_>) = rollups(batch)?.into_iter().unzip();
        if keys.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into analytics_rollups as r
                    (tenant_id, subject, grain, bucket, dimension, metric, count, sum)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[],
                                  $7::bigint[], $8::bigint[])
                 on conflict (tenant_id, subject, grain, bucket, dimension, metric) do update
                set count = r.count + excluded.count,
                    sum = least(r.sum::numeric + excluded.sum, 9223372036854775807)::bigint",
        )
        .bind(keys.iter().map(|key| key.tenant).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.subject.name()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.grain.name()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.bucket).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.dimension.as_str()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.metric.as_ref()).collect::<Vec<_>>())
        .bind(amounts.iter().map(|amount| amount.count).collect::<Vec<_>>())
        .bind(amounts.iter().map(|amount| amount.sum).collect::<Vec<_>>())
        .execute(rows)
        .await?;
        Ok(())
    }
}
