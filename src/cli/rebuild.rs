//! Read models built anew, compared, swapped and brought back.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use seiketsu_projections::rebuild::compare::{Comparison, Difference};
use seiketsu_projections::rebuild::rollback::{drop_retired, roll_back};
use seiketsu_projections::rebuild::{self, How, Plan, Progress, Rebuilt, Stage, Swap};
use seiketsu_projections::{Projection, read_models};
use sqlx::PgPool;

use super::Failure;
use super::parts::database_url;
use crate::config::Config;
use crate::event_store::Pools;

type Done = Result<ExitCode, Failure>;

/// What to do with a read model.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Its name; `all` for every one.
    name: String,
    /// Tell what would be done, and do nothing.
    #[arg(long, group = "instead")]
    dry_run: bool,
    /// Build it and compare it with the live one, then drop it; exit code 1 where they differ.
    #[arg(long, group = "instead")]
    compare_only: bool,
    /// Swap only where the new tables hold the same as the live ones; exit code 1 where not. The new ones then stay,
    /// and the next start goes on with them.
    #[arg(long)]
    require_equal: bool,
    /// Whether the old tables stay, to be rolled back to.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    keep_old: bool,
    /// Instead of building: put the tables from before the last swap back, brought up to date.
    #[arg(long, group = "instead")]
    rollback: bool,
    /// Instead of building: remove the tables from before the last swap.
    #[arg(long, group = "instead")]
    drop_old: bool,
}

impl RebuildArgs {
    fn how(&self, partitions: i16) -> How {
        let swap = match (self.compare_only, self.require_equal) {
            (true, _) => Swap::Never,
            (false, true) => Swap::IfEqual,
            (false, false) => Swap::Always,
        };
        How { swap, keep_old: self.keep_old, ..How::new(partitions) }
    }
}

pub async fn run(config: Config, args: RebuildArgs) -> Done {
    let chosen = match args.name.as_str() {
        "all" => read_models::all(),
        name => vec![read_models::find(name).ok_or_else(|| unknown(name))?],
    };
    let pool = Pools::for_a_job(&database_url(&config)?, 8)?;
    let mut all_well = true;
    for projection in chosen {
        all_well &= one(&pool, projection, &args, config.kafka.partitions).await?;
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether it ended as asked.
async fn one(
    pool: &PgPool,
    projection: Arc<dyn Projection>,
    args: &RebuildArgs,
    partitions: i16,
) -> Result<bool, Failure> {
    let name = projection.name();
    if args.dry_run {
        println!("{name}: {}", in_words(&rebuild::plan(pool, projection.as_ref()).await?));
    } else if args.drop_old {
        let dropped = drop_retired(pool, projection.as_ref()).await?;
        println!("{name}: {}", if dropped { "the old tables are gone" } else { "there are no old tables" });
    } else if args.rollback {
        let back = roll_back(pool, projection, partitions).await?;
        println!("{name}: back, {} events later, at position {}", back.events, back.position);
    } else {
        let how = args.how(partitions);
        let mut shown = Shown::new(name)?;
        let rebuilt = rebuild::rebuild(pool, projection, how, |progress| shown.tell(progress)).await?;
        shown.bar.finish_and_clear();
        report(name, &rebuilt);
        return Ok(how.swap == Swap::Always || rebuilt.comparison.is_equal());
    }
    Ok(true)
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = read_models::all().iter().map(|projection| projection.name()).collect();
    format!("there is no read model {name}; there are {}", names.join(", "))
}

fn in_words(plan: &Plan) -> String {
    let begin = match plan.loaded {
        Some(loaded) => format!("would go on after {loaded} of {} events", plan.events),
        None => format!("would read {} events", plan.events),
    };
    let old = if plan.retired { ", and replace the old tables that are kept" } else { "" };
    format!("{begin} into {} tables, now of {} bytes{old}", plan.tables, plan.bytes)
}

/// A bar on a terminal, elsewhere a line now and then; both on standard error.
struct Shown {
    name: &'static str,
    bar: ProgressBar,
    lines: bool,
    last: Instant,
    stage: Option<Stage>,
}

/// Between two lines where there is no terminal.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

impl Shown {
    fn new(name: &'static str) -> Result<Self, Failure> {
        let style = "{prefix:20} {msg:12} {bar:30} {human_pos}/{human_len} {per_sec} {eta}";
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?);
        bar.set_prefix(name);
        let lines = !std::io::stderr().is_terminal();
        Ok(Self { name, bar, lines, last: Instant::now(), stage: None })
    }

    fn tell(&mut self, progress: Progress) {
        let Progress { stage, done, goal } = progress;
        let doing = match stage {
            Stage::Loading => "loading",
            Stage::Indexing => "indexing",
            Stage::CatchingUp => "catching up",
            Stage::Comparing => "comparing",
            Stage::Swapping => "swapping",
        };
        let begins = self.stage.replace(stage) != Some(stage);
        if begins {
            self.bar.reset();
            self.bar.set_message(doing);
        }
        self.bar.set_length(u64::try_from(goal).unwrap_or(0));
        self.bar.set_position(u64::try_from(done).unwrap_or(0));
        if self.lines && (begins || self.last.elapsed() > NOW_AND_THEN) {
            self.last = Instant::now();
            eprintln!("{}: {doing} {done} of {goal}", self.name);
        }
    }
}

fn report(name: &str, rebuilt: &Rebuilt) {
    let Rebuilt { events, position, parked, resumed, swapped, .. } = rebuilt;
    match &rebuilt.comparison {
        Comparison::Behind(by) => {
            println!("{name}: not compared, since the live one is {by} positions behind");
        }
        Comparison::Compared(tables) => {
            for table in tables {
                println!("{name}: {} has {} rows, live {}", table.table, table.rebuilt_rows, table.live_rows);
                table.difference.iter().for_each(|difference| differs(name, difference));
            }
        }
    }
    let resumed = if *resumed { "went on and " } else { "" };
    let ended = if *swapped { "swapped in" } else { "not swapped in" };
    let parked = if *parked == 0 { String::new() } else { format!(", {parked} parked") };
    println!("{name}: {resumed}read {events} events, {ended} at position {position}{parked}");
}

fn differs(name: &str, difference: &Difference) {
    let Difference { only_live, only_rebuilt, changed, sample } = difference;
    println!("{name}:   {only_live} only live, {only_rebuilt} only rebuilt, {changed} changed; such as");
    for row in sample {
        println!("{name}:     {row}");
    }
}
