//! What holds for all facts.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::permission::facts::{Attempt, Suppression, SuppressionKind};

const NUMBERS: [&str; 8] = [
    "+14152345678",
    "+13052345678",
    "+18502345678",
    "+15122345678",
    "+12052345678",
    "+18002345678",
    "+493012345678",
    "+14162345678",
];

fn facts() -> impl Strategy<Value = Facts> {
    let asked = (
        select(NUMBERS.to_vec()),
        prop_oneof![2 => Just(0_i64), 1 => 0..(300 * 86_400_i64)],
        select(vec![Technology::AiVoice, Technology::Manual, Technology::Sms]),
        prop_oneof![
            3 => Just(Some(Purpose::Marketing)),
            1 => Just(Some(Purpose::Informational)),
            1 => Just(Some(Purpose::Healthcare)),
            1 => Just(None),
        ],
    );
    let known = (any::<[bool; 4]>(), 0..5_i64, 0..4_usize, subsequence(ABILITIES.to_vec(), 11..=12));
    (asked, known).prop_map(|((number, later, technology, purpose), (flags, age, attempts, abilities))| {
        let mut facts = call(number, TUESDAY);
        facts.at = facts.at.plus_seconds(later);
        facts.known_at = facts.at;
        facts.technology = Some(technology);
        facts.channel = if technology == Technology::Sms { Channel::Sms } else { Channel::Voice };
        facts.purpose = purpose;
        facts.abilities = abilities;
        refresh(&mut facts);
        vary(&mut facts, flags, age);
        facts.attempts = Some((0..attempts).map(|number| attempt(&facts, number)).collect());
        facts
    })
}

/// Lists and answers of three days ago, whenever that is.
fn refresh(facts: &mut Facts) {
    let fresh = before(facts, 3 * 86_400);
    let until = before(facts, -86_400);
    facts.national_list.iter_mut().for_each(|answer| answer.as_of = fresh);
    facts.state_lists.iter_mut().for_each(|list| list.answer.as_of = fresh);
    facts.reassigned.iter_mut().for_each(|answer| answer.asked_at = fresh);
    facts.registry.iter_mut().for_each(|access| access.valid_until = until);
}

fn vary(facts: &mut Facts, [plainly, withdrawn, listed, bought]: [bool; 4], age: i64) {
    let then = before(facts, age * 86_400);
    if plainly {
        ledger(facts).grants.push(plain(then));
    }
    if withdrawn && age > 2 {
        ledger(facts).revocations.push(stop(then));
    }
    if listed {
        list_nationally(facts);
    }
    if bought {
        facts.business.purchase = Some((source(event(30), then), then));
    }
}

fn attempt(facts: &Facts, number: usize) -> Attempt {
    let at = before(facts, 3600 * (i64::try_from(number).unwrap_or(0) + 1));
    Attempt {
        source: source(event(70 + number as u128), at),
        seller: Some(SELLER.to_owned()),
        at,
        channel: Channel::Voice,
        technology: None,
        purpose: None,
        subject: None,
    }
}

/// What can only be held against a contact.
fn against() -> impl Strategy<Value = fn(&mut Facts)> {
    let changes: Vec<fn(&mut Facts)> = vec![
        |f| {
            let then = before(f, 60);
            ledger(f).revocations.push(stop(then));
        },
        |f| {
            let then = before(f, 60);
            ledger(f).revocations.push(reply_stop(then, Purpose::Informational, Some("billing"), false));
        },
        |f| {
            let then = before(f, 60);
            f.internal_dnc.get_or_insert_default().push(listing(then));
        },
        |f| {
            let then = before(f, 60);
            let (kind, source) = (SuppressionKind::Litigator, source(event(50), then));
            f.suppressions.get_or_insert_default().push(Suppression { source, kind, since: then });
        },
        list_nationally,
        |f| f.state_lists.iter_mut().for_each(|list| list.answer.listed = true),
        |f| {
            let one = attempt(f, 0);
            f.attempts.get_or_insert_default().push(one);
        },
        |f| f.standing.stopped = Some(true),
        |f| f.settings.revoke_all = true,
        |f| f.emergencies = Some(StateSet::ALL),
    ];
    select(changes)
}

