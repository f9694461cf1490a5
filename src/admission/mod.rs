//! Who goes next: work is admitted tenant by tenant, so that one tenant's flood does not become the others' wait.
//!
//! A bounded number of pieces of work is inside at once. While one tenant is alone it may use all places; as soon as
//! others have been seen lately, each may hold its share of fewer places, since what is inside is what everybody waits
//! for. Whoever finds no place waits in the line of its own tenant, and lines are served in turn. A line that is full
//! turns away.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use seiketsu_domain::ids::TenantId;
use tokio::sync::oneshot;

/// A tenant counts as present for this long after its last piece of work.
const PRESENT: Duration = Duration::from_secs(1);
/// How often the present tenants are counted anew.
const RECOUNT: Duration = Duration::from_millis(100);

/// How many may be inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// In all, and so for a tenant that is alone.
    pub places: usize,
    /// Shared out between tenants while several are present.
    pub contended: usize,
    /// Longest line of a tenant.
    pub line: usize,
}

impl Room {
    /// Room for commands on this machine. Measured on two cores: throughput hardly grows beyond 128 commands a core,
    /// and with 32 a core a command waits for few others.
    #[must_use]
    pub fn for_commands() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { places: 128 * cores, contended: 32 * cores, line: 1024 }
    }
}

/// Too much of this tenant's work is waiting already; nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests of this organization are waiting")]
pub struct Crowded;

/// Admits work; cheap to clone.
#[derive(Clone, Debug)]
pub struct Admission(Arc<Mutex<Hall>>);

/// A place inside; leaving it lets the next one in.
#[derive(Debug)]
pub struct Place {
    admission: Admission,
    tenant: TenantId,
}

impl Admission {
    #[must_use]
    pub fn new(room: Room) -> Self {
        let now = Instant::now();
        let hall = Hall { room, inside: 0, counted: now, tenants: HashMap::new(), lines: VecDeque::new() };
        Self(Arc::new(Mutex::new(hall)))
    }

    /// Waits for a place. Whoever stops waiting loses nothing but the turn.
    ///
    /// # Errors
    /// [`Crowded`] where the tenant's line is full.
    pub async fn enter(&self, tenant: TenantId) -> Result<Place, Crowded> {
        let waiting = match self.hall().arrive(tenant, Instant::now()) {
            Arrival::Inside => return Ok(self.place(tenant)),
            Arrival::TurnedAway => {
                metrics::counter!("admission_turned_away_total").increment(1);
                return Err(Crowded);
            }
            Arrival::InLine(waiting) => waiting,
        };
        metrics::counter!("admission_waited_total").increment(1);
        // The sender goes away only with the hall itself, which this call keeps alive.
        waiting.await.map_err(|_| Crowded)
    }

    fn place(&self, tenant: TenantId) -> Place {
        Place { admission: self.clone(), tenant }
    }

    fn hall(&self) -> MutexGuard<'_, Hall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let next = self.admission.hall().leave(self.tenant, Instant::now());
        for (tenant, turn) in next {
            // Whoever gave up in this very moment drops the place, and so passes it on.
            drop(turn.send(self.admission.place(tenant)));
        }
    }
}

type Turn = oneshot::Sender<Place>;

enum Arrival {
    Inside,
    InLine(oneshot::Receiver<Place>),
    TurnedAway,
}

#[derive(Debug)]
struct Hall {
    room: Room,
    inside: usize,
    /// Tenants seen lately; the others are struck off at every count.
    tenants: HashMap<TenantId, Guests>,
    counted: Instant,
    /// Tenants with a line, in the order of their turns.
    lines: VecDeque<TenantId>,
}

#[derive(Debug)]
struct Guests {
    inside: usize,
    line: VecDeque<Turn>,
    seen: Instant,
}

impl Hall {
    fn arrive(&mut self, tenant: TenantId, now: Instant) -> Arrival {
        self.recount(now);
        self.tenants.entry(tenant).or_insert_with(|| Guests::at(now)).seen = now;
        let (free, share, longest) = (self.inside < self.room.places, self.share(), self.room.line);
        let Some(guests) = self.tenants.get_mut(&tenant) else { return Arrival::TurnedAway };
        if free && guests.line.is_empty() && guests.inside < share {
            guests.inside += 1;
            self.inside += 1;
            return Arrival::Inside;
        }
        guests.line.retain(|turn| !turn.is_closed());
        if guests.line.len() >= longest {
            return Arrival::TurnedAway;
        }
        if guests.line.is_empty() && !self.lines.contains(&tenant) {
            self.lines.push_back(tenant);
        }
        let (turn, waiting) = oneshot::channel();
        guests.line.push_back(turn);
        Arrival::InLine(waiting)
    }

    fn leave(&mut self, tenant: TenantId, now: Instant) -> Vec<(TenantId, Turn)> {
        self.inside -= 1;
        if let Some(guests) = self.tenants.get_mut(&tenant) {
            guests.inside -= 1;
            guests.seen = now;
        }
        self.recount(now);
        let mut next = Vec::new();
        while let Some(turn) = self.next() {
            next.push(turn);
        }
        next
    }

    /// The next in turn whose tenant has less than its share inside; it counts as inside from here on.
    fn next(&mut self) -> Option<(TenantId, Turn)> {
        if self.inside >= self.room.places {
            return None;
        }
        let share = self.share();
        for _ in 0..self.lines.len() {
            let tenant = self.lines.pop_front()?;
            let Some(guests) = self.tenants.get_mut(&tenant) else { continue };
            let turn = if guests.inside < share { guests.next_in_line() } else { None };
            if !guests.line.is_empty() {
                self.lines.push_back(tenant);
            }
            if let Some(turn) = turn {
                guests.inside += 1;
                self.inside += 1;
                return Some((tenant, turn));
            }
        }
        None
    }

    fn share(&self) -> usize {
        match self.tenants.len() {
            0 | 1 => self.room.places,
            present => (self.room.contended / present).max(1),
        }
    }

    fn recount(&mut self, now: Instant) {
        if now.duration_since(self.counted) < RECOUNT {
            return;
        }
        self.counted = now;
        self.tenants.retain(|_, guests| {
            guests.inside > 0 || !guests.line.is_empty() || now.duration_since(guests.seen) < PRESENT
        });
    }
}

impl Guests {
    fn at(now: Instant) -> Self {
        Self { inside: 0, line: VecDeque::new(), seen: now }
    }

    fn next_in_line(&mut self) -> Option<Turn> {
        std::iter::from_fn(|| self.line.pop_front()).find(|turn| !turn.is_closed())
    }
}

#[cfg(test)]
mod tests;
