use std::path::PathBuf;

use clap::{Args, Subcommand};
use seiketsu_domain::list::{AreaCode, Digest, ListName, San};
use seiketsu_domain::values::{Phone, Reason, Timestamp, ValueError};

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
        #[arg(value_parser = value(Phone::try_new))]
        phone: Phone,
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
    pub list: ListName,
    /// One number per line: ten digits, area code and seven digits (`415,5552671`), or E.164.
    pub file: PathBuf,
    /// The organization's domain.
    #[arg(long, value_name = "DOMAIN")]
    pub organization: String,
    /// The number of the subscription it was taken under; the national list needs one.
    #[arg(long, value_parser = value(San::try_new))]
    pub san: Option<San>,
    /// The moment it shows: when the registry made it. A day begins in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub as_of: Timestamp,
    /// The area codes it is about; without it all of them.
    #[arg(long, value_delimiter = ',', value_parser = area_code)]
    pub area_codes: Vec<AreaCode>,
    /// Go without the lines that are no numbers.
    #[arg(long)]
    pub skip_bad_lines: bool,
    /// Take it over although it is less than half of the one before.
    #[arg(long)]
    pub accept_smaller: bool,
    /// Read the file and say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
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
