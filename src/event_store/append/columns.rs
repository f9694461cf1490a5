//! The statement: a batch turned on its side, one array per argument of
//! `append_commands` (`migrations/0006_event_partitions.sql`).

use chrono::{DateTime, Utc};
use seiketsu_domain::envelope::slot_of;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{Executor as _, PgConnection};
use uuid::Uuid;

use super::{Append, Appended, StreamWrite, Waiting};

/// Says, too, whether somebody else was appending and had to be waited for. The argument that mentions it comes first, so
/// that it is looked at first.
const APPEND: &str = "select turn.at_once, first_position, others \
    from (select pg_try_advisory_xact_lock(7310003) as at_once offset 0) turn, append_commands(\
    $1 or turn.at_once is null,\
    $2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23)";

/// The same where this session holds the lock already: from here on it is the transaction's, which lets go of it at its end.
const APPEND_IN_TURN: &str = "select pg_advisory_unlock(7310003) \
        and set_config('idle_session_timeout', '0', false) is not null as at_once, first_position, others \
    from append_commands(\
    $1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23)";

/// Waits for the lock that puts appends in order, and holds it until the next batch is committed. Whoever then does not go
/// on loses the session, and with it the lock: everybody else waits.
const TAKE_TURN: &str = "select pg_advisory_lock(7310003), set_config('idle_session_timeout', '2s', false)";

/// Undoes it.
const GIVE_TURN_UP: &str = "select pg_advisory_unlock_all(), set_config('idle_session_timeout', '0', false)";

/// Whether keys and streams under new ids are looked up before they are written, or left to the unique indexes, which
/// refuse the whole batch for the sake of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp {
    Everything,
    WhatIndexesMiss,
}

/// Whose turn it is when a batch is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Unknown: the statement waits where it must.
    Open,
    /// Ours, by [`take_turn`].
    Taken,
}

/// How a batch ended.
pub struct Sent {
    /// How each command ended, in the order of the batch.
    pub appended: Vec<Appended>,
    /// Nobody else was appending.
    pub at_once: bool,
}

/// Waits until nobody else appends; the next batch over this connection goes first, and has to be sent with
/// [`Turn::Taken`].
pub async fn take_turn(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::query(TAKE_TURN)).await.map(drop)
}

/// Lets the others go first after all.
pub async fn give_turn_up(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::query(GIVE_TURN_UP)).await.map(drop)
}

/// Sends a batch as one statement.
pub async fn send(
    connection: &mut PgConnection,
    batch: &[Waiting],
    look_up: LookUp,
    turn: Turn,
) -> Result<Sent, sqlx::Error> {
    let Columns { commands: c, streams: s, events: e } = Columns::of(batch, look_up);
    let statement = if turn == Turn::Taken { APPEND_IN_TURN } else { APPEND };
    let (at_once, first, others): (bool, Option<i64>, Option<Json<Vec<Other>>>) = sqlx::query_as(statement)
        .bind(look_up == LookUp::Everything)
        .bind(c.tenant)
        .bind(c.metadata)
        .bind(c.key)
        .bind(c.hash)
        .bind(c.own)
        .bind(c.events)
        .bind(c.last)
        .bind(c.known)
        .bind(s.command)
        .bind(s.aggregate)
        .bind(s.id)
        .bind(s.slot)
        .bind(s.expected)
        .bind(s.known)
        .bind(s.looked_up)
        .bind(e.stream)
        .bind(e.sequence)
        .bind(e.event_id)
        .bind(e.kind)
        .bind(e.version)
        .bind(e.payload)
        .bind(e.occurred_at)
        .fetch_one(connection)
        .await?;
    let appended = outcomes(batch, first, others.map(|others| others.0).unwrap_or_default())?;
    Ok(Sent { appended, at_once })
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

/// Commands, streams and events are numbered from 1, as Postgres numbers the entries of arrays.
#[derive(Default)]
struct Columns<'a> {
    commands: CommandColumns<'a>,
    streams: StreamColumns<'a>,
    events: EventColumns<'a>,
}

