//! The decision: a function of packs and facts, and of nothing else.
//!
//! Every rule is evaluated and reported. One that denies denies the whole, whatever the others say; the first in order
//! is the primary reason. What is unknown denies. The same facts and packs give the same decision, to the byte, for as
//! long as the time zone data of the build is the same, whose release the decision names.
//!
//! It does no I/O, reads no clock and takes microseconds.

mod case;
mod clock;
mod consent;
mod duties;
mod frequency;
mod gate;
mod hours;
mod lists;
mod special;
mod suppression;
mod until;

use case::Case;

use super::decision::{Decision, Effect, Inputs, Location};
use super::duty::{Due, Obligation};
use super::facts::{FactId, Facts};
use super::finding::{Finding, Outcome};
use super::pack::PackSet;
use super::places;
use super::rule::Rule;

/// Decides whether a contact is permitted.
#[must_use]
pub fn decide(packs: &PackSet, facts: &Facts) -> Decision {
    let case = Case::new(packs, facts);
    let demands = hours::demands(&case);
    let mut findings = Vec::with_capacity(Rule::ALL.len());
    findings.extend(gate::findings(&case));
    findings.extend(special::findings(&case));
    findings.extend(suppression::findings(&case));
    findings.extend(consent::findings(&case));
    findings.extend(lists::findings(&case));
    findings.extend(hours::findings(&case, &demands));
    findings.extend(frequency::findings(&case));
    let (duties, mut dues) = duties::findings(&case);
    throttle(&findings, &mut dues);
    findings.extend(duties);
    let primary = findings.iter().find(|finding| finding.effect == Outcome::Deny).map(|finding| finding.rule);
    let allowed = primary.is_none();
    Decision {
        effect: if allowed { Effect::Allow } else { Effect::Deny },
        primary,
        flagged: allowed && case.passes.emergency,
        obligations: if allowed { dues } else { vec![] },
        retry_at: until::retry_at(&case, &demands, &findings),
        valid_until: if allowed { until::valid_until(&case, &demands) } else { None },
        location: location(&case),
        inputs: inputs(&case),
        findings,
    }
}

fn throttle(findings: &[Finding], dues: &mut Vec<Due>) {
    let slow = findings.iter().find(|f| f.rule == Rule::AbandonRate && frequency::must_throttle(f));
    dues.extend(slow.map(|finding| Due {
        obligation: Obligation::ThrottleCampaign,
        within_seconds: None,
        rows: finding.rows.clone(),
    }));
}

fn location(case: &Case<'_>) -> Location {
    let mut zones = case.zones().to_vec();
    if let Some(presumed) = &case.located.presumed {
        let more = presumed.zones.iter().filter(|zone| !case.zones().contains(zone));
        zones.extend(more);
    }
    Location {
        basis: case.located.basis,
        country: case.located.candidates.country,
        states: case.states,
        zones,
    }
}

fn inputs(case: &Case<'_>) -> Inputs {
    let facts = case.facts;
    let lists = facts.national_list.iter().chain(facts.state_lists.iter().map(|list| &list.answer));
    let sources =
        lists.map(|answer| &answer.source).chain(facts.reassigned.iter().map(|answer| &answer.source));
    let extracts = sources.filter(|source| facts.counts(source)).map(|source| source.fact.clone());
    let mut snapshots: Vec<FactId> = extracts.filter(|fact| matches!(fact, FactId::Snapshot(_))).collect();
    snapshots.sort();
    snapshots.dedup();
    Inputs {
        at: facts.at,
        known_at: facts.known_at,
        packs: case.packs.ids().to_vec(),
        time_zones: chrono_tz::IANA_TZDB_VERSION.to_owned(),
        places: places::version().to_owned(),
        snapshots,
        positions: facts.positions.clone(),
    }
}
