use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::TryStreamExt as _;
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::call::Call;
use seiketsu_domain::catalogue::{AGGREGATES, Fact};
use seiketsu_domain::compliance::Profile;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::escalation::Escalation;
use seiketsu_domain::lead::Lead;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::{Aggregate, Evidence, EvidenceError, Fold, Parked, StoredEvent, Stream, number_of};
use crate::history::Token;

/// In the order of the primary key, so that each stream comes in one piece.
const EVENTS: &str = "
    select position, tenant_id, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version,
           payload::text as payload, metadata ->> 'commandId' as command_id
      from events order by aggregate_id, tenant_id, aggregate_type, sequence";

#[derive(FromRow)]
struct EventRow {
    position: i64,
    tenant_id: Uuid,
    aggregate_type: String,
    aggregate_id: Uuid,
    sequence: i64,
    event_id: Uuid,
    event_type: String,
    event_version: i32,
    payload: String,
    command_id: Option<String>,
}

/// Reads the event table and folds each stream.
pub async fn read(pool: &PgPool, evidence: &mut Evidence) -> Result<(), EvidenceError> {
    let mut rows = sqlx::query_as::<_, EventRow>(EVENTS).fetch(pool);
    let mut folding: Option<Folding> = None;
    while let Some(row) = rows.try_next().await? {
        let event = stored(&row, &evidence.tenants)?;
        if let Some(done) = folding.take_if(|folding| folding.stream != event.stream) {
            evidence.folds.push(done.finish());
        }
        folding.get_or_insert_with(|| Folding::new(event.stream)).add(&row);
        evidence.events.push(event);
    }
    evidence.folds.extend(folding.map(Folding::finish));
    Ok(())
}

fn stored(row: &EventRow, tenants: &[Uuid]) -> Result<StoredEvent, EvidenceError> {
    let unknown = EvidenceError::UnknownType { position: row.position };
    let Some((aggregate, kind)) = Aggregate::of(&row.aggregate_type).zip(kind_of(&row.event_type)) else {
        return Err(unknown);
    };
    let token = own_token(kind, &row.payload);
    let stream = Stream { tenant: number_of(tenants, row.tenant_id), aggregate, id: row.aggregate_id };
    let command_id = row.command_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default();
    let (sequence, position, event_id) = (row.sequence, row.position, row.event_id);
    Ok(StoredEvent { stream, sequence, position, event_id, kind, command_id, token })
}

/// The token of the request that caused the event. Later events of a call repeat its agent, who carries the token of the
/// request that started it.
fn own_token(kind: &str, payload: &str) -> Option<Token> {
    if kind == "call.started" {
        return Token::find_in(payload).next();
    }
    let mut pieces = payload.split("\"agentId\":\"").enumerate();
    pieces.find_map(|(n, piece)| {
        let own = if n == 0 { piece } else { piece.get(Token::LENGTH..).unwrap_or_default() };
        Token::find_in(own).next()
    })
}

/// The name as the catalogue has it, which costs no memory per event.
fn kind_of(name: &str) -> Option<&'static str> {
    let mut kinds = AGGREGATES.iter().flat_map(|aggregate| aggregate.events).map(|event| event.name);
    kinds.find(|kind| *kind == name)
}

/// One stream on its way to its state.
struct Folding {
    stream: Stream,
    state: State,
    reads: bool,
}

enum State {
    Call(Box<Call>),
    Compliance(Box<Profile>),
    Consent(Box<Consent>),
    Escalation(Box<Escalation>),
    Lead(Box<Lead>),
}

impl Folding {
    fn new(stream: Stream) -> Self {
        let state = match stream.aggregate {
            Aggregate::Call => State::Call(Box::default()),
            Aggregate::Compliance => State::Compliance(Box::default()),
            Aggregate::Consent => State::Consent(Box::default()),
            Aggregate::Escalation => State::Escalation(Box::default()),
            Aggregate::Lead => State::Lead(Box::default()),
        };
        Self { stream, state, reads: true }
    }

    fn add(&mut self, row: &EventRow) {
        let fact = Fact::from_stored(&row.aggregate_type, &row.event_type, row.event_version, &row.payload);
        match (&mut self.state, fact) {
            (State::Call(state), Ok(Fact::Call(event))) => state.evolve(&event),
            (State::Compliance(state), Ok(Fact::Compliance(event))) => state.evolve(&event),
            (State::Consent(state), Ok(Fact::Consent(event))) => state.evolve(&event),
            (State::Escalation(state), Ok(Fact::Escalation(event))) => state.evolve(&event),
            (State::Lead(state), Ok(Fact::Lead(event))) => state.evolve(&event),
            _ => self.reads = false,
        }
    }

    fn finish(self) -> Fold {
        let (version, digest) = match &self.state {
            State::Call(state) => (state.version(), digest(&**state)),
            State::Compliance(state) => (state.version(), digest(&**state)),
            State::Consent(state) => (state.version(), digest(&**state)),
            State::Escalation(state) => (state.version(), digest(&**state)),
            State::Lead(state) => (state.version(), digest(&**state)),
        };
        Fold { stream: self.stream, version, digest: digest.filter(|_| self.reads) }
    }
}

/// Hash of a state as the aggregate itself writes it.
pub fn digest<A: Decide>(state: &A) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(state).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

/// Reads what was set aside.
pub async fn read_parked(pool: &PgPool, evidence: &mut Evidence) -> Result<(), EvidenceError> {
    let rows: Vec<(String, i64, Option<Uuid>, Option<String>)> = sqlx::query_as(
        "select d.projection, d.position, e.event_id, d.error
           from dead_letters d left join events e using (position) order by 1, 2",
    )
    .fetch_all(pool)
    .await?;
    let parked =
        rows.into_iter().map(|(by, position, event_id, reason)| Parked { by, position, event_id, reason });
    evidence.parked.extend(parked);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::own_token;
    use crate::history::Token;

    #[test]
    fn the_agent_of_a_call_is_not_taken_for_the_token_of_later_requests() {
        let (agent, own) = (Token::new(0, 1), Token::new(0, 2));
        let started = format!(r#"{{"agentId":"{agent}","direction":"inbound"}}"#);
        let ended = format!(r#"{{"agentId":"{agent}","outcome":"completed","summary":"{own}"}}"#);
        assert_eq!(own_token("call.started", &started), Some(agent));
        assert_eq!(own_token("call.connected", &started), None);
        assert_eq!(own_token("call.ended", &ended), Some(own));
    }
}
