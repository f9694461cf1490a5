//! Executing commands: load, decide, append.
//!
//! Promises: a command takes effect once per idempotency key, however often it is sent; it is decided on the state
//! it is appended to (a stream that moved on meanwhile is loaded and decided again); the answer is what was
//! committed. A replayed command answers from history, so the answer is the same as the first time.

mod cache;
mod outcome;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::envelope::Metadata;
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::planted;
use uuid::Uuid;

pub use cache::StateCache;
pub use outcome::{CommandError, Committed, Refused};

use crate::admission::{Admission, Room};
use crate::event_store::{Append, Appended, EventStore, Key, Loaded, NewEvent, StreamWrite};
use crate::ids;

/// Who wishes, when, and on what conditions.
#[derive(Debug, Clone)]
pub struct Wish {
    pub tenant: TenantId,
    pub actor: UserId,
    pub at: Timestamp,
    pub correlation_id: Uuid,
    pub traceparent: Option<String>,
    pub key: Option<Key>,
    /// The version the aggregate must be at, where the client insists on one.
    pub expected_version: Option<i64>,
}

impl Wish {
    /// A wish without conditions, of somebody who does not come over HTTP.
    #[must_use]
    pub fn of(tenant: TenantId, actor: UserId, at: Timestamp) -> Self {
        Self {
            tenant,
            actor,
            at,
            correlation_id: ids::new(),
            traceparent: None,
            key: None,
            expected_version: None,
        }
    }

    fn metadata(&self) -> Metadata {
        // With a key the command id follows from it, so that a retry makes the same event ids.
        let command_id = match &self.key {
            Some(key) => Uuid::new_v5(&self.tenant.0, key.key.as_bytes()),
            None => ids::new(),
        };
        Metadata {
            command_id,
            actor: self.actor.0,
            correlation_id: self.correlation_id,
            causation_id: None,
            traceparent: self.traceparent.clone(),
        }
    }
}

/// A stream a decision looked at and does not write to: nothing is appended unless it is still at this version.
#[derive(Debug, Clone)]
pub struct Reliance {
    aggregate_type: &'static str,
    id: Uuid,
    version: i64,
    position: i64,
}

impl Reliance {
    /// On an aggregate as loaded.
    #[must_use]
    pub fn on<A: Decide>(id: Uuid, loaded: &Loaded<A>) -> Self {
        Self { aggregate_type: A::TYPE, id, version: loaded.state.version(), position: loaded.position }
    }

    fn unwritten(&self) -> StreamWrite {
        StreamWrite {
            aggregate_type: self.aggregate_type,
            aggregate_id: self.id,
            expected: self.version,
            known: Some(self.position),
            events: Vec::new(),
        }
    }
}

/// A second aggregate that takes part in a command, all or nothing with the first.
pub struct Also<B: Decide> {
    pub id: Uuid,
    pub command: B::Command,
}

/// Decisions on a stream that keeps moving are tried this often before the client is asked to come back.
const ATTEMPTS: usize = 8;
/// Locks that keep commands of one process on one stream from racing each other.
const STRIPES: usize = 4096;

/// Executes commands. Cheap to clone.
#[derive(Clone)]
pub struct Commands {
    store: EventStore,
    cache: StateCache,
    admission: Admission,
    in_flight: Arc<Mutex<HashSet<(TenantId, String)>>>,
    stripes: Arc<Vec<tokio::sync::Mutex<()>>>,
}

impl Commands {
    #[must_use]
    pub fn new(store: EventStore, cache: StateCache) -> Self {
        let stripes = (0..STRIPES).map(|_| tokio::sync::Mutex::new(())).collect();
        let admission = Admission::new(Room::for_commands());
        Self { store, cache, admission, in_flight: Arc::default(), stripes: Arc::new(stripes) }
    }

    /// The store commands are appended to.
    #[must_use]
    pub fn store(&self) -> &EventStore {
        &self.store
    }

