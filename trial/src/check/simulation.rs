//! A small world that keeps every promise, from a seed, and one way to break each of them.
//!
//! Commands take effect ten ticks apart; each was sent up to 35 ticks before and is acknowledged up to 35 after, so
//! that clients overlap. Every client works alone, eight at a time.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use uuid::Uuid;

use super::report::Report;
use crate::evidence::{
    Aggregate, Alarm, Counted, Counter, Evidence, Fold, Late, Listed, Parked, Row, StoredEvent, Stream,
    TopicRecord,
};
use crate::history::{Completion, End, History, Invocation, Kind, Operation, Polled, Token, Way};
use crate::load::digest_of_ids;

const CLIENTS: u64 = 8;
const TENANTS: u16 = 2;
const PARTITIONS: u128 = 3;

/// A history and the evidence to it.
pub struct Simulation {
    history: History,
    evidence: Evidence,
    rng: StdRng,
    /// Streams under way: leads only, and the number of their events.
    streams: Vec<(Stream, i64)>,
    tick: u64,
    /// The last position each tenant was polled to.
    polled: BTreeMap<u16, i64>,
}

impl Simulation {
    /// A world in which all is well.
    pub fn new(seed: u64) -> Self {
        let tenants: Vec<Uuid> = (1..=u128::from(TENANTS)).map(Uuid::from_u128).collect();
        let mut world = Self {
            history: History { seed, tenants: tenants.clone(), operations: Vec::new() },
            evidence: Evidence { tenants, consumers: 3, log_lines: 9, ..Evidence::default() },
            rng: StdRng::seed_from_u64(seed),
            streams: Vec::new(),
            tick: 100,
            polled: BTreeMap::new(),
        };
        for tenant in 0..TENANTS {
            world.every_kind_once(tenant);
        }
        for _ in 0..60 {
            world.step();
        }
        world.conclude();
        world
    }

    /// What the checks say.
    pub fn report(&self) -> Report {
        super::all(&self.history, &self.evidence)
    }

    fn every_kind_once(&mut self, tenant: u16) {
        self.create(tenant);
        let stream = self.stream_of(tenant);
        self.note(stream);
        self.update(stream);
        self.unknown(stream, true);
        self.unknown(stream, false);
        self.duplicate(stream);
        self.refused(stream);
        self.read(stream);
        self.read(stream);
        self.trespass(tenant);
        self.poll(tenant);
    }

    fn step(&mut self) {
        let tenant = self.rng.gen_range(0..TENANTS);
        let stream = self.stream_of(tenant);
        match self.rng.gen_range(0..10) {
            0 => self.create(tenant),
            1 | 2 => self.note(stream),
            3 => self.update(stream),
            4 => self.unknown(stream, true),
            5 => self.duplicate(stream),
            6 => self.refused(stream),
            7 => self.trespass(tenant),
            8 => self.poll(tenant),
            _ => self.read(stream),
        }
    }

    fn stream_of(&mut self, tenant: u16) -> usize {
        let own = self.streams.iter().enumerate().filter(|(_, (stream, _))| stream.tenant == tenant);
        let own: Vec<usize> = own.map(|(place, _)| place).collect();
        *own.choose(&mut self.rng).expect("every tenant has one")
    }

    fn create(&mut self, tenant: u16) {
        let id = Uuid::from_u128(0xaaaa_0000 + self.streams.len() as u128);
        self.streams.push((Stream { tenant, aggregate: Aggregate::Lead, id }, 0));
        let stream = self.streams.len() - 1;
        let op = self.command(Kind::CreateLead, stream, None);
        self.acknowledge(op, stream, "lead.created");
    }

    fn note(&mut self, stream: usize) {
        let op = self.command(Kind::AddNote, stream, None);
        self.acknowledge(op, stream, "lead.note_added");
    }

    fn update(&mut self, stream: usize) {
        let version = self.version(stream);
        let op = self.command(Kind::UpdateLead, stream, Some(version));
        self.acknowledge(op, stream, "lead.updated");
    }

