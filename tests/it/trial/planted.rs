//! Each of these bugs is compiled in by the feature `trial` and chosen when the server starts. A check that never caught
//! one proves nothing.

use std::time::Duration;

use seiketsu_trial::check::Check;
use seiketsu_trial::load::{Load, LoadConfig};

use super::{Outcome, Trial};

/// Enough for every kind of operation to occur, and for rare moments to come.
const OPERATIONS: u64 = 1_500;

/// Runs a server with the bug under load; says which rules it broke.
async fn broken_by(bug: &str, relays: bool, disturb: impl AsyncFnOnce(&mut Trial, &Load)) -> Vec<Check> {
    let planted = [("SEIKETSU_PLANTED_BUG", bug)];
    let mut trial = if relays { Trial::relaying(&planted).await } else { Trial::of(&planted).await };
    // What the bug keeps from happening need not be waited for long.
    trial.patience = Duration::from_secs(8);
    let load = Load::start(quick(&trial, bug)).await.unwrap();
    disturb(&mut trial, &load).await;
    load.until(OPERATIONS).await;
    let Outcome { report, settled } = trial.judge(load).await;
    println!("{bug}\n{}\n{report}", settled.counts);
    report.broken()
}

/// Few clients on few streams meet often.
fn quick(trial: &Trial, bug: &str) -> LoadConfig {
    let mut config = LoadConfig { clients: 9, streams: 12, ..trial.config(7) };
    // A worker that stands still would have every such read wait in vain.
    config.shares.after = if bug == "stalled-worker" { 0 } else { 600 };
    config
}

async fn nothing(_: &mut Trial, _: &Load) {}

macro_rules! caught {
    ($($test:ident: $bug:literal, $relays:literal, $check:ident, $disturb:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let broken = broken_by($bug, $relays, $disturb).await;
            assert!(broken.contains(&Check::$check), "{} broke {broken:?}", $bug);
        }
    )+};
}

caught! {
    an_acknowledgement_before_the_commit_is_caught: "ack-before-commit", false, NoLostAck, cut_connections;
    an_error_that_is_swallowed_is_caught: "swallow-error", false, NoLostAck, cut_connections;
    a_refusal_after_the_commit_is_caught: "refuse-after-commit", false, NoPhantom, nothing;
    keys_that_are_ignored_are_caught: "no-dedup", false, OneEffect, nothing;
    a_checkpoint_ahead_of_what_it_stands_for_is_caught: "checkpoint-before-produce", true, CompleteFanOut, kill;
    a_stream_in_several_partitions_is_caught: "wrong-partition", true, CompleteFanOut, nothing;
    a_condition_that_is_not_looked_at_is_caught: "lost-update", false, VersionChain, nothing;
    a_stretch_sent_backwards_is_caught: "reversed-batch", true, Order, nothing;
    events_that_are_applied_twice_are_caught: "apply-twice", false, ReadModelsAreTheLog, nothing;
    a_subscriber_that_overtakes_commits_is_caught: "position-only-poll", false, ReadModelsAreTheLog, nothing;
    a_view_that_falls_back_is_caught: "reads-fall-back", false, MonotonicReads, nothing;
    a_read_that_does_not_wait_is_caught: "stale-read-with-token", false, ReadYourWrites, nothing;
    an_answer_with_an_earlier_version_is_caught: "version-before", false, RealTime, nothing;
    a_cache_that_mixes_tenants_is_caught: "cache-cross-tenant", false, Isolation, nothing;
    a_worker_that_stands_still_is_caught: "stalled-worker", false, Recovery, nothing;
    a_key_that_stays_in_flight_is_caught: "leaky-claim", false, UnknownsSettle, nothing;
    a_panic_is_caught: "panic-in-a-handler", false, CleanLogs, nothing;
}

/// Ends the server's connections to the database a few times, so that appends fail.
async fn cut_connections(trial: &mut Trial, load: &Load) {
    for operations in [300, 600, 900, 1_200] {
        load.until(operations).await;
        assert!(trial.server.database.kill_connections().await > 0);
    }
}

/// Ends the server a few times in the middle of its work.
async fn kill(trial: &mut Trial, load: &Load) {
    for operations in [400, 800, 1_200] {
        load.until(operations).await;
        trial.server.kill();
        trial.server.launch().await;
    }
}
