//! The statement: a batch turned on its side, one array per argument of `append_batch`
//! (`migrations/0005_append.sql`).

use chrono::{DateTime, Utc};
use seiketsu_domain::envelope::slot_of;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Append, Appended, Key, StreamWrite, Waiting};

const APPEND: &str = "select first_position, others from append_batch($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,\
    $13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27)";

/// Sends a batch as one statement and says how each command ended, in the order of the batch.
pub async fn send(connection: &mut PgConnection, batch: &[Waiting]) -> Result<Vec<Appended>, sqlx::Error> {
    let columns = Columns::of(batch);
    let Columns { events: e, streams: s, keys: k } = columns;
    let (first, others): (Option<i64>, Option<Json<Vec<Other>>>) = sqlx::query_as(APPEND)
        .bind(e.command)
        .bind(e.tenant)
        .bind(e.aggregate)
        .bind(e.id)
        .bind(e.slot)
        .bind(e.sequence)
        .bind(e.event_id)
        .bind(e.kind)
        .bind(e.version)
        .bind(e.payload)
        .bind(e.metadata)
        .bind(e.occurred_at)
        .bind(s.command)
        .bind(s.tenant)
        .bind(s.aggregate)
        .bind(s.id)
        .bind(s.expected)
        .bind(k.command)
        .bind(k.tenant)
        .bind(k.key)
        .bind(k.hash)
        .bind(k.aggregate)
        .bind(k.id)
        .bind(k.version)
        .bind(k.events)
        .bind(k.last)
        .bind(k.known)
        .fetch_one(connection)
        .await?;
    outcomes(batch, first, others.map(|others| others.0).unwrap_or_default())
}

/// A command that was not appended.
#[derive(Deserialize)]
struct Other {
    command: usize,
    outcome: i16,
    position: Option<i64>,
    aggregate: Option<String>,
    id: Option<Uuid>,
    version: Option<i64>,
    events: Option<i32>,
}

impl Other {
    fn appended(self) -> Appended {
        match (self.outcome, self.aggregate, self.id, self.version, self.events, self.position) {
            (1, Some(aggregate_type), Some(aggregate_id), Some(version), Some(events), Some(position)) => {
                Appended::Replayed { aggregate_type, aggregate_id, version, events, position }
            }
            (2, ..) => Appended::KeyReused,
            _ => Appended::Conflict,
        }
    }
}

fn outcomes(
    batch: &[Waiting],
    first: Option<i64>,
    mut others: Vec<Other>,
) -> Result<Vec<Appended>, sqlx::Error> {
    let mut last = 0;
    let mut outcomes = Vec::with_capacity(batch.len());
    for Waiting { append, .. } in batch {
        let events = append.event_count();
        last += events;
        outcomes.push(match (first, events) {
            (_, 0) => Appended::Committed { position: append.known_position },
            (Some(first), _) => Appended::Committed { position: first + last - 1 },
            // Events were sent and no position came back: not a success.
            (None, _) => return Err(sqlx::Error::RowNotFound),
        });
    }
    // A key that was used before outweighs a stream that has moved on.
    others.sort_by_key(|other| std::cmp::Reverse(other.outcome));
    for other in others {
        let place = other.command.checked_sub(1).and_then(|index| outcomes.get_mut(index));
        *place.ok_or(sqlx::Error::RowNotFound)? = other.appended();
    }
    Ok(outcomes)
}

/// Commands are numbered from 1, as Postgres numbers rows.
#[derive(Default)]
struct Columns<'a> {
    events: EventColumns<'a>,
    streams: StreamColumns<'a>,
    keys: KeyColumns<'a>,
}

#[derive(Default)]
struct EventColumns<'a> {
    command: Vec<i32>,
    tenant: Vec<Uuid>,
    aggregate: Vec<&'a str>,
    id: Vec<Uuid>,
    slot: Vec<i16>,
    sequence: Vec<i64>,
    event_id: Vec<Uuid>,
    kind: Vec<&'a str>,
    version: Vec<i32>,
    payload: Vec<&'a str>,
    metadata: Vec<&'a str>,
    occurred_at: Vec<DateTime<Utc>>,
}

#[derive(Default)]
struct StreamColumns<'a> {
    command: Vec<i32>,
    tenant: Vec<Uuid>,
    aggregate: Vec<&'a str>,
    id: Vec<Uuid>,
    expected: Vec<i64>,
}

#[derive(Default)]
struct KeyColumns<'a> {
    command: Vec<i32>,
    tenant: Vec<Uuid>,
    key: Vec<&'a str>,
    hash: Vec<&'a [u8]>,
    aggregate: Vec<&'a str>,
    id: Vec<Uuid>,
    version: Vec<i64>,
    events: Vec<i32>,
    last: Vec<i32>,
    known: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a [Waiting]) -> Self {
        let mut columns = Self::default();
        for (index, waiting) in batch.iter().enumerate() {
            columns.add(number(index + 1), waiting);
        }
        columns
    }

    fn add(&mut self, command: i32, waiting: &'a Waiting) {
        let append = &waiting.append;
        let mut index = 0;
        for stream in &append.streams {
            self.streams.add(command, append, stream);
            self.events.add(command, waiting, stream, &mut index);
        }
        if let (Some(key), Some(own)) = (&append.key, append.streams.first()) {
            let last = if index > 0 { number(self.events.command.len()) } else { 0 };
            self.keys.add(command, append, key, own, last);
        }
    }
}

impl<'a> StreamColumns<'a> {
    fn add(&mut self, command: i32, append: &Append, stream: &'a StreamWrite) {
        self.command.push(command);
        self.tenant.push(append.tenant.0);
        self.aggregate.push(stream.aggregate_type);
        self.id.push(stream.aggregate_id);
        self.expected.push(stream.expected);
    }
}

impl<'a> EventColumns<'a> {
    /// `index` counts the events of a command over all its streams.
    fn add(&mut self, command: i32, waiting: &'a Waiting, stream: &'a StreamWrite, index: &mut u32) {
        let append = &waiting.append;
        let slot = slot_of(append.tenant, stream.aggregate_id);
        for (sequence, event) in (stream.expected + 1..).zip(&stream.events) {
            self.command.push(command);
            self.tenant.push(append.tenant.0);
            self.aggregate.push(stream.aggregate_type);
            self.id.push(stream.aggregate_id);
            self.slot.push(slot);
            self.sequence.push(sequence);
            self.event_id.push(Uuid::new_v5(&append.metadata.command_id, &index.to_be_bytes()));
            self.kind.push(event.event_type);
            self.version.push(event.version);
            self.payload.push(&event.payload);
            self.metadata.push(&waiting.metadata);
            self.occurred_at.push(event.occurred_at);
            *index += 1;
        }
    }
}

impl<'a> KeyColumns<'a> {
    fn add(&mut self, command: i32, append: &Append, key: &'a Key, own: &'a StreamWrite, last: i32) {
        self.command.push(command);
        self.tenant.push(append.tenant.0);
        self.key.push(&key.key);
        self.hash.push(&key.request_hash);
        self.aggregate.push(own.aggregate_type);
        self.id.push(own.aggregate_id);
        self.version.push(own.expected + i64::from(number(own.events.len())));
        self.events.push(number(own.events.len()));
        self.last.push(last);
        self.known.push(append.known_position);
    }
}

/// Batches hold far fewer items than this can count.
fn number(items: usize) -> i32 {
    i32::try_from(items).unwrap_or(i32::MAX)
}
