//! A TCP proxy in this process that does to connections what networks do.
//!
//! Each way has a `Mode` of its own, which can be changed at any time and then also concerns connections that are
//! open. What struck is counted in `Struck`. Once a connection has lost bytes it never gets better: going on after a
//! hole would be a fault no network has.

mod connection;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What becomes of the bytes of one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Pass,
    /// What is read at once arrives so much later, and what follows behind it.
    Delay(Duration),
    /// Every connection passes so many more bytes this way; then both its ends are closed. The rest never arrives.
    CutAfter(u64),
    /// Bytes are taken and never arrive, and nothing is closed: the peer has gone without a word.
    BlackHole,
    /// The next bytes are lost, and both ends get a reset.
    Reset,
    /// So many bytes at a time, with a pause after each.
    Trickle { bytes: usize, pause: Duration },
}

/// The way bytes take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// How often each fault has struck: pieces of data for delays and trickles, connections for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Struck {
    pub delayed: u64,
    pub cut: u64,
    pub swallowed: u64,
    pub reset: u64,
    pub trickled: u64,
    /// New connections that were turned away.
    pub refused: u64,
    /// Connections ended by [`Proxy::sever`].
    pub severed: u64,
}

impl Struck {
    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.delayed + self.cut + self.swallowed + self.reset + self.trickled + self.refused + self.severed
    }
}

/// A proxy in front of one server; gone, with its connections, when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    control: Arc<Control>,
    accepting: JoinHandle<()>,
}

/// What all connections look at.
#[derive(Debug, Default)]
struct Control {
    to_server: Setting,
    to_client: Setting,
    refusing: AtomicBool,
    severed: watch::Sender<u64>,
    counts: Counts,
}

/// The mode of a way, and how often it was set: a mode set again begins anew.
#[derive(Debug, Default)]
struct Setting(Mutex<(Mode, u64)>);

#[derive(Debug, Default)]
struct Counts {
    delayed: AtomicU64,
    cut: AtomicU64,
    swallowed: AtomicU64,
    reset: AtomicU64,
    trickled: AtomicU64,
    refused: AtomicU64,
    severed: AtomicU64,
}

impl Setting {
    fn get(&self) -> (Mode, u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, mode: Mode) {
        let mut setting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *setting = (mode, setting.1 + 1);
    }
}

impl Control {
    fn setting(&self, way: Way) -> &Setting {
        match way {
            Way::ToServer => &self.to_server,
            Way::ToClient => &self.to_client,
        }
    }
}

impl Proxy {
    /// Listens on a free port of this machine, passing everything on to `server` until told otherwise.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let control = Arc::new(Control::default());
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&control)));
        Ok(Self { address, control, accepting })
    }

    /// Where clients connect instead of to the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, for connections that are open too.
    pub fn set(&self, way: Way, mode: Mode) {
        self.control.setting(way).set(mode);
    }

    /// New connections get a reset, or no longer.
    pub fn refuse(&self, refusing: bool) {
        self.control.refusing.store(refusing, SeqCst);
    }

    /// Resets every connection there is, at once, idle ones too.
    pub fn sever(&self) {
        self.control.severed.send_modify(|times| *times += 1);
    }

    /// Everything passes again; connections that lost bytes stay lost.
    pub fn heal(&self) {
        self.refuse(false);
        self.set(Way::ToServer, Mode::Pass);
        self.set(Way::ToClient, Mode::Pass);
    }

    /// What has struck since the start.
    #[must_use]
    pub fn struck(&self) -> Struck {
        let counts = &self.control.counts;
        Struck {
            delayed: counts.delayed.load(SeqCst),
            cut: counts.cut.load(SeqCst),
            swallowed: counts.swallowed.load(SeqCst),
            reset: counts.reset.load(SeqCst),
            trickled: counts.trickled.load(SeqCst),
            refused: counts.refused.load(SeqCst),
            severed: counts.severed.load(SeqCst),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        // Connections end with it: each would otherwise keep its ends open for as long as they like.
        self.sever();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, control: Arc<Control>) {
    while let Ok((client, _)) = listener.accept().await {
        if control.refusing.load(SeqCst) {
            control.counts.refused.fetch_add(1, SeqCst);
            connection::reset(&client);
            continue;
        }
        let control = Arc::clone(&control);
        let severed = control.severed.subscribe();
        tokio::spawn(async move {
            // A server that is down is seen by the client as a connection that ends.
            if let Ok(server) = TcpStream::connect(server).await {
                connection::run(client, server, &control, severed).await;
            }
        });
    }
}
