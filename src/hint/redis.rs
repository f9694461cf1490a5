//! Hints between processes, by Redis publish/subscribe.
//!
//! What Redis loses, repeats or invents costs latency or a needless look, never an event: a hint only says when to
//! look at the store, not what is in it. A lost connection heals by itself.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use redis::{AsyncTypedCommands, Client, RedisResult};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Hint;

/// Commits within this time are announced together.
const DEBOUNCE: Duration = Duration::from_millis(5);
/// A subscription silent for this long is made anew: its other end may be gone without a word.
const SILENCE: Duration = Duration::from_secs(60);
/// First pause after a failure; doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Announces this process's commits to the others, and wakes its readers at theirs.
pub struct Exchange {
    client: Client,
    /// One per database, since positions of another one would mean nothing.
    channel: String,
    hint: Hint,
    /// The highest position another process announced: not to be announced again.
    heard: AtomicI64,
}

impl Exchange {
    /// An exchange between all processes that name the same `channel`.
    ///
    /// # Errors
    /// Where `url` is not a Redis URL.
    pub fn new(url: &str, channel: &str, hint: Hint) -> RedisResult<Self> {
        let (client, channel) = (Client::open(url)?, channel.to_owned());
        Ok(Self { client, channel, hint, heard: AtomicI64::new(0) })
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = self.keep_announcing() => {}
            () = self.keep_listening() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn keep_announcing(&self) {
        let mut commits = self.hint.subscribe();
        let mut pause = PAUSE;
        loop {
            let failed = self.announce(&mut commits, &mut pause).await;
            rest("announced", failed, &mut pause).await;
            // What was not announced, and whatever came meanwhile.
            commits.mark_changed();
        }
    }

    /// Announces newer positions as they come; returns only to fail.
    async fn announce(&self, commits: &mut watch::Receiver<i64>, pause: &mut Duration) -> RedisResult<()> {
        let mut connection = self.client.get_multiplexed_async_connection().await?;
        while commits.changed().await.is_ok() {
            let position = *commits.borrow_and_update();
            if position > self.heard.load(Ordering::Relaxed) {
                connection.publish(&self.channel, position).await?;
                *pause = PAUSE;
                tokio::time::sleep(DEBOUNCE).await;
            }
        }
        Ok(())
    }

    async fn keep_listening(&self) {
        let mut pause = PAUSE;
        loop {
            let failed = self.listen(&mut pause).await;
            rest("heard", failed, &mut pause).await;
        }
    }

    /// Wakes readers at what others announce; returns when the subscription ends.
    async fn listen(&self, pause: &mut Duration) -> RedisResult<()> {
        let mut subscription = self.client.get_async_pubsub().await?;
        subscription.subscribe(&self.channel).await?;
        let mut messages = subscription.into_on_message();
        while let Ok(Some(message)) = tokio::time::timeout(SILENCE, messages.next()).await {
            *pause = PAUSE;
            if let Ok(position) = message.get_payload::<i64>() {
                self.heard.fetch_max(position, Ordering::Relaxed);
                self.hint.committed(position);
            }
        }
        Ok(())
    }
}

async fn rest(what: &str, ended: RedisResult<()>, pause: &mut Duration) {
    match ended {
        Ok(()) => *pause = PAUSE,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, ?pause, "hints are not {what}");
        }
    }
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}