    fn unknown(&mut self, stream: usize, took_effect: bool) {
        let op = self.command(Kind::AddNote, stream, None);
        self.history.operations[op].end = End::Info;
        let token = self.token(op);
        if took_effect {
            self.append(stream, "lead.note_added", Some(token));
        }
        self.tick += 80;
        let retry = self.again(op, Way::Retry);
        if took_effect {
            self.answer(retry, stream);
        } else {
            self.refuse(retry, 409);
        }
    }

    fn duplicate(&mut self, stream: usize) {
        let op = self.command(Kind::AddNote, stream, None);
        self.acknowledge(op, stream, "lead.note_added");
        let answer = self.history.operations[op].completed.clone();
        self.tick += 80;
        let again = self.again(op, Way::Duplicate);
        let time = self.tick + 1;
        let repeated = &mut self.history.operations[again];
        repeated.end = End::Ok;
        repeated.completed = Completion { op: repeated.invoked.op, time, replayed: true, ..answer };
    }

    fn refused(&mut self, stream: usize) {
        let op = self.command(Kind::AddNote, stream, None);
        self.refuse(op, 409);
    }

    fn read(&mut self, stream: usize) {
        let (known, version) = (self.streams[stream].0, self.version(stream));
        let op = self.begin(Kind::GetLead, known.tenant);
        let position = self.evidence.events.last().map(|event| event.position);
        let operation = &mut self.history.operations[op];
        operation.invoked.aggregate = Some(known.id);
        operation.invoked.at_least = Some(version);
        operation.end = End::Ok;
        operation.completed.status = 200;
        operation.completed.version = Some(version);
        operation.completed.position = position;
        operation.completed.organizations = [self.history.tenants[usize::from(known.tenant)]].into();
    }

    fn trespass(&mut self, tenant: u16) {
        let op = self.begin(Kind::TrespassRead, tenant);
        self.refuse(op, 404);
    }

    fn poll(&mut self, tenant: u16) {
        let after = self.polled.get(&tenant).copied().unwrap_or(0);
        let events = self.evidence.events.iter();
        let new: Vec<_> =
            events.filter(|event| event.stream.tenant == tenant && event.position > after).collect();
        let Some(last) = new.last().map(|event| event.position) else { return };
        let digest = digest_of_ids(new.iter().map(|event| event.event_id));
        let events = u32::try_from(new.len()).expect("few");
        let op = self.begin(Kind::PollFeed, tenant);
        let operation = &mut self.history.operations[op];
        // Each by a client of its own, which has seen nothing before.
        operation.invoked.client = 1000 + u32::try_from(op).expect("few");
        operation.end = End::Ok;
        operation.completed.status = 200;
        operation.completed.position = Some(last);
        operation.completed.digest = Some(digest);
        operation.completed.polled = Some(Box::new(Polled { after, events, ordered: true }));
        self.polled.insert(tenant, last);
    }

    /// Begins an operation whose moment is ten ticks after the last one's.
    fn begin(&mut self, f: Kind, tenant: u16) -> usize {
        self.tick += 10;
        let op = self.history.operations.len() as u64;
        let invoked = Invocation {
            op,
            client: u32::try_from(op % CLIENTS).expect("few"),
            tenant,
            f,
            way: Way::Plain,
            aggregate: None,
            key: None,
            token: None,
            expected_version: None,
            at_least: None,
            time: self.tick - self.rng.gen_range(0..35),
        };
        let time = self.tick + self.rng.gen_range(1..35);
        let completed = Completion { op, time, ..Completion::default() };
        self.history.operations.push(Operation { invoked, end: End::Info, completed });
        self.history.operations.len() - 1
    }

    fn command(&mut self, f: Kind, stream: usize, expected_version: Option<u32>) -> usize {
        let stream = self.streams[stream].0;
        let op = self.begin(f, stream.tenant);
        let token = Token::new(stream.tenant, op as u64);
        let invoked = &mut self.history.operations[op].invoked;
        invoked.aggregate = Some(stream.id).filter(|_| f != Kind::CreateLead);
        (invoked.key, invoked.token, invoked.expected_version) = (Some(token), Some(token), expected_version);
        op
    }

