//! Do-not-call lists, taken over from the files registries deliver.

/// What can be asked.
mod args;

use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use seiketsu_domain::aggregate::{Decide as _, Refusal as _};
use seiketsu_domain::ids::{ListId, TenantId, UserId};
use seiketsu_domain::list::{AreaCodes, Author, List, ListName, RecordAccess, RetireExtract, San};
use seiketsu_domain::values::{Name, Phone, Timestamp};
use uuid::Uuid;

use args::ImportArgs;
pub use args::Lists;

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

    async fn show(&self, domain: &str, phone: &Phone, known_at: Option<Timestamp>) -> Done {
        let tenant = self.tenant(domain).await?;
        let mut read = self.pools.read_as(tenant).await?;
        let answers = lists::look_up(&mut read, tenant, phone, known_at.unwrap_or_else(clock::now)).await?;
        println!("{}", serde_json::to_string_pretty(&answers)?);
        Ok(ExitCode::SUCCESS)
    }
}

fn author() -> Result<Author, Failure> {
    let operator = Name::try_new(&at_the_machine()).map_err(|error| error.detail)?;
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
