use std::time::{Duration, Instant};

use sqlx::PgPool;

use super::{Evidence, EvidenceError, Late, Sources};

/// How often to look.
const LOOK: Duration = Duration::from_millis(50);

/// Where every consumer stands: read models by their watermark, the relay by its checkpoint. Tables kept from before a
/// rebuild are nobody's any more.
const STANDING: &str = "
    select projection, coalesce(projection_watermark(projection, version), 0)
      from projection_checkpoints where partition = '*' and projection !~ '^retired_'
     union all
    select 'relay', position from relay where $1
     order by 1";

/// Waits until all consumers have arrived at the end of the log, and notes which have not.
pub async fn wait(pool: &PgPool, sources: &Sources, evidence: &mut Evidence) -> Result<(), EvidenceError> {
    let deadline = Instant::now() + sources.recovery;
    loop {
        let head: i64 =
            sqlx::query_scalar("select coalesce(max(position), 0) from events").fetch_one(pool).await?;
        let standing: Vec<(String, i64)> =
            sqlx::query_as(STANDING).bind(sources.kafka.is_some()).fetch_all(pool).await?;
        evidence.consumers = standing.len();
        let late = standing.into_iter().filter(|(_, position)| *position < head);
        let late: Vec<_> = late.map(|(consumer, position)| Late { consumer, position, head }).collect();
        if late.is_empty() || Instant::now() >= deadline {
            evidence.late = late;
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