#[derive(Default)]
struct CommandColumns<'a> {
    tenant: Vec<Uuid>,
    metadata: Vec<&'a str>,
    key: Vec<Option<&'a str>>,
    hash: Vec<Option<&'a [u8]>>,
    /// The number of the command's own stream.
    own: Vec<i32>,
    /// Events in its own stream.
    events: Vec<i32>,
    /// The number of its last event; 0 where it has none.
    last: Vec<i32>,
    known: Vec<i64>,
}

#[derive(Default)]
struct StreamColumns<'a> {
    command: Vec<i32>,
    aggregate: Vec<&'a str>,
    id: Vec<Uuid>,
    slot: Vec<i16>,
    expected: Vec<i64>,
    /// Position of the last known event: where looking begins.
    known: Vec<i64>,
    /// Numbers of the streams whose version is looked up.
    looked_up: Vec<i32>,
}

#[derive(Default)]
struct EventColumns<'a> {
    stream: Vec<i32>,
    sequence: Vec<i64>,
    event_id: Vec<Uuid>,
    kind: Vec<&'a str>,
    version: Vec<i32>,
    payload: Vec<&'a str>,
    occurred_at: Vec<DateTime<Utc>>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a [Waiting], look_up: LookUp) -> Self {
        let mut columns = Self::default();
        for waiting in batch {
            columns.add(waiting, look_up);
        }
        columns
    }

    fn add(&mut self, waiting: &'a Waiting, look_up: LookUp) {
        let append = &waiting.append;
        let own = number(self.streams.id.len() + 1);
        let before = self.events.stream.len();
        let command = number(self.commands.tenant.len() + 1);
        for stream in &append.streams {
            self.streams.add(command, append, stream, look_up);
            self.events.add(number(self.streams.id.len()), append, stream, before);
        }
        let after = self.events.stream.len();
        self.commands.add(waiting, own, if after > before { number(after) } else { 0 });
    }
}

impl<'a> CommandColumns<'a> {
    fn add(&mut self, waiting: &'a Waiting, own: i32, last: i32) {
        let append = &waiting.append;
        self.tenant.push(append.tenant.0);
        self.metadata.push(&waiting.metadata);
        self.key.push(append.key.as_ref().map(|key| key.key.as_str()));
        self.hash.push(append.key.as_ref().map(|key| key.request_hash.as_slice()));
        self.own.push(own);
        self.events.push(append.streams.first().map_or(0, |own| number(own.events.len())));
        self.last.push(last);
        self.known.push(append.known_position);
    }
}

impl<'a> StreamColumns<'a> {
    fn add(&mut self, command: i32, append: &Append, stream: &'a StreamWrite, look_up: LookUp) {
        let begins = stream.known.is_none() && !stream.events.is_empty();
        if look_up == LookUp::Everything || !begins {
            self.looked_up.push(number(self.id.len() + 1));
        }
        self.command.push(command);
        self.aggregate.push(stream.aggregate_type);
        self.id.push(stream.aggregate_id);
        self.slot.push(slot_of(append.tenant, stream.aggregate_id));
        self.expected.push(stream.expected);
        self.known.push(stream.known.unwrap_or_default());
    }
}

impl<'a> EventColumns<'a> {
    /// `before` is how many events precede the command's own.
    fn add(&mut self, number: i32, append: &Append, stream: &'a StreamWrite, before: usize) {
        for (sequence, event) in (stream.expected + 1..).zip(&stream.events) {
            self.event_id.push(event_id(append, self.stream.len() - before));
            self.stream.push(number);
            self.sequence.push(sequence);
            self.kind.push(event.event_type);
            self.version.push(event.version);
            self.payload.push(&event.payload);
            self.occurred_at.push(event.occurred_at);
        }
    }
}

/// Follows from the command and the place of the event in it, so that a retry makes the same.
fn event_id(append: &Append, index: usize) -> Uuid {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    Uuid::new_v5(&append.metadata.command_id, &index.to_be_bytes())
}

/// Batches hold far fewer items than this can count.
fn number(items: usize) -> i32 {
    i32::try_from(items).unwrap_or(i32::MAX)
}
