//! Do-not-call lists, taken over from the files registries deliver.

use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use seiketsu_domain::aggregate::{Decide as _, Refusal as _};
use seiketsu_domain::ids::{ListId, TenantId, UserId};
use seiketsu_domain::list::{
    AreaCode, AreaCodes, Author, Digest, List, ListName, RecordAccess, RetireExtract, San,
};
use seiketsu_domain::values::{Name, Reason, Timestamp, ValueError};
use uuid::Uuid;

use super::Failure;
use super::parts::{at_the_machine, database_url};
use crate::clock;
use crate::command::{Commands, StateCache, Wish};
use crate::config::Config;
use crate::event_store::{AppendLanes, EventStore, PoolSizes, Pools};
use crate::hint::Hint;
use crate::ids;
use crate::lists::{self, FileFaults, Held, NewExtract, Numbers};

type Done = Result<ExitCode, Failure>;

#[derive(Debug, Subcommand)]
pub enum Lists {
    /// Take an extract over: whole, or not at all.
    Import(ImportArgs),
    /// Record what an organization may take from the national registry.
    Access {
        /// The organization's domain.
        #[arg(long, value_name = "DOMAIN")]
        organization: String,
        /// The number of its subscription.
        #[arg(long, value_parser = value(San::try_new))]
        san: San,
        /// The area codes paid for; without it all of them.
        #[arg(long, value_delimiter = ',', value_parser = area_code)]
        area_codes: Vec<AreaCode>,
        #[arg(long, value_name = "TIME")]
        #[arg(value_parser = time)]
        valid_until: Timestamp,
    },
    /// Show what an organization holds, and what of it is too old.
    List {
        #[arg(long, value_name = "DOMAIN")]
        organization: String,
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what is held about one number, and which extracts say so.
    Show {
        #[arg(long, value_name = "DOMAIN")]
        organization: String,
        /// As it was known at this moment; without it now.
        #[arg(long, value_name = "TIME", value_parser = time)]
        known_at: Option<Timestamp>,
        /// In E.164.
        phone: String,
    },
    /// Use an extract no more, from now on: the one before it counts again.
    Retire {
        #[arg(long, value_name = "DOMAIN")]
        organization: String,
        #[arg(value_parser = value(ListName::try_new))]
        list: ListName,
        /// The moment it shows.
        #[arg(long, value_name = "TIME", value_parser = time)]
        as_of: Timestamp,
        #[arg(long, value_parser = value(Digest::try_new))]
        sha256: Digest,
        /// Kept with who did it and when.
        #[arg(long, value_parser = value(Reason::try_new))]
        reason: Reason,
    },
}

/// A file and what is said about it.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// `us-national`, or `us-` and a state: `us-tx`.
    #[arg(value_parser = value(ListName::try_new))]
    list: ListName,
    /// One number per line: ten digits, area code and seven digits (`415,5552671`), or E.164.
    file: PathBuf,
    /// The organization's domain.
    #[arg(long, value_name = "DOMAIN")]
    organization: String,
    /// The number of the subscription it was taken under; the national list needs one.
    #[arg(long, value_parser = value(San::try_new))]
    san: Option<San>,
    /// The moment it shows: when the registry made it. A day begins in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    as_of: Timestamp,
    /// The area codes it is about; without it all of them.
    #[arg(long, value_delimiter = ',', value_parser = area_code)]
    area_codes: Vec<AreaCode>,
    /// Go without the lines that are no numbers.
    #[arg(long)]
    skip_bad_lines: bool,
    /// Take it over although it is less than half of the one before.
    #[arg(long)]
    accept_smaller: bool,
    /// Read the file and say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(config: &Config, command: Lists) -> Done {
    let desk = Desk::new(config)?;
    match command {
        Lists::Import(args) => desk.import(args).await,
        Lists::Access { organization, san, area_codes, valid_until } => {
            let access = (san, area_codes.into_iter().collect(), valid_until);
            desk.record_access(&organization, access).await
        }
        Lists::List { organization, json } => desk.list(&organization, json).await,
        Lists::Show { organization, known_at, phone } => desk.show(&organization, &phone, known_at).await,
        Lists::Retire { organization, list, as_of, sha256, reason } => {
            let wish = desk.wish(&organization).await?;
            let extract = RetireExtract { sha256, as_of, reason, author: author()?, at: wish.at };
            let retired_at = lists::retire(&desk.pools, &desk.commands, &wish, list, extract).await?;
            println!("{list}: not used any more from {retired_at} on");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What the commands need.
struct Desk {
    pools: Pools,
    commands: Commands,
}

impl Desk {
    fn new(config: &Config) -> Result<Self, Failure> {
        let pools = Pools::new(&database_url(config)?, PoolSizes { tenant: 2, system: 1 })?;
        let lanes = AppendLanes::start(&pools, 1, &Hint::default());
        let commands = Commands::new(EventStore::new(pools.clone(), lanes), StateCache::new(16));
        Ok(Self { pools, commands })
    }

    async fn wish(&self, domain: &str) -> Result<Wish, Failure> {
        Ok(Wish {
            tenant: self.tenant(domain).await?,
            actor: UserId(Uuid::nil()),
            at: clock::now(),
            correlation_id: ids::new(),
            traceparent: None,
            key: None,
            expected_version: None,
        })
    }

    async fn tenant(&self, domain: &str) -> Result<TenantId, Failure> {
        let found: Option<Uuid> = sqlx::query_scalar("select tenant_id from organizations where domain = $1")
            .bind(domain.to_lowercase())
            .fetch_optional(self.pools.system())
            .await?;
        found.map(TenantId).ok_or_else(|| format!("there is no organization {domain}").into())
    }

    async fn import(&self, args: ImportArgs) -> Done {
        let area_codes: AreaCodes = args.area_codes.iter().copied().collect();
        let wish = self.wish(&args.organization).await?;
        let (numbers, faults) = read(&args.file, &area_codes)?;
        tell(&args.file, &faults);
        println!("{}: {} numbers, sha256 {}", args.list, numbers.count, numbers.sha256);
        if faults.count > 0 && !args.skip_bad_lines {
            println!("nothing was taken over; mend the file, or go without these lines by --skip-bad-lines");
            return Ok(ExitCode::FAILURE);
        }
        let extract = NewExtract {
            list: args.list,
            san: args.san,
            area_codes,
            as_of: args.as_of,
            accept_smaller: args.accept_smaller,
            author: author()?,
        };
        if let Some(no) = self.refusal(&wish, &extract, &numbers).await? {
            println!("{no}");
            return Ok(ExitCode::FAILURE);
        }
        if args.dry_run {
            println!("would be taken over; nothing was done");
            return Ok(ExitCode::SUCCESS);
        }
        self.take_over(&wish, &extract, &numbers).await
    }

    /// Asked before the numbers are written, which takes longer.
    async fn refusal(
        &self,
        wish: &Wish,
        extract: &NewExtract,
        numbers: &Numbers,
    ) -> Result<Option<String>, Failure> {
        let id = ListId::of(wish.tenant, extract.list);
        let list = self.commands.store().load::<List>(wish.tenant, id.0).await?;
        let refused = list.state.decide(&extract.command(wish, numbers)).err();
        Ok(refused.map(|no| format!("{}: {no}", no.code())))
    }

    async fn take_over(&self, wish: &Wish, extract: &NewExtract, numbers: &Numbers) -> Done {
        let bar = bar("writing", numbers.rows.len())?;
        let written = |rows| bar.set_position(u64::try_from(rows).unwrap_or(0));
        let imported =
            lists::import_extract(&self.pools, &self.commands, wish, extract, numbers, written).await?;
        bar.finish_and_clear();
        let done = if imported.already { "was taken over before, and counts" } else { "taken over; counts" };
        println!("{}: {done} from {} on", extract.list, imported.recorded_at);
        Ok(ExitCode::SUCCESS)
    }

    async fn record_access(&self, domain: &str, access: (San, AreaCodes, Timestamp)) -> Done {
        let (san, area_codes, valid_until) = access;
        let wish = self.wish(domain).await?;
        let access = RecordAccess {
            organization_id: wish.tenant,
            list: ListName::National,
            san,
            area_codes,
            valid_until,
            author: author()?,
            at: wish.at,
        };
        lists::record_access(&self.pools, &self.commands, &wish, access).await?;
        println!("recorded");
        Ok(ExitCode::SUCCESS)
    }

    async fn list(&self, domain: &str, json: bool) -> Done {
        let tenant = self.tenant(domain).await?;
        let mut read = self.pools.read_as(tenant).await?;
        let held = lists::overview(&mut read, tenant, clock::now()).await?;
        if json {
            println!("{}", serde_json::to_string(&held)?);
            return Ok(ExitCode::SUCCESS);
        }
        match &held.registry_access {
            Some(access) if held.registry_access_over => {
                println!("access {} was over {}", access.san, access.valid_until)
            }
            Some(access) => println!("access {} until {}", access.san, access.valid_until),
            None => println!("no access to the national registry is recorded"),
        }
        held.imports.iter().for_each(|held| println!("{}", in_words(held)));
        Ok(ExitCode::SUCCESS)
    }

    async fn show(&self, domain: &str, phone: &str, known_at: Option<Timestamp>) -> Done {
        let tenant = self.tenant(domain).await?;
        let phone = value(seiketsu_domain::values::Phone::try_new)(phone)?;
        let mut read = self.pools.read_as(tenant).await?;
        let answers = lists::look_up(&mut read, tenant, &phone, known_at.unwrap_or_else(clock::now)).await?;
        println!("{}", serde_json::to_string_pretty(&answers)?);
        Ok(ExitCode::SUCCESS)
    }
}

fn author() -> Result<Author, Failure> {
    let operator = Name::try_new(&at_the_machine()).map_err(in_plain_words)?;
    Ok(Author { by: UserId(Uuid::nil()), operator: Some(operator) })
}

fn read(file: &Path, area_codes: &AreaCodes) -> Result<(Numbers, FileFaults), Failure> {
    let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let bar = bar("reading", usize::try_from(opened.metadata()?.len())?)?;
    let read = lists::read_numbers(BufReader::with_capacity(1 << 16, opened), area_codes, |bytes| {
        bar.set_position(bytes);
    })?;
    bar.finish_and_clear();
    Ok(read)
}

/// On a terminal, on standard error; hidden elsewhere.
fn bar(doing: &'static str, goal: usize) -> Result<ProgressBar, Failure> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(u64::try_from(goal)?)
    } else {
        ProgressBar::hidden()
    };
    let bar = bar.with_style(ProgressStyle::with_template("{msg:8} {bar:30} {human_pos}/{human_len} {eta}")?);
    bar.set_message(doing);
    Ok(bar)
}

fn tell(file: &Path, faults: &FileFaults) {
    for fault in &faults.first {
        println!("{}:{}: {}: {}", file.display(), fault.line, fault.code, fault.detail);
    }
    let untold = faults.count - u64::try_from(faults.first.len()).unwrap_or(0);
    if untold > 0 {
        println!("{}: and {untold} more bad lines", file.display());
    }
}

fn in_words(held: &Held) -> String {
    let state = match (&held.retired_at, held.stale) {
        (Some(at), _) => format!(", retired {at}"),
        (None, true) => ", too old for solicitations".to_owned(),
        (None, false) => String::new(),
    };
    let about: Vec<_> = held.area_codes.iter().map(|code| code.get().to_string()).collect();
    let about = if about.is_empty() { "all area codes".to_owned() } else { about.join(",") };
    format!("{}@{} {} numbers, {about}, sha256:{}{state}", held.list, held.as_of, held.count, held.sha256)
}

/// A value of the domain as an argument.
fn value<T>(
    parse: impl Fn(&str) -> Result<T, ValueError> + Clone,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |raw| parse(raw).map_err(in_plain_words)
}

fn in_plain_words(error: ValueError) -> String {
    error.detail
}

fn area_code(raw: &str) -> Result<AreaCode, String> {
    AreaCode::try_new(raw.parse().unwrap_or(0)).map_err(in_plain_words)
}

/// RFC 3339, or a day, which begins in UTC.
fn time(raw: &str) -> Result<Timestamp, String> {
    let whole = if raw.len() == "2026-11-20".len() { format!("{raw}T00:00:00Z") } else { raw.to_owned() };
    whole.parse().map_err(in_plain_words)
}