    /// Creates an aggregate under a new id.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn create<A: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: A::Command,
    ) -> Result<Committed<A>, CommandError> {
        let loaded = Loaded { state: Arc::default(), position: 0 };
        let fresh = Known { loaded, certain: true, minted: true };
        self.run::<A, A>(wish, id, &command, (None, None), Some(fresh)).await
    }

    /// Executes a command on an aggregate that may or may not exist.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn execute<A: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: A::Command,
    ) -> Result<Committed<A>, CommandError> {
        self.run::<A, A>(wish, id, &command, (None, None), None).await
    }

    /// Executes a command whose facts were taken from another stream as well.
    ///
    /// # Errors
    /// See [`CommandError`]; [`CommandError::Outdated`] where that stream moved on.
    pub async fn execute_relying<A: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: A::Command,
        relies_on: &Reliance,
    ) -> Result<Committed<A>, CommandError> {
        self.run::<A, A>(wish, id, &command, (None, Some(relies_on)), None).await
    }

    /// Executes two commands on two aggregates as one: both happen or neither. Answers with the first.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn execute_both<A: Decide, B: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: A::Command,
        also: Also<B>,
    ) -> Result<Committed<A>, CommandError> {
        self.run(wish, id, &command, (Some(&also), None), None).await
    }

    /// Creates an aggregate under a new id and executes a command on another one, as one: both happen or neither, and only
    /// while a third, which they rely on, stays as it is. Answers with the first.
    ///
    /// # Errors
    /// See [`CommandError`]; [`CommandError::Outdated`] where the third moved on.
    pub async fn create_with<A: Decide, B: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: A::Command,
        also: Also<B>,
        relies_on: &Reliance,
    ) -> Result<Committed<A>, CommandError> {
        let loaded = Loaded { state: Arc::default(), position: 0 };
        let fresh = Known { loaded, certain: true, minted: true };
        self.run(wish, id, &command, (Some(&also), Some(relies_on)), Some(fresh)).await
    }

    /// Whether a stream exists for the tenant.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn exists<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Result<bool, CommandError> {
        Ok(self.current::<A>(tenant, id).await?.state.version() > 0)
    }

    /// The present state of an aggregate; the default state where it does not exist.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn current<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Result<Loaded<A>, CommandError> {
        Ok(self.known::<A>(tenant, id).await?.loaded)
    }

    /// The present state of an aggregate, by the store and not by what this process remembers.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn reloaded<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Result<Loaded<A>, CommandError> {
        self.cache.forget::<A>(tenant, id);
        self.current::<A>(tenant, id).await
    }

    async fn known<A: Decide>(&self, tenant: TenantId, id: Uuid) -> Result<Known<A>, CommandError> {
        if let Some(cached) = self.cache.get::<A>(tenant, id) {
            return Ok(Known { loaded: cached, certain: false, minted: false });
        }
        // Boxed, as is all that happens rarely: what a request may have to wait for is moved about with it.
        let loaded = Box::pin(self.store.load::<A>(tenant, id)).await?;
        if loaded.state.version() > 0 {
            self.cache.put(tenant, id, loaded.clone());
        }
        Ok(Known { loaded, certain: true, minted: false })
    }

    async fn run<A: Decide, B: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: &A::Command,
        beside: Beside<'_, B>,
        fresh: Option<Known<A>>,
    ) -> Result<Committed<A>, CommandError> {
        let outcome = self.decide_and_append(wish, id, command, beside, fresh).await;
        metrics::counter!("commands_total", "type" => A::TYPE, "outcome" => outcome::name(&outcome))
            .increment(1);
        outcome
    }

    async fn decide_and_append<A: Decide, B: Decide>(
        &self,
        wish: &Wish,
        id: Uuid,
        command: &A::Command,
        (also, relies_on): Beside<'_, B>,
        mut fresh: Option<Known<A>>,
    ) -> Result<Committed<A>, CommandError> {
        let _claim = self.claim(wish)?;
        let _place = self.admission.enter(wish.tenant).await?;
        let _turn = self.take_turns(wish.tenant, id, also.map(|also| also.id)).await;
        for _ in 0..ATTEMPTS {
            let attempt = Attempt { commands: self, wish, id, relies_on, fresh: fresh.take() };
            match attempt.run(command, also).await? {
                Some(committed) => return Ok(committed),
                None => metrics::counter!("append_conflicts_total").increment(1),
            }
        }
        Err(CommandError::Contended)
    }

    /// Claims an idempotency key for this process while its command runs.
    fn claim(&self, wish: &Wish) -> Result<Option<Claim>, CommandError> {
        let Some(key) = &wish.key else { return Ok(None) };
        let claimed = (wish.tenant, key.key.clone());
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if !in_flight.insert(claimed.clone()) {
            return Err(CommandError::InFlight);
        }
        drop(in_flight);
        Ok(Some(Claim { in_flight: Arc::clone(&self.in_flight), claimed }))
    }

    async fn take_turns(
        &self,
        tenant: TenantId,
        id: Uuid,
        also: Option<Uuid>,
    ) -> (Turn<'_>, Option<Turn<'_>>) {
        let own = stripe(tenant, id);
        let other = also.map(|id| stripe(tenant, id)).filter(|other| *other != own);
        // In ascending order and each once, so that two commands never wait for each other.
        let (first, second) = match other {
            Some(other) => (own.min(other), Some(own.max(other))),
            None => (own, None),
        };
        let first = self.stripes[first].lock().await;
        match second {
            Some(second) => (first, Some(self.stripes[second].lock().await)),
            None => (first, None),
        }
    }
}