    /// The same request once more.
    fn again(&mut self, op: usize, way: Way) -> usize {
        let first = self.history.operations[op].invoked.clone();
        let again = self.begin(first.f, first.tenant);
        let Invocation { op, client, time, .. } = self.history.operations[again].invoked;
        self.history.operations[again].invoked = Invocation { op, client, time, way, ..first };
        again
    }

    fn acknowledge(&mut self, op: usize, stream: usize, kind: &'static str) {
        let token = self.token(op);
        self.append(stream, kind, Some(token));
        self.answer(op, stream);
    }

    fn answer(&mut self, op: usize, stream: usize) {
        let (id, version) = (self.streams[stream].0.id, self.version(stream));
        let operation = &mut self.history.operations[op];
        operation.end = End::Ok;
        operation.completed.status = 200;
        operation.completed.aggregate = Some(id);
        operation.completed.version = Some(version);
        operation.completed.digest = Some(u64::from(version));
    }

    fn refuse(&mut self, op: usize, status: u16) {
        let operation = &mut self.history.operations[op];
        operation.end = End::Fail;
        operation.completed.status = status;
    }

    fn append(&mut self, stream: usize, kind: &'static str, token: Option<Token>) {
        let (stream, length) = &mut self.streams[stream];
        *length += 1;
        let position = self.evidence.events.len() as i64 + 1;
        self.evidence.events.push(StoredEvent {
            stream: *stream,
            sequence: *length,
            position,
            event_id: Uuid::from_u128(0xeeee_0000 + position as u128),
            kind,
            command_id: Uuid::from_u128(position as u128),
            token,
        });
    }

    fn token(&self, op: usize) -> Token {
        self.history.operations[op].invoked.token.expect("a command")
    }

    fn version(&self, stream: usize) -> u32 {
        u32::try_from(self.streams[stream].1).expect("few")
    }

    /// All is quiet: topics, read models and lists follow from the events.
    fn conclude(&mut self) {
        self.evidence.records = Some(self.records());
        for (stream, version) in self.streams.clone() {
            let digest = Some(version as u64);
            self.evidence.folds.push(Fold { stream, version, digest });
            self.evidence.rows.push(Row { view: "lead_states", stream, digest });
            self.evidence.listed.push(Listed { asked_by: stream.tenant, stream, version });
        }
        for tenant in 0..TENANTS {
            let of_tenant = self.evidence.events.iter().filter(|event| event.stream.tenant == tenant);
            let created = of_tenant.clone().filter(|event| event.kind == "lead.created").count() as i64;
            let timeline = of_tenant.count() as i64;
            for (what, value) in [
                (Counted::Leads, created),
                (Counted::LeadsCreated, created),
                (Counted::LeadTimeline, timeline),
            ] {
                self.evidence.counters.push(Counter { tenant, what, value });
            }
        }
        let place = |event: &StoredEvent| (event.stream.id, event.sequence);
        self.evidence.events.sort_by_key(place);
    }

    /// In the order of the store; at one place the relay began anew and sent some again.
    fn records(&mut self) -> Vec<TopicRecord> {
        let events = self.evidence.events.clone();
        let again = self.rng.gen_range(5..events.len());
        let sent = events[..again].iter().chain(&events[again - 5..]);
        let mut offsets = [0; PARTITIONS as usize];
        let mut records: Vec<TopicRecord> = Vec::new();
        for event in sent {
            let partition = (event.stream.id.as_u128() % PARTITIONS) as usize;
            records.push(TopicRecord {
                stream: event.stream,
                partition: partition as i32,
                offset: offsets[partition],
                sequence: event.sequence,
                position: event.position,
                event_id: event.event_id,
            });
            offsets[partition] += 1;
        }
        records.sort_by_key(|record| (record.partition, record.offset));
        records
    }
}

/// One broken promise each.
impl Simulation {
    fn operations(&mut self, fits: impl Fn(&Operation) -> bool) -> &mut Operation {
        let fitting = self.history.operations.iter().enumerate().filter(|(_, operation)| fits(operation));
        let fitting: Vec<usize> = fitting.map(|(place, _)| place).collect();
        let chosen = *fitting.choose(&mut self.rng).expect("every kind occurs");
        &mut self.history.operations[chosen]
    }

