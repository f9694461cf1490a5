//! Whether a pack is complete and consistent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Fault, Pack, PackName, Row, Says};
use crate::permission::opt_out;
use crate::permission::places::{Country, State};

pub(super) fn faults(pack: &Pack) -> Vec<Fault> {
    let mut faults = head(pack);
    for row in &pack.rows {
        faults.extend(alone(pack, row));
    }
    faults.extend(overlaps(pack));
    faults.extend(holes(pack));
    faults.extend(holidays(pack));
    faults
}

fn head(pack: &Pack) -> Vec<Fault> {
    let mut faults = vec![];
    let mut parts = pack.version.split('.');
    let numbers = parts.by_ref().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !numbers || pack.version.len() > 20 {
        faults.push(Fault::new("version", "version_invalid", "must be year and month, such as 2026.11"));
    }
    if pack.review_by <= pack.effective_from {
        faults.push(Fault::new("review_by", "dates_reversed", "must come after effective_from"));
    }
    if !pack.notice.contains("not legal advice") {
        faults.push(Fault::new("notice", "notice_missing", "must say that the pack is not legal advice"));
    }
    if pack.countries.is_empty() {
        faults.push(Fault::new("countries", "countries_missing", "must name where the rules hold"));
    }
    let american = pack.name != PackName::Eu;
    if american != (pack.countries == [Country::US]) {
        let detail = "the American packs hold in US, the European one elsewhere";
        faults.push(Fault::new("countries", "countries_unfit", detail));
    }
    faults
}

fn alone(pack: &Pack, row: &Row) -> Vec<Fault> {
    let mut faults = vec![];
    let mut fault = |code, detail: String| faults.push(Fault::new(format!("row {}", row.id), code, detail));
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    if row.id.is_empty() || row.id.len() > 80 || !row.id.bytes().all(plain) {
        fault("id_invalid", "an id has 1 to 80 lower-case letters, digits, dots and dashes".to_owned());
    }
    if row.until.is_some_and(|until| until <= row.from) {
        fault("dates_reversed", "until must come after from".to_owned());
    }
    if row.citation.text.trim().is_empty() || !row.citation.url.starts_with("https://") {
        fault("citation_missing", "must cite a text and its https address".to_owned());
    }
    if !row.says.belongs_to().contains(&pack.name) {
        fault("rule_misplaced", format!("does not belong into {}", pack.name.as_str()));
    }
    for detail in nonsense(&row.says) {
        fault("rule_invalid", detail.to_owned());
    }
    if let Says::Words(words) = &row.says {
        for detail in words.phrases.iter().filter_map(|phrase| opt_out::check(phrase).err()) {
            fault("phrase_invalid", detail);
        }
    }
    faults
}

/// What no law would say.
fn nonsense(says: &Says) -> Vec<&'static str> {
    let mut found = vec![];
    let mut unless = |fine: bool, detail| {
        if !fine {
            found.push(detail);
        }
    };
    match says {
        Says::Hours(hours) => unless(!hours.purposes.is_empty(), "applies to no purpose"),
        Says::Consent(need) => {
            unless(
                !need.purposes.is_empty() && !need.channels.is_empty(),
                "applies to no channel or purpose",
            );
        }
        Says::Revocation(terms) => {
            unless(terms.legal_deadline_business_days <= 60, "a deadline is at most 60 business days");
            unless((0..=3600).contains(&terms.confirmation_seconds), "a confirmation comes within an hour");
        }
        Says::Relationship(months) => {
            let fine = months.purchase_months <= 120 && months.inquiry_months <= 120;
            unless(fine, "a relationship lasts ten years at most");
        }
        Says::Registry(registry) => {
            unless((1..=366).contains(&registry.max_age_days), "between a day and a year")
        }
        Says::Reassigned(terms) => {
            unless((1..=366).contains(&terms.max_age_days), "between a day and a year")
        }
        Says::Lag(lag) => unless((1..=3600).contains(&lag.max_seconds), "between a second and an hour"),
        Says::Frequency(rule) => unless((1..=720).contains(&rule.hours), "between an hour and thirty days"),
        Says::Abandonment(rate) => {
            let grows = rate.warn_per_mille <= rate.throttle_per_mille
                && rate.throttle_per_mille <= rate.stop_per_mille;
            unless(grows && rate.stop_per_mille <= 1000, "warn, throttle and stop must grow, up to 1000");
        }
        Says::Validity(validity) => {
            unless((1..=300).contains(&validity.seconds), "between a second and five minutes")
        }
        Says::Words(words) => {
            let fine = |phrase: &String| !phrase.trim().is_empty() && phrase.len() <= 300;
            unless(
                !words.phrases.is_empty() && words.phrases.iter().all(fine),
                "phrases have 1 to 300 bytes",
            );
        }
        _ => {}
    }
    found
}