/// The other aggregates of a command: one that is written to, one that is relied on.
type Beside<'a, B> = (Option<&'a Also<B>>, Option<&'a Reliance>);

type Turn<'a> = tokio::sync::MutexGuard<'a, ()>;

fn stripe(tenant: TenantId, id: Uuid) -> usize {
    let (high, low) = (tenant.0.as_u64_pair(), id.as_u64_pair());
    let mixed = (high.1 ^ low.0 ^ low.1.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 40).unwrap_or(0) % STRIPES
}

struct Claim {
    in_flight: Arc<Mutex<HashSet<(TenantId, String)>>>,
    claimed: (TenantId, String),
}

impl Drop for Claim {
    fn drop(&mut self) {
        if planted::bug("leaky-claim") {
            return;
        }
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claimed);
    }
}

/// One round of load, decide, append.
struct Attempt<'a, A: Decide> {
    commands: &'a Commands,
    wish: &'a Wish,
    id: Uuid,
    relies_on: Option<&'a Reliance>,
    fresh: Option<Known<A>>,
}

/// A state, and whether it is the store's own or a cached one that another process may have outdated.
struct Known<A> {
    loaded: Loaded<A>,
    certain: bool,
    /// The id was made for this command.
    minted: bool,
}

/// A decision and the state it leads to.
struct Decided<A: Decide> {
    before: i64,
    /// Position of the last event before; `None` where the id was made for this command.
    known: Option<i64>,
    after: Loaded<A>,
    events: Vec<A::Event>,
}

