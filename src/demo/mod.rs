//! `seiketsu demo`: drives a running server with realistic days, and proves by reading back that every number agrees.
//!
//! It knows the server as any client does, over HTTP and as plain JSON; nothing here touches the database or the
//! domain's types. Written scenarios of a brokerage and a medical office (`scenarios`) are played many at a time
//! (`player`); what was sent and what was answered goes into a book per organization (`ledger`); afterwards the
//! dashboard, the analytics, every list, every resource, every history and the event feed are held against the books
//! (`verify`).
//!
//! It may be run again and again on the same data, but nothing else should work in its organizations meanwhile.

/// Where the server is and how to get in.
mod access;
/// The HTTP client.
mod client;
/// JSON beside JSON.
mod compare;
/// What differs from day to day.
mod day;
/// Every command of the API.
mod hours;
mod kind;
/// What must be true afterwards.
mod ledger;
/// Telephone numbers nobody has.
mod phones;
/// Playing a scenario.
mod player;
/// How far the run is.
mod progress;
/// What was found, for people.
mod report;
/// The written days.
mod scenarios;
/// What scenarios are written in.
mod script;
/// Reading everything back.
mod verify;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::{clock, ids};
use access::Access;
use client::Session;
use day::{Day, Run};
use ledger::Ledger;
use player::Player;
use progress::Progress;
use report::Findings;
pub use report::{DemoReport, Finding};
use scenarios::{Office, Scenario, with_stocks};
use verify::Baseline;

/// Arguments of the role.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// How many days to play: each is every scenario once, with other people, numbers and outcomes.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    repeat: u16,
    /// The server; else `SEIKETSU_URL`, from the environment or the file.
    #[arg(long)]
    url: Option<String>,
    /// Where the `dev` and `seed` roles left the credentials; the environment wins over it.
    #[arg(long, value_name = "FILE", default_value = ".data/dev.env")]
    credentials: PathBuf,
}

/// What to play, and where.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    pub repeat: usize,
    /// Wins over what the environment and the file say.
    pub url: Option<String>,
    pub credentials: PathBuf,
}

impl From<DemoArgs> for DemoOptions {
    fn from(args: DemoArgs) -> Self {
        Self { repeat: usize::from(args.repeat), url: args.url, credentials: args.credentials }
    }
}

/// Why a run ended before there was anything to report. Answers that are wrong are findings, not errors.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{name} is not set: start a server with `seiketsu dev`, or set it in the environment")]
    Setting { name: &'static str },
    #[error("no answer from {url}; is the server running?")]
    Unreachable {
        url: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("the server at {url} keeps saying that it is not ready")]
    Unavailable { url: String },
    #[error("{account} cannot log in: {answer}")]
    Login { account: String, answer: String },
    #[error("{what}: {status} expected, answered {answer}")]
    Answer { what: String, status: u16, answer: String },
}

/// Scenarios under way at once.
const AT_ONCE: usize = 16;

/// Plays the days, reads everything back, and prints what was found.
///
/// # Errors
/// The server cannot be reached or used; see [`DemoError`].
pub async fn run(options: DemoOptions) -> Result<DemoReport, DemoError> {
    let access = Access::find(options.url, &options.credentials)?;
    let stage = Stage {
        brokerage: Session::open(&access.url, &access.brokerage).await?,
        medical: Session::open(&access.url, &access.medical_office).await?,
        run: new_run(),
    };
    stage.classify_lines(options.repeat).await?;
    let before = (Baseline::take(&stage.brokerage).await?, Baseline::take(&stage.medical).await?);
    let mut report = stage.play(options.repeat).await?;
    stage.verify(&before, &mut report).await?;
    let report = report.finish(&stage, options.repeat);
    print!("{}", report.render(std::io::stdout().is_terminal()));
    Ok(report)
}

/// A new run, which begins anywhere in the stocks of numbers.
fn new_run() -> Run {
    let id = ids::new::<uuid::Uuid>();
    let random = id.as_u64_pair().1;
    Run {
        id: format!("{:08x}", random & 0xffff_ffff),
        started: clock::now().get(),
        first_number: usize::try_from(random >> 32).unwrap_or(0) % phones::PER_STOCK,
    }
}

struct Stage {
    brokerage: Session,
    medical: Session,
    run: Run,
}

/// What has been played and found so far.
#[derive(Default)]
struct Played {
    brokerage: Ledger,
    medical: Ledger,
    findings: Findings,
    time: std::time::Duration,
    remarks: Vec<String>,
}

/// Lines of a file that are sent at once.
const LINES_AT_ONCE: usize = 10_000;

