use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::Shared;
use super::choice::Chooser;
use super::exchange::{Outcome, Request};
use super::world::{Known, Noun, Stage};
use crate::history::{End, Kind, Way};

/// How long a client rests after something broke, so that a server that is away does not fill the history.
const AFTER_TROUBLE: Duration = Duration::from_millis(50);

/// One client.
pub struct Client {
    shared: Arc<Shared>,
    number: u32,
    rng: StdRng,
    chooser: Chooser,
    feed: Feed,
}

/// How far a client has read the feed.
#[derive(Default)]
pub struct Feed {
    cursor: Option<String>,
    position: i64,
}

impl Client {
    pub fn new(shared: &Arc<Shared>, number: u32) -> Self {
        let tenants = shared.world.organizations().len().max(1);
        let tenant = u16::try_from(number as usize % tenants).unwrap_or(0);
        Self {
            shared: Arc::clone(shared),
            number,
            rng: StdRng::seed_from_u64(shared.config.seed ^ (u64::from(number) << 32)),
            chooser: Chooser::new(&shared.config, tenant),
            feed: Feed::default(),
        }
    }

    /// One thing after the other until the load ends.
    pub async fn work(mut self) {
        while !self.shared.stop.load(Ordering::Relaxed) {
            let request = self.chooser.next(&self.shared.world, &mut self.rng);
            let trouble = self.perform(request).await;
            let rest = if trouble { AFTER_TROUBLE } else { self.shared.config.rest };
            tokio::time::sleep(rest).await;
        }
    }

    /// Sends a request in some way, and what follows from its outcome. Says whether something broke.
    async fn perform(&mut self, request: Request) -> bool {
        if !request.f.is_command() {
            return self.ask(request).await;
        }
        let shares = &self.shared.config.shares;
        let chance = self.rng.gen_range(0..1000);
        let [left, twin] = [shares.disconnect, shares.disconnect + shares.twin];
        let [duplicate, other] = [twin + shares.duplicate, twin + shares.duplicate + shares.other_body];
        if chance < left {
            self.leave(Request { way: Way::Disconnect, ..request }).await
        } else if chance < twin {
            self.send_twice(Request { way: Way::Twin, ..request }).await
        } else {
            let answered = self.command(&request).await;
            match answered {
                Some(End::Ok) if chance < duplicate => {
                    self.command(&Request { way: Way::Duplicate, ..request }).await.is_none()
                }
                Some(End::Ok) if chance < other => self.send_other_body(request).await,
                Some(_) => false,
                None => self.perhaps_retry(request).await,
            }
        }
    }

    /// Sends a command and learns from the answer; `None` where nobody knows how it ended.
    async fn command(&mut self, request: &Request) -> Option<End> {
        let url = self.shared.exchange.any_url(&mut self.rng).to_owned();
        let outcome = self.shared.exchange.send(self.number, &url, request).await;
        learn(&self.shared, request, &outcome);
        (outcome.end != End::Info && outcome.completed.status != 0).then_some(outcome.end)
    }

    async fn send_twice(&mut self, request: Request) -> bool {
        let exchange = &self.shared.exchange;
        let (one, other) =
            (exchange.any_url(&mut self.rng).to_owned(), exchange.any_url(&mut self.rng).to_owned());
        let (first, second) = tokio::join!(
            exchange.send(self.number, &one, &request),
            exchange.send(self.number, &other, &request)
        );
        learn(&self.shared, &request, &first);
        learn(&self.shared, &request, &second);
        first.end == End::Info || second.end == End::Info
    }

    async fn send_other_body(&mut self, request: Request) -> bool {
        let (Some(token), Some(body)) = (request.token, &request.body) else { return false };
        let other = self.shared.world.token(request.tenant);
        let body = body.replace(&token.to_string(), &other.to_string());
        let request = Request { way: Way::OtherBody, token: Some(other), body: Some(body), ..request };
        self.command(&request).await.is_none()
    }

    async fn leave(&mut self, request: Request) -> bool {
        let url = self.shared.exchange.any_url(&mut self.rng).to_owned();
        self.shared.exchange.send_and_leave(self.number, &url, &request, &mut self.rng).await;
        self.perhaps_retry(request).await;
        false
    }

    async fn perhaps_retry(&mut self, request: Request) -> bool {
        if self.rng.gen_ratio(self.shared.config.shares.retry.min(1000), 1000) {
            tokio::time::sleep(Duration::from_millis(self.rng.gen_range(0..40))).await;
            self.command(&Request { way: Way::Retry, ..request }).await;
        }
        true
    }

    async fn ask(&mut self, request: Request) -> bool {
        let url = self.shared.exchange.any_url(&mut self.rng).to_owned();
        if request.f == Kind::PollFeed {
            return poll(&self.shared, self.number, &url, request, &mut self.feed).await.is_none();
        }
        let outcome = self.shared.exchange.send(self.number, &url, &request).await;
        outcome.completed.status == 0 || outcome.completed.status >= 500
    }
}

/// Reads the feed on from where it was left; how many events came, `None` where there was no answer.
pub async fn poll(shared: &Shared, client: u32, url: &str, request: Request, feed: &mut Feed) -> Option<u32> {
    let mut request = Request { polled_after: Some(feed.position), ..request };
    if let Some(cursor) = &feed.cursor {
        request.path = format!("{}&after={cursor}", request.path);
    }
    let outcome = shared.exchange.send(client, url, &request).await;
    if outcome.end != End::Ok {
        return None;
    }
    feed.cursor = outcome.next_cursor.or_else(|| feed.cursor.take());
    feed.position = outcome.completed.position.unwrap_or(feed.position);
    Some(outcome.completed.polled.map_or(0, |polled| polled.events))
}

/// Tells the others what an answer says.
fn learn(shared: &Shared, request: &Request, outcome: &Outcome) {
    let Some((noun, stage)) = stage_after(request.f) else { return };
    let (Some(id), Some(version), Some(consistency)) =
        (outcome.completed.aggregate, outcome.completed.version, outcome.consistency.clone())
    else {
        return;
    };
    if outcome.end == End::Ok {
        shared.world.learn(request.tenant, noun, Known { id, version, consistency, stage });
    }
}

fn stage_after(kind: Kind) -> Option<(Noun, Stage)> {
    use Kind as K;
    Some(match kind {
        K::CreateLead | K::AddNote | K::UpdateLead => (Noun::Lead, Stage::Begun),
        K::StartCall => (Noun::Call, Stage::Begun),
        K::ConnectCall | K::AddTranscript => (Noun::Call, Stage::Connected),
        K::EndCall => (Noun::Call, Stage::Over),
        K::Raise => (Noun::Escalation, Stage::Begun),
        K::Resolve => (Noun::Escalation, Stage::Over),
        _ => return None,
    })
}
