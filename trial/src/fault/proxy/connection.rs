use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::{Control, Counts, Mode, Setting};

/// How a connection ends before its time.
enum End {
    /// As if a process had closed it.
    Closed,
    /// As if it had never been.
    Reset,
}

/// Carries one connection both ways until either end or a fault ends it.
pub async fn run(
    mut client: TcpStream,
    mut server: TcpStream,
    control: &Control,
    mut severed: watch::Receiver<u64>,
) {
    // What is to be late, the modes make late.
    drop((client.set_nodelay(true), server.set_nodelay(true)));
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = Pump::new(&control.to_server, &control.counts).run(from_client, to_server);
        let down = Pump::new(&control.to_client, &control.counts).run(from_server, to_client);
        tokio::select! {
            done = async { tokio::try_join!(up, down) } => done.err(),
            _ = severed.changed() => {
                control.counts.severed.fetch_add(1, SeqCst);
                Some(End::Reset)
            }
        }
    };
    if matches!(end, Some(End::Reset)) {
        reset(&client);
        reset(&server);
    }
}

/// The system sends a reset when the stream is dropped.
pub fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}

/// One way of one connection.
struct Pump<'a> {
    setting: &'a Setting,
    counts: &'a Counts,
    /// Bytes passed under the mode that was set so many times before.
    passed: (u64, u64),
}

impl<'a> Pump<'a> {
    fn new(setting: &'a Setting, counts: &'a Counts) -> Self {
        Self { setting, counts, passed: (0, 0) }
    }

    /// Until the sender has nothing more to say, which the receiver then learns.
    async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), End> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = from.read(&mut buffer).await.map_err(|_| End::Reset)?;
            if read == 0 {
                return to.shutdown().await.map_err(|_| End::Closed);
            }
            self.pass(&buffer[..read], &mut from, &mut to).await?;
        }
    }

    async fn pass(
        &mut self,
        data: &[u8],
        from: &mut ReadHalf<'_>,
        to: &mut WriteHalf<'_>,
    ) -> Result<(), End> {
        let (mode, times) = self.setting.get();
        match mode {
            Mode::Pass => {}
            Mode::Delay(time) => {
                count(&self.counts.delayed);
                tokio::time::sleep(time).await;
            }
            Mode::CutAfter(limit) => return self.pass_up_to(limit, times, data, to).await,
            Mode::BlackHole => return self.swallow(from).await,
            Mode::Reset => {
                count(&self.counts.reset);
                return Err(End::Reset);
            }
            Mode::Trickle { bytes, pause } => {
                for piece in data.chunks(bytes.max(1)) {
                    count(&self.counts.trickled);
                    write(to, piece).await?;
                    tokio::time::sleep(pause).await;
                }
                return Ok(());
            }
        }
        write(to, data).await
    }

    async fn pass_up_to(
        &mut self,
        limit: u64,
        times: u64,
        data: &[u8],
        to: &mut WriteHalf<'_>,
    ) -> Result<(), End> {
        let before = if self.passed.0 == times { self.passed.1 } else { 0 };
        let room = usize::try_from(limit - before).unwrap_or(usize::MAX).min(data.len());
        write(to, &data[..room]).await?;
        self.passed = (times, before + room as u64);
        if room < data.len() {
            count(&self.counts.cut);
            return Err(End::Closed);
        }
        Ok(())
    }

    /// Takes everything that still comes; not even the end of it is passed on.
    async fn swallow(&mut self, from: &mut ReadHalf<'_>) -> Result<(), End> {
        count(&self.counts.swallowed);
        let mut hole = vec![0; 16 * 1024];
        while from.read(&mut hole).await.is_ok_and(|read| read > 0) {}
        std::future::pending().await
    }
}

async fn write(to: &mut WriteHalf<'_>, data: &[u8]) -> Result<(), End> {
    to.write_all(data).await.map_err(|_| End::Reset)
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, SeqCst);
}