/// Facts of another organization, of every kind.
fn foreign(facts: &mut Facts) {
    let then = before(facts, 60);
    let other = |fact| Source { organization: TenantId(Uuid::from_u128(2)), ..source(fact, then) };
    let kind = SuppressionKind::Erased;
    let mut theirs = attempt(facts, 0);
    theirs.source = other(event(90));
    ledger(facts).grants.push(Grant { source: other(event(91)), ..written(then) });
    ledger(facts).revocations.push(Revocation { source: other(event(92)), ..stop(then) });
    facts.internal_dnc.get_or_insert_default().push(Listing { source: other(event(93)), ..listing(then) });
    facts.suppressions.get_or_insert_default().push(Suppression {
        source: other(event(94)),
        kind,
        since: then,
    });
    facts.attempts.get_or_insert_default().extend([theirs.clone(), theirs.clone(), theirs]);
    let listed =
        ListAnswer { source: other(FactId::Snapshot("theirs".to_owned())), listed: true, as_of: facts.at };
    facts.state_lists.extend(State::all().map(|state| StateAnswer { state, answer: listed.clone() }));
}

fn places() -> impl Strategy<Value = (Candidates, Candidates)> {
    let states: Vec<State> = State::all().collect();
    (subsequence(states.clone(), 1..4), subsequence(states, 0..6)).prop_map(|(few, more)| {
        let of = |states: Vec<State>| {
            let mut zones: Vec<_> = states.iter().flat_map(|state| state.zones().iter().copied()).collect();
            zones.sort_by_key(|zone| zone.name());
            zones.dedup();
            Candidates { country: Some(Country::US), states: states.into_iter().collect(), zones }
        };
        let all = few.iter().copied().chain(more).collect();
        (of(few), of(all))
    })
}

proptest! {
    #[test]
    fn what_is_held_against_a_contact_never_turns_a_no_into_a_yes(mut facts in facts(), against in against()) {
        let first = decided(&facts).effect;
        against(&mut facts);
        let second = decided(&facts).effect;
        prop_assert!(first == Effect::Allow || second == Effect::Deny);
    }

    #[test]
    fn more_places_to_be_in_never_turn_a_no_into_a_yes(mut facts in facts(), (few, more) in places()) {
        facts.places.declared = Some(few);
        let first = decided(&facts).effect;
        facts.places.declared = Some(more);
        let second = decided(&facts).effect;
        prop_assert!(first == Effect::Allow || second == Effect::Deny);
    }

    #[test]
    fn what_other_organizations_know_changes_nothing(mut facts in facts()) {
        let first = decided(&facts);
        foreign(&mut facts);
        prop_assert_eq!(decided(&facts), first);
    }

    #[test]
    fn the_same_facts_stored_and_read_again_give_the_same_decision(facts in facts()) {
        let decision = decided(&facts);
        let stored = serde_json::to_string(&facts).expect("facts are written");
        let again: Facts = serde_json::from_str(&stored).expect("facts read back");
        prop_assert!(decided(&again) == decision);
        let stored = serde_json::to_string(&decision).expect("a decision is written");
        prop_assert_eq!(serde_json::from_str::<Decision>(&stored).expect("a decision reads back"), decision);
    }

    #[test]
    fn every_yes_rests_on_a_consent_or_an_exemption(facts in facts()) {
        let decision = decided(&facts);
        let grounds = |finding: &Finding| finding.rule.code().starts_with(['B', 'D']) && !finding.facts.is_empty();
        prop_assert!(decision.effect == Effect::Deny || decision.findings.iter().any(grounds));
    }

    #[test]
    fn a_moment_to_try_again_is_allowed_and_the_one_before_is_not(facts in facts()) {
        if let Some(retry) = decided(&facts).retry_at {
            let mut later = facts.clone();
            (later.at, later.known_at) = (retry, retry);
            refresh(&mut later);
            let then = decided(&later);
            prop_assert!(then.findings.iter().all(|finding| {
                finding.effect != Outcome::Deny || !finding.rule.code().starts_with('F')
            }), "{:?}", then.primary);
            later.at = retry.plus_seconds(-1);
            prop_assert!(later.at < facts.at || decided(&later).effect == Effect::Deny);
        }
    }

    #[test]
    fn an_allow_still_holds_just_before_it_ends(facts in facts()) {
        let decision = decided(&facts);
        if let Some(until) = decision.valid_until {
            prop_assert!(until > facts.at && until <= facts.at.plus_seconds(30));
            let mut later = facts.clone();
            later.at = until.plus_seconds(-1).max(facts.at);
            prop_assert_eq!(decided(&later).effect, Effect::Allow);
        }
    }
}

#[test]
fn the_facts_tried_are_allowed_often_enough_to_say_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let tried = (0..300).map(|_| facts().new_tree(&mut runner).expect("facts").current());
    let allowed = tried.filter(|facts| decided(facts).effect == Effect::Allow).count();
    assert!(allowed > 30, "only {allowed} of 300");
}
