//! What holds for every history and question.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;
use crate::consent::Suppressed;
use crate::consent::ledger::drop_superseded;
use crate::consent::{About, Attempt, Attempts, Grant, RedeemPermit, Revocation};
use crate::permission::facts::SuppressionKind;

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
fn questions() -> impl Strategy<Value = Facts> {
    let technology = proptest::option::weighted(0.3, proptest::sample::select(TECHNOLOGIES.to_vec()));
    let swapped = proptest::bool::weighted(0.1);
    (swapped, channel(), purpose(), technology, (0..30_i64).prop_map(after)).prop_map(
        |(swapped, channel, purpose, technology, moment)| {
            let contact = if swapped == (channel == Channel::Email) { phone() } else { mailbox() };
            let (contact, purpose) = (Some(contact), Some(purpose));
            Facts {
                contact,
                channel,
                purpose,
                technology,
                at: moment,
                known_at: after(30),
                ..outside(moment)
            }
        },
    )
}

fn suppression() -> impl Strategy<Value = ConsentEvent> {
    let kinds = vec![SuppressionKind::Litigator, SuppressionKind::WrongNumber, SuppressionKind::Erased];
    (proptest::sample::select(kinds), time()).prop_map(|(kind, at)| {
        Suppressed {
            consent_id: LEDGER,
            organization_id: ORGANIZATION,
            contact: phone(),
            kind,
            reason: because("said so"),
            by: ADA,
            recorded_at: at,
            at,
        }
        .into()
    })
}

fn decided(ledger: &Consent, question: &Facts) -> Decision {
    decide(shipped().expect("valid packs"), &question.clone().with_ledger(ledger))
}

fn is_allowed(ledger: &Consent, question: &Facts) -> bool {
    decided(ledger, question).effect == Effect::Allow
}

/// What dials and people do, at random.
#[derive(Debug, Clone)]
enum Step {
    Check {
        subject: u8,
    },
    /// Asks, and redeems at once.
    Call {
        subject: u8,
    },
    Redeem(proptest::sample::Index),
    /// Redeems the permit asked for last.
    Latest,
    Withdraw,
    Agree,
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..2_u8).prop_map(|subject| Step::Check { subject }),
        4 => (0..2_u8).prop_map(|subject| Step::Call { subject }),
        6 => any::<proptest::sample::Index>().prop_map(Step::Redeem),
        1 => Just(Step::Withdraw),
        2 => Just(Step::Agree),
        2 => prop_oneof![0..20_i64, 3600..20_000_i64].prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..60)
}

/// Plays the steps on one ledger, and notes every contact made with its subject.
fn play(steps: Vec<Step>) -> Vec<(Timestamp, u8)> {
    let mut ledger = ledger([written(after(-DAY))]);
    let (mut now, mut permits, mut contacts) = (morning(), Vec::new(), Vec::new());
    let mut withdrawn_at = 0;
    let steps = steps.into_iter().flat_map(|step| match step {
        Step::Call { subject } => vec![Step::Check { subject }, Step::Latest],
        step => vec![step],
    });
    for (number, step) in (100_u128..).zip(steps) {
        let command = match &step {
            Step::Wait(seconds) => {
                now = now.plus_seconds(*seconds);
                continue;
            }
            Step::Check { subject } => {
                let mut check =
                    CheckPermission { permit_id: PermitId(Uuid::from_u128(number)), ..check(now) };
                *check.outside = in_florida(now);
                check.outside.settings.attempts = Some(100);
                check.outside.subject = Some(format!("listing {subject}"));
                permits.push((check.permit_id, *subject, ledger.version));
                ConsentCommand::Check(check)
            }
            Step::Redeem(_) | Step::Latest if permits.is_empty() => continue,
            Step::Redeem(_) | Step::Latest => ConsentCommand::RedeemPermit(RedeemPermit {
                permit_id: match &step {
                    Step::Redeem(which) => permits[which.index(permits.len())].0,
                    _ => permits[permits.len() - 1].0,
                },
                call_id: CallId(Uuid::from_u128(number)),
                purpose: None,
                profile: 6,
                at: now,
            }),
            Step::Call { .. } => continue,
            Step::Withdraw => ConsentCommand::Revoke(stop(now)),
            Step::Agree => ConsentCommand::Grant(form(ConsentLevel::Pewc, now)),
        };
        let Ok(events) = ledger.decide(&command) else { continue };
        for event in events {
            ledger.evolve(&event);
            match &event {
                ConsentEvent::Revoked(_) => withdrawn_at = ledger.version,
                ConsentEvent::PermitRedeemed(used) => {
                    let (_, subject, asked_at) =
                        *permits.iter().find(|(id, ..)| *id == used.permit_id).expect("a permit given");
                    assert!(asked_at >= withdrawn_at, "used a permit from before a withdrawal");
                    contacts.push((now, subject));
                }
                _ => {}
            }
        }
    }
    contacts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_more_no_never_makes_a_yes(
        history in histories(),
        no in prop_oneof![revocation(), listing(), suppression()],
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
    fn a_yes_rests_on_a_grant_or_needs_none(history in histories(), question in questions()) {
        let decision = decided(&ledger(history), &question);
        let of_consent = decision.finding(Rule::ConsentMissing).expect("reported");
        let exempt = matches!(question.purpose, Some(Purpose::Emergency)) || question.means() == Some(Technology::Manual);
        prop_assert!(decision.effect == Effect::Deny || exempt || !of_consent.facts.is_empty());
    }

    #[test]
    fn no_interleaving_makes_more_than_three_contacts_about_one_subject_in_a_day(steps in steps()) {
        let contacts = play(steps);
        for (at, subject) in &contacts {
            let since = at.plus_seconds(-DAY);
            let within = contacts.iter().filter(|(other, about)| about == subject && *other > since && other <= at);
            prop_assert!(within.count() <= 3);
        }
    }

    #[test]
    fn forgetting_contacts_never_counts_too_few(
        contacts in proptest::collection::vec((0..40 * DAY, 0..4_u8), 0..500),
        days in 1..31_i64,
        wanted in 0..4_u8,
    ) {
        let of = |subject: u8| Token::try_new(&format!("listing {subject}")).ok();
        let mut times = contacts;
        times.sort_unstable();
        let mut kept = Attempts::default();
        for (sequence, (seconds, subject)) in (1_i64..).zip(&times) {
            let about = About { subject: of(*subject), ..About::unknown(Channel::Voice) };
            let call_id = CallId(Uuid::nil());
            kept.add(Attempt { sequence, call_id, about, at: after(*seconds) });
        }
        let since = after(times.last().map_or(0, |(last, _)| *last) - days * DAY);
        let real = times.iter().filter(|(at, subject)| after(*at) > since && *subject == wanted).count();
        let counted = kept.all().iter().filter(|known| {
            known.at > since && (known.about.subject.is_none() || known.about.subject == of(wanted))
        });
        prop_assert!(counted.count() >= real.min(Attempts::LIMIT));
        prop_assert!(kept.all().len() <= Attempts::KEPT + Attempts::LIMIT);
    }

    #[test]
    fn forgetting_superseded_facts_changes_no_answer(
        history in histories(),
        mut question in questions(),
    ) {
        question.at = question.at.max(after(20));
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
}

#[test]
fn the_steps_tried_make_contacts_often_enough_to_say_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let made = (0..200).map(|_| play(steps().new_tree(&mut runner).expect("steps").current()).len());
    let (all, most) = made.fold((0, 0), |(all, most), made| (all + made, most.max(made)));
    assert!(all > 200 && most > 3, "{all} contacts, {most} at most");
}
