use std::collections::HashSet;
use std::time::{Duration, Instant};

use seiketsu_trial::fault::process::Signal;
use seiketsu_trial::history::{End, History, Way};
use seiketsu_trial::load::Shares;
use seiketsu_trial::run::{Role, Scene, Trial};

use super::Stage;
use crate::support::database;

/// F-24: servers are told to stop, one after the other, and started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_drops_no_request() {
    let database = database::create().await;
    let stage = Stage::on(&database.url, &database.url, &[]);
    let mut servers = [stage.start(Role::Everything).await, stage.start(Role::Everything).await];
    let scene = stage.scene(&[&servers[0], &servers[1]], &[]);
    let mut trial = Trial::start("F-24", scene).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        for server in &mut servers {
            trial.more(200).await.unwrap();
            let since = Instant::now();
            server.signal(Signal::Term).unwrap();
            let status = server.end().await.unwrap();
            assert!(status.success(), "it ended with {status}");
            assert!(since.elapsed() < Duration::from_secs(25));
            stage.installation.start_again(server, &[]).await.unwrap();
            struck += 1;
        }
    }
    let verdict = trial.end(struck).await.unwrap();
    let history = History::read(&verdict.history).unwrap();
    assert_eq!(untold(&history), [0; 0], "commands took effect and their clients were cut off");
    let broken = history.operations.iter().filter(|operation| operation.completed.status >= 500).count();
    assert_eq!(broken, 0, "a server that stops answers with errors");
    verdict.must_be_sound();
}

/// Commands that were taken and not answered: broken off, and replayed when they were sent again. What a server that
/// stops has not taken, a balancer sends elsewhere.
fn untold(history: &History) -> Vec<u64> {
    let mut told = HashSet::new();
    let mut untold = Vec::new();
    let commands = history.operations.iter().filter(|operation| operation.invoked.f.is_command());
    for operation in commands {
        let (invoked, completed) = (&operation.invoked, &operation.completed);
        let leaves = matches!(invoked.way, Way::Disconnect | Way::Twin);
        if completed.replayed && !leaves && !told.contains(&invoked.key) {
            untold.push(invoked.op);
        }
        if operation.end == End::Ok || leaves {
            told.insert(invoked.key);
        }
    }
    untold
}

/// F-29: the same command reaches two servers at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_to_two_servers_at_once_takes_effect_once() {
    let database = database::create().await;
    let stage = Stage::on(&database.url, &database.url, &[]);
    let (first, second) = (stage.start(Role::Everything).await, stage.start(Role::Everything).await);
    let shares = Shares { twin: 400, ..Shares::default() };
    let scene = Scene { shares, ..stage.scene(&[&first, &second], &[]) };
    let mut trial = Trial::start("F-29", scene).await.unwrap();
    while trial.goes_on() {
        trial.more(600).await.unwrap();
    }
    let twins = trial.load.counts().ways.get(&Way::Twin).copied().unwrap_or(0);
    trial.end(twins).await.unwrap().must_be_sound();
}