    fn acknowledged(&mut self, f: Kind) -> &mut Operation {
        self.operations(|op| op.end == End::Ok && op.invoked.f == f && op.invoked.way == Way::Plain)
    }

    fn some_event(&mut self, fits: impl Fn(&StoredEvent) -> bool) -> StoredEvent {
        let fitting: Vec<_> = self.evidence.events.iter().filter(|event| fits(event)).cloned().collect();
        fitting.choose(&mut self.rng).expect("there is one").clone()
    }

    fn records_mut(&mut self) -> &mut Vec<TopicRecord> {
        self.evidence.records.as_mut().expect("it relays")
    }

    pub fn forget_last_acknowledged(&mut self) {
        let acknowledged = self.acknowledged(Kind::CreateLead).clone();
        let id = acknowledged.aggregate();
        self.evidence.events.retain(|event| Some(event.stream.id) != id);
    }

    /// An answer to a command that was never stored, though its stream has the version.
    pub fn acknowledge_nothing(&mut self) {
        let stream = self.stream_of(0);
        let op = self.command(Kind::AddNote, stream, None);
        self.history.operations[op].invoked.time = 0;
        self.answer(op, stream);
    }

    pub fn refuse_what_took_effect(&mut self) {
        let key = self
            .operations(|op| op.end == End::Ok && op.invoked.way == Way::Plain && op.invoked.token.is_some());
        let key = key.invoked.key;
        for operation in self.history.operations.iter_mut().filter(|operation| operation.invoked.key == key) {
            operation.end = End::Fail;
            operation.completed =
                Completion { op: operation.invoked.op, status: 409, ..operation.completed.clone() };
        }
    }

    pub fn forget_sending(&mut self) {
        let key = self.acknowledged(Kind::AddNote).invoked.key;
        self.history.operations.retain(|operation| operation.invoked.key != key);
    }

    /// One more event with a token that is stored already; everything else follows from the events as it should.
    pub fn repeat_an_effect(&mut self) {
        let first = self.some_event(|event| event.kind == "lead.note_added");
        let stream =
            self.streams.iter().position(|(stream, _)| *stream == first.stream).expect("it is known");
        self.evidence.events.sort_by_key(|event| event.position);
        self.append(stream, first.kind, first.token);
        let events = std::mem::take(&mut self.evidence.events);
        let tenants = std::mem::take(&mut self.evidence.tenants);
        self.evidence = Evidence { tenants, events, consumers: 3, log_lines: 9, ..Evidence::default() };
        self.conclude();
    }

    pub fn answer_differently(&mut self) {
        let duplicate = self.operations(|op| op.invoked.way == Way::Duplicate);
        duplicate.completed.digest = duplicate.completed.digest.map(|digest| digest + 1);
    }

    pub fn lose_a_record(&mut self) {
        let lost = self.some_event(|_| true).event_id;
        self.records_mut().retain(|record| record.event_id != lost);
    }

    /// The last record of a stream of several lies at the end of another partition.
    pub fn misplace_a_record(&mut self) {
        let long = self.some_event(|event| event.sequence > 1).stream;
        let records = self.records_mut();
        let last = records.iter().rposition(|record| record.stream == long).expect("it was relayed");
        let mut record = records.remove(last);
        (record.partition, record.offset) = (3, 0);
        records.push(record);
    }

    pub fn skip_in_the_feed(&mut self) {
        let poll = self.operations(|op| op.completed.polled.is_some());
        if let Some(polled) = &mut poll.completed.polled {
            polled.events -= 1;
        }
    }

    pub fn skip_a_version(&mut self) {
        let stream = self.some_event(|event| event.sequence == 2).stream;
        self.evidence.events.retain(|event| event.stream != stream || event.sequence != 1);
    }

    pub fn ignore_a_condition(&mut self) {
        let update = self.acknowledged(Kind::UpdateLead);
        update.invoked.expected_version = update.invoked.expected_version.map(|version| version - 1);
    }

    /// The first two records of a stream in the other order, within the first time they are sent.
    pub fn swap_records(&mut self) {
        let stream = self.some_event(|event| event.sequence == 2).stream;
        let records = self.records_mut();
        let at = |sequence: i64, records: &[TopicRecord]| {
            records.iter().position(|record| record.stream == stream && record.sequence == sequence)
        };
        let (one, two) = (at(1, records).expect("relayed"), at(2, records).expect("relayed"));
        records.swap(one, two);
    }

