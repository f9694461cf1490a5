//! Which of the waiting commands go together.

use std::collections::{HashSet, VecDeque};

use seiketsu_domain::ids::TenantId;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{MAX_BATCH, Waiting};

/// The commands a lane has taken from its queue and not yet written.
#[derive(Default)]
pub struct Backlog {
    waiting: VecDeque<Waiting>,
    arrived: Vec<Waiting>,
}

impl Backlog {
    /// Takes what is queued, waiting only where there is nothing at all to write. False when the queue is closed and
    /// everything is written.
    pub async fn fill(&mut self, queue: &mut mpsc::Receiver<Waiting>) -> bool {
        if self.waiting.is_empty() && queue.recv_many(&mut self.arrived, MAX_BATCH).await == 0 {
            return false;
        }
        while self.arrived.len() + self.waiting.len() < MAX_BATCH {
            let Ok(next) = queue.try_recv() else { break };
            self.arrived.push(next);
        }
        self.waiting.extend(self.arrived.drain(..));
        true
    }

    /// Takes commands in order, leaving behind those that touch a stream or key already in the batch: one statement
    /// cannot decide two versions of the same stream.
    pub fn take_batch(&mut self) -> Vec<Waiting> {
        let mut touched = Touched::default();
        let mut batch = Vec::with_capacity(self.waiting.len().min(MAX_BATCH));
        let mut left = VecDeque::new();
        for next in self.waiting.drain(..) {
            // What is left behind also holds back later commands on the same streams, so that they stay in order.
            let clashes = touched.add(&next) || batch.len() >= MAX_BATCH;
            if clashes && !batch.is_empty() { left.push_back(next) } else { batch.push(next) }
        }
        self.waiting = left;
        batch
    }
}

/// Streams and keys of a batch. Any number of commands may rely on a stream, as long as none writes to it.
#[derive(Default)]
struct Touched {
    written: HashSet<(TenantId, &'static str, Uuid)>,
    relied_on: HashSet<(TenantId, &'static str, Uuid)>,
    keys: HashSet<(TenantId, String)>,
}

impl Touched {
    /// Adds what a command touches; true where some of it was there already.
    fn add(&mut self, waiting: &Waiting) -> bool {
        let append = &waiting.append;
        let mut clashes = false;
        for stream in &append.streams {
            let name = (append.tenant, stream.aggregate_type, stream.aggregate_id);
            clashes |= self.written.contains(&name);
            if stream.events.is_empty() {
                self.relied_on.insert(name);
            } else {
                clashes |= self.relied_on.contains(&name);
                self.written.insert(name);
            }
        }
        if let Some(key) = &append.key {
            clashes |= !self.keys.insert((append.tenant, key.key.clone()));
        }
        clashes
    }
}
