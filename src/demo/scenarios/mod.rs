//! Written days of a real-estate brokerage and of a medical office.
//!
//! Each scenario is one function: what is said, which commands follow from it, and what must come of each. What varies
//! comes from the `Day`. Scenarios may be played any number of times on numbers they were played on before, so none
//! rests on a contact point being unknown; see `super::phones`.

mod back_office;
mod emergencies;
mod inquiries;
mod outreach;
mod patients;
mod permission;

use super::day::Day;
use super::script::Script;

/// Whose day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Office {
    Brokerage,
    Medical,
}

/// One of the written scenarios.
pub struct Scenario {
    /// For messages.
    pub name: &'static str,
    pub office: Office,
    /// How many people's numbers it uses.
    pub people: usize,
    pub script: fn(&mut Day) -> Script,
}

const fn brokerage(name: &'static str, script: fn(&mut Day) -> Script) -> Scenario {
    Scenario { name, office: Office::Brokerage, people: 1, script }
}

const fn medical(name: &'static str, script: fn(&mut Day) -> Script) -> Scenario {
    Scenario { name, office: Office::Medical, people: 1, script }
}

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    brokerage("a buyer who is ready", inquiries::ready_buyer),
    brokerage("a buyer who is just looking", inquiries::browsing_buyer),
    brokerage("a seller who wants a valuation", inquiries::seller),
    brokerage("a tenant who dialled the wrong office", inquiries::wrong_office),
    brokerage("somebody who hangs up", inquiries::hangs_up),
    brokerage("an investor who signs", outreach::investor),
    brokerage("a person who wants no more calls", outreach::no_more_calls),
    brokerage("a voicemail", outreach::voicemail),
    brokerage("nobody picks up", outreach::nobody_picks_up),
    brokerage("two calls cross", outreach::calls_cross),
    brokerage("a guest of an open house", outreach::open_house_guest),
    brokerage("a stranger who never agreed", permission::stranger),
    brokerage("a permit made void", permission::void_permit),
    brokerage("consent that is not enough", permission::consent_not_enough),
    brokerage("leads from a portal", back_office::portal_leads),
    brokerage("a buyer who bought elsewhere", back_office::bought_elsewhere),
    Scenario {
        name: "a do-not-call list",
        office: Office::Brokerage,
        people: back_office::LISTED,
        script: back_office::do_not_call_list,
    },
    medical("a new patient", patients::new_patient),
    medical("an appointment reminder", patients::reminder),
    medical("a patient who asks for a human", patients::wants_human),
    medical("a question about a prescription", patients::prescription),
    medical("a line that drops", patients::line_drops),
    medical("chest pain", emergencies::chest_pain),
    medical("a feverish child", emergencies::feverish_child),
    medical("a worried message", emergencies::worried_message),
];

/// The scenarios with the first of their stocks of numbers.
pub fn with_stocks() -> impl Iterator<Item = (&'static Scenario, usize)> {
    SCENARIOS.iter().scan(0, |next, scenario| {
        let stock = *next;
        *next += scenario.people;
        Some((scenario, stock))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{Office, SCENARIOS, with_stocks};
    use crate::demo::client::Body;
    use crate::demo::day::{Day, Run};
    use crate::demo::kind::Kind;
    use crate::demo::phones::STOCKS;
    use crate::demo::script::{Expect, Manner, Step};

    fn steps() -> Vec<(&'static str, Step)> {
        let run = Run { id: "test".into(), started: chrono::DateTime::UNIX_EPOCH, first_number: 0 };
        let days = with_stocks().flat_map(|pair| (0..12).map(move |repetition| (pair, repetition)));
        days.flat_map(|((scenario, stock), repetition)| {
            let script = (scenario.script)(&mut Day::new(&run, stock, repetition));
            script.steps.into_iter().map(|step| (scenario.name, step))
        })
        .collect()
    }

    #[test]
    fn every_command_is_sent_by_some_scenario_and_succeeds_there() {
        let sent: BTreeSet<Kind> = steps()
            .into_iter()
            .filter(|(_, step)| !matches!(step.expect, Expect::Refused(..)))
            .map(|(_, step)| step.kind)
            .collect();
        let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !sent.contains(kind)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_manner_and_every_answer_occurs() {
        let all = steps();
        for manner in [Manner::Plain, Manner::Twice, Manner::Insisting, Manner::Outdated] {
            assert!(all.iter().any(|(_, step)| step.manner == manner), "{manner:?}");
        }
        for code in ["version_mismatch", "fence_conflict"] {
            let refused = |step: &Step| matches!(step.expect, Expect::Refused(_, other) if other == code);
            assert!(all.iter().any(|(_, step)| refused(step)), "{code}");
        }
        assert!(all.iter().any(|(_, step)| step.expect == Expect::Unchanged));
        assert!(all.iter().any(|(_, step)| step.expect == Expect::Allowed));
        assert!(all.iter().any(|(_, step)| matches!(step.expect, Expect::Denied(_))));
    }

    #[test]
    fn no_two_scenarios_share_a_stock_of_numbers() {
        let needed: usize = SCENARIOS.iter().map(|scenario| scenario.people).sum();
        assert!(needed <= STOCKS, "{needed} of {STOCKS}");
    }

    #[test]
    fn there_are_days_of_both_offices_with_conversations_of_several_turns() {
        for office in [Office::Brokerage, Office::Medical] {
            assert!(SCENARIOS.iter().filter(|scenario| scenario.office == office).count() >= 8);
        }
        let talks = steps().into_iter().filter(|(_, step)| step.kind == Kind::AddTranscript);
        let names: BTreeSet<_> = talks.map(|(name, _)| name).collect();
        assert!(names.len() >= 14, "{names:?}");
    }

    #[test]
    fn segments_come_one_after_the_other() {
        let mut last = 0;
        for (name, step) in steps() {
            let Body::Json(body) = &step.body else { continue };
            if step.kind == Kind::StartCall {
                last = 0;
            }
            for segment in body["segments"].as_array().into_iter().flatten() {
                let ms = |key: &str| segment[key].as_i64().expect("a time");
                assert!(ms("startMs") >= last && ms("endMs") > ms("startMs"), "{name}");
                assert!(segment["text"].as_str().is_some_and(|text| text.len() > 3), "{name}");
                last = ms("startMs");
            }
        }
    }

    #[test]
    fn every_call_that_is_started_also_ends() {
        for (scenario, stock) in with_stocks() {
            let run = Run { id: "test".into(), started: chrono::DateTime::UNIX_EPOCH, first_number: 0 };
            let steps = (scenario.script)(&mut Day::new(&run, stock, 0)).steps;
            let count = |kinds: &[Kind]| {
                let done = |step: &&Step| kinds.contains(&step.kind) && step.expect == Expect::Done;
                steps.iter().filter(done).count()
            };
            let ended = count(&[Kind::EndCall, Kind::CancelCall]);
            assert_eq!(count(&[Kind::StartCall]), ended, "{}", scenario.name);
        }
    }

    #[test]
    fn nothing_is_asked_of_the_server_that_is_not_json() {
        for (name, step) in steps() {
            if let Body::Json(body) = &step.body {
                assert!(matches!(body, Value::Object(_)), "{name}: {:?}", step.kind);
            }
        }
    }
}