/// Rows that speak of the same thing on the same day.
fn overlaps(pack: &Pack) -> Vec<Fault> {
    let mut spoken: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in &pack.rows {
        spoken.entry(format!("id {}", row.id)).or_default().push(row);
        if let Some(subject) = row.says.subject() {
            spoken.entry(subject).or_default().push(row);
        }
    }
    let mut faults = BTreeSet::new();
    for rows in spoken.values_mut() {
        rows.sort_by_key(|row| row.from);
        for pair in rows.windows(2) {
            if pair[0].until.is_none_or(|until| until > pair[1].from) {
                faults.insert((pair[1].id.clone(), pair[0].id.clone(), pair[1].from));
            }
        }
    }
    let told = |(second, first, day): (String, String, NaiveDate)| {
        Fault::new(format!("row {second}"), "rows_overlap", format!("speaks of the same as {first} on {day}"))
    };
    faults.into_iter().map(told).collect()
}

/// Days on which something a decision needs is not said.
fn holes(pack: &Pack) -> Vec<Fault> {
    let mut faults = vec![];
    for day in turning_days(pack) {
        let said: BTreeSet<String> = pack
            .rows
            .iter()
            .filter(|row| row.is_in_force(day))
            .filter_map(|row| row.says.subject())
            .collect();
        for needed in needed(pack.name).into_iter().filter(|needed| !said.contains(needed)) {
            faults.push(Fault::new(needed, "rule_missing", format!("nothing is said about it on {day}")));
        }
    }
    faults
}

/// The first day, and every day on which a row begins or ends.
pub(super) fn turning_days(pack: &Pack) -> BTreeSet<NaiveDate> {
    let turns = pack.rows.iter().flat_map(|row| std::iter::once(row.from).chain(row.until));
    turns.filter(|day| *day > pack.effective_from).chain([pack.effective_from]).collect()
}

fn needed(name: PackName) -> Vec<String> {
    let core = [
        "hours",
        "evidence Pec",
        "evidence OptIn",
        "evidence Pewc",
        "revocation",
        "revoke_all",
        "relationship",
        "registry",
        "reassigned",
        "lag",
        "frequency",
        "abandonment",
        "healthcare_exemption",
        "residential_exemption",
        "validity",
        "national_list",
    ];
    match name {
        PackName::UsCore => core.map(str::to_owned).to_vec(),
        PackName::UsStates => State::all().map(|state| format!("hours {state}")).collect(),
        PackName::Recording => vec!["recording".to_owned()],
        PackName::Eu => vec!["opt_in".to_owned()],
        PackName::Ctia => vec![],
    }
}

/// Holidays that are referred to by name and not defined in the pack; `federal` stands for those of `us-core`.
fn holidays(pack: &Pack) -> Vec<Fault> {
    let defined: BTreeSet<&str> = pack
        .rows
        .iter()
        .filter_map(
            |row| if let Says::Holiday(holiday) = &row.says { Some(holiday.name.as_str()) } else { None },
        )
        .collect();
    let mut faults = vec![];
    for row in &pack.rows {
        let Says::Hours(hours) = &row.says else { continue };
        for name in
            hours.closed_on.iter().filter(|name| *name != "federal" && !defined.contains(name.as_str()))
        {
            faults.push(Fault::new(
                format!("row {}", row.id),
                "holiday_unknown",
                format!("{name} is not defined"),
            ));
        }
    }
    faults
}