    pub fn spoil_a_row(&mut self) {
        let row = self.rng.gen_range(0..self.evidence.rows.len());
        self.evidence.rows[row].digest = Some(u64::MAX);
    }

    pub fn lose_a_row(&mut self) {
        let row = self.rng.gen_range(0..self.evidence.rows.len());
        self.evidence.rows.remove(row);
    }

    pub fn count_twice(&mut self) {
        let counter = self.rng.gen_range(0..self.evidence.counters.len());
        self.evidence.counters[counter].value += 1;
    }

    pub fn leave_out_of_a_list(&mut self) {
        let listed = self.rng.gen_range(0..self.evidence.listed.len());
        self.evidence.listed.remove(listed);
    }

    /// A client reads again what it has read, and is shown less.
    pub fn read_the_past(&mut self) {
        let read =
            self.operations(|op| op.invoked.f == Kind::GetLead && op.completed.version > Some(1)).clone();
        let op = self.begin(Kind::GetLead, read.invoked.tenant);
        let again = &mut self.history.operations[op];
        again.invoked.client = read.invoked.client;
        again.invoked.aggregate = read.invoked.aggregate;
        again.end = End::Ok;
        again.completed.status = 200;
        again.completed.version = Some(1);
    }

    pub fn show_less_than_asked(&mut self) {
        let read = self.operations(|op| op.invoked.at_least.is_some());
        read.invoked.at_least = read.invoked.at_least.map(|version| version + 1);
    }

    pub fn find_nothing(&mut self) {
        let read = self.operations(|op| op.invoked.at_least.is_some());
        (read.end, read.completed.status, read.completed.version) = (End::Fail, 404, None);
    }

    /// The first command on a stream was sent only after the last on it had been acknowledged.
    pub fn turn_time_around(&mut self) {
        let id = self.streams[0].0.id;
        let end = self.tick + 1000;
        let own = |op: &&mut Operation| op.invoked.f == Kind::CreateLead && op.aggregate() == Some(id);
        let first = self.history.operations.iter_mut().find(own).expect("it was created");
        (first.invoked.time, first.completed.time) = (end, end + 1);
    }

    pub fn admit_a_stranger(&mut self) {
        let trespass = self.operations(|op| op.invoked.f == Kind::TrespassRead);
        (trespass.end, trespass.completed.status) = (End::Ok, 200);
    }

    pub fn show_a_strangers_token(&mut self) {
        let read = self.operations(|op| op.invoked.f == Kind::GetLead && op.invoked.tenant == 0);
        read.completed.seen = [Token::new(1, 3)].into();
    }

    pub fn stand_still(&mut self) {
        self.evidence.late.push(Late { consumer: "leads".to_owned(), position: 3, head: 9 });
    }

    pub fn park(&mut self) {
        let parked = Parked { by: "leads".to_owned(), position: 3, event_id: None, reason: None };
        self.evidence.parked.push(parked);
    }

    pub fn leave_unknown(&mut self) {
        let retry = self.operations(|op| op.invoked.way == Way::Retry);
        let key = retry.invoked.key;
        for operation in self.history.operations.iter_mut().filter(|operation| operation.invoked.key == key) {
            operation.end = End::Info;
        }
    }

    pub fn lie_about_an_unknown(&mut self) {
        let retry = self.operations(|op| op.invoked.way == Way::Retry && op.end == End::Ok);
        retry.end = End::Fail;
        retry.completed.status = 409;
    }

    pub fn panic_in_the_log(&mut self) {
        let alarm = Alarm { file: PathBuf::from("server.log"), line: 1, text: "panicked".to_owned() };
        self.evidence.alarms.push(alarm);
    }
}

mod tests {
    use proptest::prelude::*;

    use super::Simulation;

    proptest! {
        #[test]
        fn a_world_that_keeps_its_promises_passes(seed: u64) {
            let report = Simulation::new(seed).report();
            prop_assert!(report.is_clean(), "{report}");
        }
    }
}
