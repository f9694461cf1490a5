use seiketsu_domain::call::Speaker;
use seiketsu_domain::ids::{CallId, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::Transcripts;
use crate::page::{Cursor, Page, QueryError, as_of, fingerprint, rows_for};
use crate::read_models::word::value;

/// A stretch of one speaker's words. Times are milliseconds into the call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentRow {
    /// Place in the transcript, counted from 0.
    pub index: i64,
    pub speaker: Speaker,
    pub text: String,
    pub start_ms: i64,
    pub end_ms: i64,
    /// How sure the recognition is of these words, from 0 to 1.
    pub confidence: Option<f64>,
    /// Whether the recognition is done with these words.
    #[serde(rename = "final")]
    pub is_final: bool,
}

type Columns = (i64, String, String, i64, i64, Option<f64>, bool);

impl TryFrom<Columns> for SegmentRow {
    type Error = serde_json::Error;

    fn try_from(row: Columns) -> Result<Self, Self::Error> {
        let (index, speaker, text, start_ms, end_ms, confidence, is_final) = row;
        Ok(Self { index, speaker: value(&speaker)?, text, start_ms, end_ms, confidence, is_final })
    }
}

/// One page of a call's transcript, from its beginning; empty where there is no such call.
///
/// # Errors
/// A cursor of another transcript, or the database.
pub async fn list(
    read: &mut PgConnection,
    tenant: TenantId,
    call: CallId,
    limit: i64,
    cursor: Option<&str>,
) -> Result<Page<SegmentRow>, QueryError> {
    let mark = fingerprint(&json!({ "list": "transcript", "call": call }));
    let after = cursor.map(|raw| Cursor::decode(raw, mark, 1)).transpose()?;
    let as_of = as_of(&mut *read, &Transcripts, tenant).await?;
    let rows: Vec<Columns> = sqlx::query_as(
        "select index, speaker, text, start_ms, end_ms, confidence, final from read_models.transcript_segments
          where tenant_id = $1 and call_id = $2 and index > coalesce($3::bigint, -1)
          order by index limit $4",
    )
    .bind(tenant.0)
    .bind(call.0)
    .bind(after.and_then(|mut keys| keys.pop().flatten()))
    .bind(rows_for(limit))
    .fetch_all(read)
    .await?;
    let cursor = |row: &Columns| Cursor::new(mark, vec![Some(row.0.to_string())]);
    Ok(Page::cut(rows, limit, as_of, cursor).try_map(SegmentRow::try_from)?)
}
