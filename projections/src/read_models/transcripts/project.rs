use std::sync::Arc;

use async_trait::async_trait;
use seiketsu_domain::call::{CallEvent, Segment};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::read_models::word::word;
use crate::{ApplyError, Projection, fact_of};

/// See the module documentation.
pub struct Transcripts;

#[async_trait]
impl Projection for Transcripts {
    fn name(&self) -> &'static str {
        "transcripts"
    }

    fn aggregates(&self) -> &'static [&'static str] {
        &["call"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["transcript_segments"]
    }

    async fn apply(&self, rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
        let mut spoken = Vec::new();
        for envelope in batch {
            if let Fact::Call(CallEvent::TranscriptAdded(added)) = fact_of(envelope)? {
                spoken.extend((added.first_index..).zip(&added.segments).map(|(index, segment)| Spoken {
                    tenant: envelope.tenant.0,
                    call: envelope.aggregate_id,
                    index: i64::from(index),
                    segment,
                }));
            }
        }
        if spoken.is_empty() { Ok(()) } else { write(rows, &spoken).await }
    }
}

struct Spoken<'a> {
    tenant: Uuid,
    call: Uuid,
    index: i64,
    segment: &'a Segment,
}

async fn write(rows: &mut PgConnection, spoken: &[Spoken<'_>]) -> Result<(), ApplyError> {
    let speakers = spoken.iter().map(|row| word(row.segment.speaker)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "insert into transcript_segments
                (tenant_id, call_id, index, speaker, text, start_ms, end_ms, confidence, final)
         select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
                              $7::bigint[], $8::float8[], $9::bool[])",
    )
    .bind(spoken.iter().map(|row| row.tenant).collect::<Vec<_>>())
    .bind(spoken.iter().map(|row| row.call).collect::<Vec<_>>())
    .bind(spoken.iter().map(|row| row.index).collect::<Vec<_>>())
    .bind(speakers)
    .bind(spoken.iter().map(|row| row.segment.text.as_str()).collect::<Vec<_>>())
    .bind(spoken.iter().map(|row| i64::from(row.segment.start_ms)).collect::<Vec<_>>())
    .bind(spoken.iter().map(|row| i64::from(row.segment.end_ms)).collect::<Vec<_>>())
    .bind(
        spoken
            .iter()
            .map(|row| row.segment.confidence.map(|share| share.get()))
            .collect::<Vec<Option<f64>>>(),
    )
    .bind(spoken.iter().map(|row| row.segment.is_final).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}
