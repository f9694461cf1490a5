//! What holds for every history and question.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;
use crate::consent::ledger::drop_superseded;
use crate::consent::{Effect, Grant, Revocation, required_level};

const CHANNELS: [Channel; 3] = [Channel::Voice, Channel::Sms, Channel::Email];
const PURPOSES: [Purpose; 5] = [
    Purpose::Marketing,
    Purpose::Informational,
    Purpose::Transactional,
    Purpose::Healthcare,
    Purpose::Emergency,
];
const TECHNOLOGIES: [Technology; 4] =
    [Technology::AiVoice, Technology::Prerecorded, Technology::Manual, Technology::Sms];

fn channel() -> impl Strategy<Value = Channel> {
    proptest::sample::select(CHANNELS.to_vec())
}

/// Mostly marketing, so that histories and questions meet.
fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![3 => Just(Purpose::Marketing), 1 => proptest::sample::select(PURPOSES.to_vec())]
}

fn level() -> impl Strategy<Value = ConsentLevel> {
    prop_oneof![1 => Just(ConsentLevel::Pec), 1 => Just(ConsentLevel::OptIn), 3 => Just(ConsentLevel::Pewc)]
}

/// A time near the others, so that orders vary and instants coincide.
fn time() -> impl Strategy<Value = Timestamp> {
    (0..20_i64).prop_map(after)
}

fn grant() -> impl Strategy<Value = ConsentEvent> {
    let scope = (
        subsequence(CHANNELS.to_vec(), 1..=3),
        subsequence(PURPOSES.to_vec(), 1..=5),
        prop_oneof![Just(vec![]), subsequence(TECHNOLOGIES.to_vec(), 1..=4)],
    );
    let lasts = proptest::option::weighted(0.3, 1..20_i64);
    (scope, level(), time(), time(), lasts).prop_map(
        |((channels, purposes, technologies), level, occurred, captured, lasts)| {
            noted(GrantConsent {
                channels,
                purposes,
                technologies,
                evidence: evidence(captured),
                occurred_at: Some(occurred),
                expires_at: lasts.map(|seconds| occurred.plus_seconds(seconds)),
                ..form(level, after(20))
            })
        },
    )
}

fn revocation() -> impl Strategy<Value = ConsentEvent> {
    let scope = (subsequence(CHANNELS.to_vec(), 0..=3), subsequence(PURPOSES.to_vec(), 0..=5));
    (scope, time()).prop_map(|((channels, purposes), occurred)| {
        heard(RevokeConsent { channels, purposes, occurred_at: Some(occurred), ..stop(after(20)) })
    })
}

fn listing() -> impl Strategy<Value = ConsentEvent> {
    time().prop_map(listed)
}

fn histories() -> impl Strategy<Value = Vec<ConsentEvent>> {
    let event = prop_oneof![
        5 => grant(),
        2 => revocation(),
        1 => listing(),
        1 => time().prop_map(delisted),
    ];
    proptest::collection::vec(event, 0..12)
}

/// Mostly questions that make sense, so that some are answered with yes.
fn questions() -> impl Strategy<Value = Question> {
    let technology = proptest::option::weighted(0.3, proptest::sample::select(TECHNOLOGIES.to_vec()));
    let swapped = proptest::bool::weighted(0.1);
    (swapped, channel(), purpose(), technology, (0..30_i64).prop_map(after)).prop_map(
        |(swapped, channel, purpose, technology, moment)| {
            let contact = if swapped == (channel == Channel::Email) { phone() } else { mailbox() };
            Question { contact, channel, purpose, technology, moment }
        },
    )
}

fn is_allowed(ledger: &Consent, question: &Question) -> bool {
    decide_permission(ledger, question).effect == Effect::Allow
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_more_no_never_makes_a_yes(
        history in histories(),
        no in prop_oneof![revocation(), listing()],
        question in questions(),
    ) {
        let before = ledger(history);
        let mut now = before.clone();
        now.evolve(&no);
        prop_assert!(is_allowed(&before, &question) || !is_allowed(&now, &question));
    }

    #[test]
    fn one_grant_less_never_makes_a_yes(
        history in histories(),
        lost in any::<proptest::sample::Index>(),
        question in questions(),
    ) {
        let full = ledger(history);
        prop_assume!(!full.grants.is_empty());
        let mut less = full.clone();
        less.grants.remove(lost.index(full.grants.len()));
        prop_assert!(is_allowed(&full, &question) || !is_allowed(&less, &question));
    }

    #[test]
    fn a_yes_rests_on_a_fact_or_needs_none(history in histories(), question in questions()) {
        let ledger = ledger(history);
        let permission = decide_permission(&ledger, &question);
        let exempt = required_level(question.channel, question.purpose, question.means()).is_none();
        let grants: Vec<i64> = ledger.grants.iter().map(|grant| grant.sequence).collect();
        let facts = permission.reasons.iter().flat_map(|reason| &reason.facts);
        let rests_on_a_fact = facts.into_iter().any(|fact| grants.contains(fact));
        prop_assert!(permission.effect == Effect::Deny || exempt || rests_on_a_fact);
    }

    #[test]
    fn forgetting_superseded_facts_changes_no_answer(
        history in histories(),
        mut question in questions(),
    ) {
        question.moment = question.moment.max(after(20));
        let full = ledger(history);
        let mut folded = full.clone();
        drop_superseded(&mut folded.revocations, Revocation::supersedes);
        drop_superseded(&mut folded.grants, Grant::supersedes);
        prop_assert_eq!(is_allowed(&full, &question), is_allowed(&folded, &question));
    }

    #[test]
    fn the_order_of_record_does_not_change_what_is_permitted(
        history in histories(),
        question in questions(),
    ) {
        let listing = |event: &ConsentEvent| {
            matches!(event, ConsentEvent::DncListed(_) | ConsentEvent::DncDelisted(_))
        };
        let history: Vec<_> = history.into_iter().filter(|event| !listing(event)).collect();
        let rebuilt = Consent::as_of(history.iter().map(|event| (event, after(20))), None, None);
        let recorded = ledger(history.iter().cloned());
        prop_assert_eq!(is_allowed(&rebuilt, &question), is_allowed(&recorded, &question));
    }

    #[test]
    fn a_grant_nobody_made_is_not_seen(question in questions()) {
        let allowed = is_allowed(&Consent::default(), &question);
        let exempt = required_level(question.channel, question.purpose, question.means()).is_none();
        prop_assert!(exempt || !allowed);
    }
}
