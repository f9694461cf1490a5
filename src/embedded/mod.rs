//! A private PostgreSQL for `seiketsu dev`, made of programs found on the machine.
//!
//! Promises:
//! - its data stays between runs, with durability on, and a run that was killed is recovered by Postgres itself;
//! - it listens on 127.0.0.1 only, on a port that stays the same while it is free, behind a generated password;
//! - the last process that uses it stops it; a server left behind by a killed process is taken over, not fought.
//!
//! Layout of `<data dir>/postgres`: `password`, `port`, `server.log` and two lock files belong to us; `server/` belongs
//! to the user the server runs as, which is another one where we are root: Postgres refuses to run as root.

/// The user the server runs as.
mod account;
/// What can go wrong, and what to do about it.
mod error;
/// Where the data lies.
mod home;
/// Where the programs are.
mod programs;
/// Creating, starting, stopping.
mod server;

use std::path::Path;
use std::time::Duration;

pub use error::EmbeddedError;

use crate::config::Secret;
use account::Account;
use home::{Claim, Home};
use programs::Programs;
use server::Server;

/// A running private server. Call [`EmbeddedPostgres::stop`]; dropping it stops the server too, without waiting.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    server: Server,
    url: Secret,
    claim: Option<Claim>,
}

impl EmbeddedPostgres {
    /// Starts the server that keeps its data in `<data_dir>/postgres`, or joins the one that runs there; creates it
    /// at the first start. Returns when it answers.
    ///
    /// # Errors
    /// No suitable programs, or a server that does not start; see [`EmbeddedError`].
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let account = Account::choose().await?;
        let home = Home::open(data_dir, &account).await?;
        let turn = home.take_turn(Duration::from_secs(90)).await?;
        let programs = Programs::find(home.root(), home.major_version()?).await?;
        let mut server = Server::new(home, programs, account);
        let url = match server.bring_up().await {
            Ok(url) => url,
            Err(error) => {
                server.abandon().await;
                return Err(error);
            }
        };
        let claim = server.home().claim()?;
        drop(turn);
        Ok(Self { server, url, claim: Some(claim) })
    }

    /// Where to connect, as the owner of database `seiketsu`.
    #[must_use]
    pub fn url(&self) -> &Secret {
        &self.url
    }

    /// The directory that holds the server's data and log; under another one than asked for where the server's user
    /// could not have entered that.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.server.home().root()
    }

    /// Stops the server unless another process still uses it; returns when it has ended.
    ///
    /// # Errors
    /// The server did not end within a minute.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        drop(self.claim.take());
        let _turn = self.server.home().take_turn(Duration::from_secs(90)).await?;
        if self.server.home().is_unclaimed()? {
            self.server.stop().await?;
        }
        Ok(())
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        if self.claim.take().is_none() {
            return;
        }
        let home = self.server.home();
        let turn = home.try_turn();
        if matches!((&turn, home.is_unclaimed()), (Ok(Some(_)), Ok(true))) {
            self.server.ask_to_stop();
        }
    }
}