impl<A: Decide> Attempt<'_, A> {
    /// `None` where a stream moved on meanwhile.
    async fn run<B: Decide>(
        mut self,
        command: &A::Command,
        also: Option<&Also<B>>,
    ) -> Result<Option<Committed<A>>, CommandError> {
        let (mine, theirs) = self.known(also).await?;
        let certain = mine.certain && theirs.as_ref().is_none_or(|theirs| theirs.certain);
        let decided = self.decide(mine, command).and_then(|own| {
            let other = match (theirs, also) {
                (Some(theirs), Some(also)) => Some(decide::<B>(theirs, &also.command)?),
                _ => None,
            };
            Ok((own, other))
        });
        let (own, other) = match decided {
            Ok(decided) => decided,
            Err(refusal) if certain => return Box::pin(self.replay_or(refusal)).await.map(Some),
            // A cached state may be behind another process: look at the store before saying no.
            Err(_) => return Ok(self.look_again::<B>(also.map(|also| also.id))),
        };
        let changes = !own.events.is_empty() || other.as_ref().is_some_and(|other| !other.events.is_empty());
        if !changes && certain && self.wish.key.is_none() {
            return Ok(Some(Committed::unchanged(own.after)));
        }
        self.append(own, other, also.map(|also| also.id)).await
    }

    async fn known<B: Decide>(
        &mut self,
        also: Option<&Also<B>>,
    ) -> Result<(Known<A>, Option<Known<B>>), CommandError> {
        let mine = match self.fresh.take() {
            Some(fresh) => fresh,
            None => self.commands.known::<A>(self.wish.tenant, self.id).await?,
        };
        let theirs = match also {
            Some(also) => Some(self.commands.known::<B>(self.wish.tenant, also.id).await?),
            None => None,
        };
        Ok((mine, theirs))
    }

    fn look_again<B: Decide>(&self, other: Option<Uuid>) -> Option<Committed<A>> {
        self.commands.cache.forget::<A>(self.wish.tenant, self.id);
        if let Some(id) = other {
            self.commands.cache.forget::<B>(self.wish.tenant, id);
        }
        None
    }

    fn decide(&self, current: Known<A>, command: &A::Command) -> Result<Decided<A>, CommandError> {
        let version = current.loaded.state.version();
        if let Some(expected) = self.wish.expected_version
            && expected != version
            && version > 0
            && !planted::bug("lost-update")
        {
            return Err(CommandError::VersionMismatch { current: version });
        }
        decide::<A>(current, command)
    }

    async fn append<B: Decide>(
        self,
        own: Decided<A>,
        other: Option<Decided<B>>,
        other_id: Option<Uuid>,
    ) -> Result<Option<Committed<A>>, CommandError> {
        let mut streams = vec![own.write(self.id)?];
        if let (Some(other), Some(id)) = (&other, other_id) {
            streams.push(other.write(id)?);
        }
        streams.extend(self.relies_on.map(Reliance::unwritten));
        let append = Append {
            tenant: self.wish.tenant,
            key: self.wish.key.clone(),
            metadata: self.wish.metadata(),
            streams,
            known_position: own.after.position,
        };
        let appended = match self.commands.store.append(append).await {
            Err(_) if planted::bug("swallow-error") => Appended::Committed { position: own.after.position },
            appended => appended?,
        };
        match appended {
            Appended::Committed { position } if planted::bug("refuse-after-commit") && position % 16 == 0 => {
                Err(CommandError::VersionMismatch { current: 0 })
            }
            Appended::Committed { position } => {
                let own = self.remember(self.id, own, position);
                if let (Some(other), Some(id)) = (other, other_id) {
                    self.remember(id, other, position);
                }
                Ok(Some(own))
            }
            Appended::Replayed { aggregate_id, version, events, position, .. } => {
                Box::pin(self.replay(aggregate_id, version, events, position)).await.map(Some)
            }
            Appended::KeyReused => Err(CommandError::KeyReused),
            Appended::Conflict => {
                let again = self.look_again::<B>(other_id);
                self.require_reliance().await?;
                Ok(again)
            }
        }
    }

    async fn require_reliance(&self) -> Result<(), CommandError> {
        let Some(on) = self.relies_on else { return Ok(()) };
        let version = self.commands.store.version(self.wish.tenant, on.aggregate_type, on.id).await?;
        if version == on.version { Ok(()) } else { Err(CommandError::Outdated) }
    }

    fn remember<C: Decide>(&self, id: Uuid, decided: Decided<C>, position: i64) -> Committed<C> {
        let Decided { before, after, events, .. } = decided;
        let after = Loaded { position: if events.is_empty() { after.position } else { position }, ..after };
        self.commands.store.snapshot_now_and_then(self.wish.tenant, id, before, &after);
        self.commands.cache.put(self.wish.tenant, id, after.clone());
        Committed::now(after, events)
    }

    /// A refusal may be the echo of the same command having succeeded before: then that is the answer.
    async fn replay_or(&self, refusal: CommandError) -> Result<Committed<A>, CommandError> {
        let Some(key) = &self.wish.key else { return Err(refusal) };
        let Some(stored) = self.commands.store.stored_key(self.wish.tenant, &key.key).await? else {
            return Err(refusal);
        };
        if stored.request_hash != key.request_hash {
            return Err(CommandError::KeyReused);
        }
        self.replay(stored.aggregate_id, stored.version, stored.event_count, stored.position).await
    }

    async fn replay(
        &self,
        id: Uuid,
        version: i64,
        events: i32,
        position: i64,
    ) -> Result<Committed<A>, CommandError> {
        metrics::counter!("idempotent_replays_total").increment(1);
        let history = self.commands.store.history::<A>(self.wish.tenant, id, version).await?;
        let mut state = A::default();
        history.iter().for_each(|recorded| state.evolve(&recorded.event));
        let own = history.len().saturating_sub(usize::try_from(events).unwrap_or(0));
        let events = history.into_iter().skip(own).map(|recorded| recorded.event).collect();
        let after = Loaded { state: Arc::new(state), position };
        Ok(Committed { replayed: true, ..Committed::now(after, events) })
    }
}

fn decide<A: Decide>(current: Known<A>, command: &A::Command) -> Result<Decided<A>, CommandError> {
    let Known { loaded: mut after, minted, .. } = current;
    let events = after.state.decide(command).map_err(|refusal| Refused::of(&refusal))?;
    let before = after.state.version();
    let known = (!minted).then_some(after.position);
    if !events.is_empty() {
        let state = Arc::make_mut(&mut after.state);
        events.iter().for_each(|event| state.evolve(event));
    }
    Ok(Decided { before, known, after, events })
}

impl<A: Decide> Decided<A> {
    fn write(&self, id: Uuid) -> Result<StreamWrite, CommandError> {
        let events = self.events.iter().map(new_event).collect::<Result<Vec<_>, _>>()?;
        let (expected, known) = (self.before, self.known);
        Ok(StreamWrite { aggregate_type: A::TYPE, aggregate_id: id, expected, known, events })
    }
}

fn new_event<E: seiketsu_domain::event::Event>(event: &E) -> Result<NewEvent, CommandError> {
    let kind = event.event_type_of();
    let payload = event.to_payload().map_err(crate::event_store::StoreError::Encode)?;
    Ok(NewEvent {
        event_type: kind.name,
        version: kind.version,
        payload,
        occurred_at: event.occurred_at().get(),
    })
}