impl Stage {
    /// Tells both offices that the numbers of the run are mobile phones: a number nobody knows anything about is not
    /// called.
    async fn classify_lines(&self, days: usize) -> Result<(), DemoError> {
        let days = days.min(phones::PER_STOCK);
        let numbers: Vec<String> = (0..phones::STOCKS)
            .flat_map(|stock| (0..days).map(move |day| phones::number(stock, self.run.first_number + day)))
            .collect();
        for (part, numbers) in numbers.chunks(LINES_AT_ONCE).enumerate() {
            let lines: String = numbers.iter().map(|number| format!("{number},wireless,no\n")).collect();
            let body = client::Body::Csv(format!("phone,kind,prohibited\n{lines}"));
            let path = format!("/lists/lines?asOf={}", day::time(self.run.started));
            let key = format!("{}-lines-{part}", self.run.id);
            for session in [&self.brokerage, &self.medical] {
                let order = client::Order {
                    method: reqwest::Method::POST,
                    path: &path,
                    body: &body,
                    key: &key,
                    if_match: None,
                };
                session.send(&order).await?.expect(200, "the import of lines")?;
            }
        }
        Ok(())
    }

    fn session(&self, office: Office) -> &Session {
        match office {
            Office::Brokerage => &self.brokerage,
            Office::Medical => &self.medical,
        }
    }

    /// Every scenario once a day, several at a time, each in its own order.
    async fn play(&self, days: usize) -> Result<Played, DemoError> {
        let all =
            || (0..days).flat_map(|day| with_stocks().map(move |(scenario, stock)| (scenario, stock, day)));
        let steps = all().map(|(scenario, stock, day)| self.script(scenario, stock, day).steps.len());
        let progress = Progress::of(steps.sum::<usize>() as u64);
        let played: Vec<_> = stream::iter(all())
            .map(|(scenario, stock, day)| self.play_one(&progress, scenario, stock, day))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut together = Played { time: progress.finish(), ..Played::default() };
        together.findings.section("scenarios");
        let stumbles = played.iter().filter_map(|(_, _, stumble)| stumble.clone()).collect();
        together.findings.each("go as they are written", played.len(), stumbles);
        for (office, book, _) in played {
            match office {
                Office::Brokerage => together.brokerage.add(book),
                Office::Medical => together.medical.add(book),
            }
        }
        Ok(together)
    }

    fn script(&self, scenario: &Scenario, stock: usize, repetition: usize) -> script::Script {
        (scenario.script)(&mut Day::new(&self.run, stock, repetition))
    }

    async fn play_one(
        &self,
        progress: &Progress,
        scenario: &Scenario,
        stock: usize,
        day: usize,
    ) -> Result<(Office, Ledger, Option<String>), DemoError> {
        let key = format!("{}-{stock}-{day}", self.run.id);
        let player = Player::new(self.session(scenario.office), progress, key);
        let (book, stumble) = player.play(self.script(scenario, stock, day)).await?;
        let stumble = stumble.map(|problem| format!("{}, day {}, {problem}", scenario.name, day + 1));
        Ok((scenario.office, book, stumble))
    }

    async fn verify(&self, before: &(Baseline, Baseline), played: &mut Played) -> Result<(), DemoError> {
        let office = |session, before, book| verify::Office { session, before, book, run: &self.run };
        let brokerage = office(&self.brokerage, &before.0, &played.brokerage);
        let medical = office(&self.medical, &before.1, &played.medical);
        let found = &mut played.findings;
        let crossed = brokerage.verify(found).await? | medical.verify(found).await?;
        brokerage.verify_isolation(&medical, found).await?;
        medical.verify_isolation(&brokerage, found).await?;
        if crossed {
            played.remarks.push(
                "The day changed (UTC) during the run: figures of the day were held against analytics, and the \
                 growth of both days together against the books."
                    .to_owned(),
            );
        }
        Ok(())
    }
}

impl Played {
    fn finish(self, stage: &Stage, days: usize) -> DemoReport {
        let books = [&self.brokerage, &self.medical];
        let sum = |of: fn(&Ledger) -> u64| books.into_iter().map(of).sum();
        DemoReport {
            scenarios: days * scenarios::SCENARIOS.len(),
            commands: sum(|book| book.commands),
            replays: sum(|book| book.replays),
            refusals: sum(|book| book.refusals),
            reads: sum(|book| book.reads),
            repeated: stage.brokerage.repeated() + stage.medical.repeated(),
            time: self.time,
            findings: self.findings.all,
            remarks: self.remarks,
        }
    }
}
