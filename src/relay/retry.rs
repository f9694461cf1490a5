//! Events that were set aside and go out after all, since Kafka takes larger ones now, or goes without the one that was
//! too large.
//!
//! Whoever asks ends the term of the active relay. The next term begins with what was asked for, stream by stream and event
//! by event, so that each stream stays in order; only then it goes on from the checkpoint, and what is new of these streams
//! goes its usual way. Consumers see such events later than their partition's others: they must go by the sequence of
//! the stream. Read models fed by Kafka go by position, and get them by a rebuild.

use std::collections::HashSet;

use seiketsu_domain::envelope::Envelope;
use seiketsu_projections::dead_letter::{self, StreamKey};
use seiketsu_projections::kafka::KafkaSettings;
use seiketsu_projections::skip::{self, SkipError};
use sqlx::{PgConnection, PgPool};

use super::lease::{Held, ROW};
use super::produce::{Outlet, is_about_the_event};
use super::{Failure, NAME};

/// Asks for all parked streams, or for the one that has an event parked at `position`; returns how many events wait in
/// them. They are sent as soon as a relay is active, a few seconds from now at the most where one is.
///
/// # Errors
/// The database cannot be reached; nothing has changed then.
pub async fn ask(pool: &PgPool, position: Option<i64>) -> Result<u64, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let events = ask_within(&mut transaction, position).await?;
    transaction.commit().await?;
    Ok(events)
}

/// Goes without the parked event at `position`, the first of its stream, for good, and asks for what waits behind it;
/// returns how many events that are. `by` and `reason` are kept.
///
/// # Errors
/// See [`SkipError`]; nothing has changed then.
pub async fn skip(pool: &PgPool, position: i64, (reason, by): (&str, &str)) -> Result<u64, SkipError> {
    let mut transaction = pool.begin().await?;
    let stream = skip::record(&mut transaction, NAME, position, (reason, by)).await?;
    let behind = dead_letter::first_of(&mut *transaction, NAME, &stream).await?;
    let events = match behind {
        Some(next) => ask_within(&mut transaction, Some(next)).await?,
        None => begin_a_new_term(&mut transaction).await.map(|()| 0)?,
    };
    transaction.commit().await?;
    tracing::warn!(projection = NAME, position, reason, by, "event skipped");
    Ok(events)
}

async fn ask_within(transaction: &mut PgConnection, position: Option<i64>) -> Result<u64, sqlx::Error> {
    let asked = sqlx::query(
        "update dead_letters e set asked_at = now()
          where e.projection = $1
            and ($2::bigint is null
                 or exists (select from dead_letters one
                             where one.projection = $1 and one.position = $2 and one.tenant_id = e.tenant_id
                               and one.aggregate_type = e.aggregate_type and one.aggregate_id = e.aggregate_id))",
    )
    .bind(NAME)
    .bind(position)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if asked > 0 {
        begin_a_new_term(transaction).await?;
    }
    Ok(asked)
}

/// The active relay finds its epoch gone, and with it the right to set anything aside as parked behind these.
async fn begin_a_new_term(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update relay set epoch = epoch + 1, owner = null, lease_until = '-infinity' where name = $1",
    )
    .bind(ROW)
    .execute(transaction)
    .await?;
    Ok(())
}

/// Sends what was asked for; each stream up to the first event that is refused again.
pub(super) async fn send_asked(pool: &PgPool, kafka: &KafkaSettings, held: &mut Held) -> Result<(), Failure> {
    for stream in dead_letter::asked_streams(pool, NAME).await? {
        let events = dead_letter::waiting(pool, NAME, &stream).await?;
        // A producer that was refused something takes nothing more.
        let outlet = Outlet::connect(kafka)?;
        let sent = held.while_renewing(send(&outlet, &events), || ()).await??;
        conclude(pool, held.epoch, &stream, &sent).await?;
    }
    Ok(())
}

/// How a stream went out.
struct Sent {
    delivered: Vec<i64>,
    /// The event that is refused again, and why.
    refused: Option<(i64, String)>,
}

async fn send(outlet: &Outlet, events: &[Envelope]) -> Result<Sent, Failure> {
    let mut delivered = Vec::new();
    for event in events {
        let sent = outlet.send(std::slice::from_ref(event), &mut HashSet::new()).await;
        let too_large = sent.progress.set_aside.into_iter().find_map(|(_, reason)| reason);
        let refused = match sent.failure {
            Some(error) if is_about_the_event(&error) => Some(error.to_string()),
            Some(error) => return Err(error.into()),
            None => too_large,
        };
        if let Some(reason) = refused {
            return Ok(Sent { delivered, refused: Some((event.position, reason)) });
        }
        delivered.push(event.position);
    }
    Ok(Sent { delivered, refused: None })
}

/// Notes what went out, if the term `epoch` is still the present one.
async fn conclude(pool: &PgPool, epoch: i64, stream: &StreamKey, sent: &Sent) -> Result<(), Failure> {
    let mut transaction = pool.begin().await?;
    let present = sqlx::query("select from relay where name = $1 and epoch = $2 for update")
        .bind(ROW)
        .bind(epoch)
        .fetch_optional(&mut *transaction)
        .await?;
    if present.is_none() {
        return Err(Failure::Overtaken);
    }
    let refused = sent.refused.as_ref().map(|(position, reason)| (*position, reason.as_str()));
    dead_letter::settle(&mut transaction, NAME, stream, &sent.delivered, refused).await?;
    transaction.commit().await?;
    tracing::info!(delivered = sent.delivered.len(), ?refused, "parked events sent again");
    Ok(())
}
