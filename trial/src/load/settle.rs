use std::time::{Duration, Instant};

use futures::StreamExt as _;

use super::Shared;
use super::choice::Chooser;
use super::client::{Feed, poll};
use super::exchange::Request;
use crate::history::Kind;

/// Questions under way at a time.
const AT_ONCE: usize = 8;
/// How long to wait before asking the same again.
const AGAIN: Duration = Duration::from_millis(100);

/// Asks for every unknown outcome and reads each tenant's feed to its end; returns how many outcomes stay unknown.
pub async fn all(shared: &Shared, patience: Duration) -> usize {
    let deadline = Instant::now() + patience;
    loop {
        let unknown = shared.exchange.unknown();
        if unknown.is_empty() || Instant::now() >= deadline {
            break;
        }
        futures::stream::iter(&unknown)
            .for_each_concurrent(AT_ONCE, |request| ask_again(shared, request))
            .await;
        if !shared.exchange.unknown().is_empty() {
            tokio::time::sleep(AGAIN).await;
        }
    }
    for tenant in 0..shared.world.organizations().len() {
        read_to_the_end(shared, u16::try_from(tenant).unwrap_or(u16::MAX), deadline).await;
    }
    shared.exchange.unknown().len()
}

async fn ask_again(shared: &Shared, request: &Request) {
    let client = shared.config.clients;
    let url = &shared.config.urls[0];
    shared.exchange.send(client, url, request).await;
}

/// By a client of its own, which has read nothing so far.
async fn read_to_the_end(shared: &Shared, tenant: u16, deadline: Instant) {
    let client = shared.config.clients + 1 + u32::from(tenant);
    let chooser = Chooser::new(&shared.config, tenant);
    let mut feed = Feed::default();
    while Instant::now() < deadline {
        let request = chooser.read(Kind::PollFeed, "/events?limit=1000".to_owned());
        match poll(shared, client, &shared.config.urls[0], request, &mut feed).await {
            Some(0) => return,
            Some(_) => {}
            None => tokio::time::sleep(AGAIN).await,
        }
    }
}
