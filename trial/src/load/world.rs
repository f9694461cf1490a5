use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::Rng;
use uuid::Uuid;

use crate::history::Token;

/// What the clients know of each other's work: a bounded set of aggregates per tenant, the latest version anybody was
/// told, and the token to read it with.
pub struct World {
    organizations: Vec<Uuid>,
    tenants: Vec<[Mutex<Vec<Known>>; 3]>,
    most: usize,
    tokens: AtomicU64,
}

/// What an aggregate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Lead,
    Call,
    Escalation,
}

/// An aggregate somebody was told of.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: Uuid,
    pub version: u32,
    /// Reads it at this version or later.
    pub consistency: Arc<str>,
    /// How far its life has come.
    pub stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Begun,
    Connected,
    Escalated,
    Over,
}

impl World {
    pub fn new(organizations: Vec<Uuid>, most: usize) -> Self {
        let tenants = organizations.iter().map(|_| Default::default()).collect();
        Self { organizations, tenants, most: most.max(1), tokens: AtomicU64::new(0) }
    }

    pub fn organizations(&self) -> &[Uuid] {
        &self.organizations
    }

    /// A token nobody has used.
    pub fn token(&self, tenant: u16) -> Token {
        Token::new(tenant, self.tokens.fetch_add(1, Ordering::Relaxed))
    }

    /// Any tenant but this one.
    pub fn stranger(&self, tenant: u16, rng: &mut impl Rng) -> u16 {
        let others = self.organizations.len() - 1;
        let step = 1 + rng.gen_range(0..others);
        u16::try_from((usize::from(tenant) + step) % self.organizations.len()).unwrap_or(0)
    }

    /// The first lead anybody created: the hot stream.
    pub fn hot_lead(&self, tenant: u16) -> Option<Known> {
        self.with(tenant, Noun::Lead, |known| known.first().cloned())
    }

    /// Any of those in one of these stages of life.
    pub fn any(&self, tenant: u16, noun: Noun, stages: &[Stage], rng: &mut impl Rng) -> Option<Known> {
        self.with(tenant, noun, |known| {
            let fitting = || known.iter().filter(|known| stages.is_empty() || stages.contains(&known.stage));
            let count = fitting().count();
            (count > 0).then(|| fitting().nth(rng.gen_range(0..count)).cloned()).flatten()
        })
    }

    /// Somebody was told of a version. The oldest but the hot one makes room, those that are over first.
    pub fn learn(&self, tenant: u16, noun: Noun, news: Known) {
        self.with(tenant, noun, |known| {
            if let Some(old) = known.iter_mut().find(|old| old.id == news.id) {
                let stage = old.stage.max(news.stage);
                if news.version > old.version {
                    *old = news;
                }
                old.stage = stage;
                return;
            }
            if known.len() >= self.most {
                let over = known.iter().skip(1).position(|old| old.stage == Stage::Over);
                known.remove(over.map_or(1, |place| place + 1).min(known.len() - 1));
            }
            known.push(news);
        });
    }

    fn with<T>(&self, tenant: u16, noun: Noun, work: impl FnOnce(&mut Vec<Known>) -> T) -> T {
        let known = &self.tenants[usize::from(tenant)][noun as usize];
        work(&mut known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use uuid::Uuid;

    use super::{Known, Noun, Stage, World};

    fn known(id: u128, version: u32, stage: Stage) -> Known {
        Known { id: Uuid::from_u128(id), version, consistency: "t".into(), stage }
    }

    #[test]
    fn the_hot_lead_stays_and_what_is_over_makes_room() {
        let world = World::new(vec![Uuid::nil(), Uuid::max()], 3);
        for (id, stage) in [(1, Stage::Begun), (2, Stage::Begun), (3, Stage::Over), (4, Stage::Begun)] {
            world.learn(0, Noun::Lead, known(id, 1, stage));
        }
        assert_eq!(world.hot_lead(0).map(|hot| hot.id), Some(Uuid::from_u128(1)));
        assert!(world.hot_lead(1).is_none(), "tenants know nothing of each other");
        let mut rng = StdRng::seed_from_u64(1);
        assert!(world.any(0, Noun::Lead, &[Stage::Over], &mut rng).is_none());
        assert_eq!(world.stranger(0, &mut rng), 1);
    }

    #[test]
    fn older_news_changes_nothing_but_the_stage() {
        let world = World::new(vec![Uuid::nil()], 3);
        world.learn(0, Noun::Call, known(1, 5, Stage::Begun));
        world.learn(0, Noun::Call, known(1, 2, Stage::Over));
        let mut rng = StdRng::seed_from_u64(1);
        let call = world.any(0, Noun::Call, &[], &mut rng).expect("it is known");
        assert_eq!((call.version, call.stage), (5, Stage::Over));
    }
}
