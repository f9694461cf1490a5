//! What the ledger adds to a decision. The rules themselves are specified where they are.

use super::*;
use crate::consent::{About, Attempted, BusinessKind, BusinessNoted, ReplyTo, Suppressed, SuppressionLifted};
use crate::permission::facts::SuppressionKind;
use crate::values::{Name, Source as Origin};

#[track_caller]
fn denied(history: impl IntoIterator<Item = ConsentEvent>, outside: Facts, rule: Rule) -> Decision {
    let decision = ask(history, outside);
    assert_eq!(decision.primary, Some(rule), "{:#?}", decision.findings);
    decision
}

#[track_caller]
fn allowed(history: impl IntoIterator<Item = ConsentEvent>, outside: Facts) -> Decision {
    let decision = ask(history, outside);
    assert_eq!(decision.primary, None, "{:#?}", decision.findings);
    decision
}

fn suppressed(kind: SuppressionKind, at: Timestamp) -> ConsentEvent {
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
}

fn attempted(call: u128, subject: &str, at: Timestamp) -> ConsentEvent {
    Attempted {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        contact: phone(),
        call_id: CallId(Uuid::from_u128(call)),
        about: About {
            seller: Name::try_new("Acme Realty").ok(),
            purpose: Some(Purpose::Marketing),
            subject: Some(Token::try_new(subject).expect("a subject")),
            ..About::unknown(Channel::Voice)
        },
        at,
    }
    .into()
}

#[test]
fn written_consent_allows_and_names_the_event_it_rests_on() {
    let decision = allowed([written(after(-DAY))], outside(morning()));
    let missing = decision.finding(Rule::ConsentMissing).expect("reported");
    assert_eq!(missing.facts, [FactId::Ledger(1)]);
    assert_eq!(decision.inputs.positions[0].version, 1);
    denied([], outside(morning()), Rule::ConsentMissing);
}

#[test]
fn a_withdrawal_a_listing_and_a_suppression_deny() {
    let yes = || written(after(-DAY));
    denied([yes(), stopped(after(-9))], outside(morning()), Rule::Revoked);
    denied([yes(), listed(after(-9))], outside(morning()), Rule::InternalDnc);
    allowed([yes(), listed(after(-9)), delisted(after(-8))], outside(morning()));
    for kind in [SuppressionKind::Litigator, SuppressionKind::WrongNumber, SuppressionKind::Erased] {
        denied([yes(), suppressed(kind, after(-9))], outside(morning()), Rule::Suppressed);
    }
    let lifted = SuppressionLifted {
        kind: SuppressionKind::WrongNumber,
        reason: because("read wrongly"),
        by: ADA,
        at: after(-8),
    };
    let wrong = suppressed(SuppressionKind::WrongNumber, after(-9));
    allowed([yes(), wrong, lifted.into()], outside(morning()));
}

#[test]
fn what_a_person_wished_away_only_a_new_act_of_their_own_brings_back() {
    let erased = suppressed(SuppressionKind::Erased, after(-9));
    let list = GrantConsent { method: GrantMethod::Import, ..form(ConsentLevel::Pewc, after(-5)) };
    denied([erased.clone(), noted(list)], outside(morning()), Rule::Suppressed);
    allowed([erased, written(after(-5))], outside(morning()));
}

#[test]
fn contacts_about_one_subject_are_counted() {
    let history = |subjects: [&str; 3]| {
        let contacts = (1_i64..).zip(subjects);
        let contacts =
            contacts.map(|(n, subject)| attempted(u128::try_from(n).unwrap_or(0), subject, after(-n * 60)));
        std::iter::once(written(after(-DAY))).chain(contacts).collect::<Vec<_>>()
    };
    let decision = denied(history(["listing 7"; 3]), outside(morning()), Rule::Frequency);
    assert_eq!(decision.retry_at, Some(after(DAY - 180)));
    let two = || history(["listing 7", "listing 7", "listing 8"]);
    denied(two(), outside(morning()), Rule::Frequency);
    let mut florida = in_florida(morning());
    florida.settings.attempts = Some(4);
    allowed(two(), florida.clone());
    denied(history(["listing 7"; 3]), florida, Rule::Frequency);
}

#[test]
fn business_lifts_the_national_list_for_who_dials_by_hand() {
    let noted = |kind, at| -> ConsentEvent {
        BusinessNoted {
            consent_id: LEDGER,
            organization_id: ORGANIZATION,
            contact: phone(),
            kind,
            source: Origin::try_new("crm").expect("a source"),
            recorded_at: after(-5),
            at,
        }
        .into()
    };
    let mut facts = outside(morning());
    facts.technology = Some(Technology::Manual);
    facts.national_list.iter_mut().for_each(|answer| answer.listed = true);
    denied([], facts.clone(), Rule::NationalDnc);
    allowed([noted(BusinessKind::Purchase, after(-300 * DAY))], facts.clone());
    denied([noted(BusinessKind::Inquiry, after(-300 * DAY))], facts.clone(), Rule::NationalDnc);
    let earlier = noted(BusinessKind::Inquiry, after(-300 * DAY));
    allowed([noted(BusinessKind::Inquiry, after(-DAY)), earlier], facts);
}

#[test]
fn a_disclosure_that_names_sellers_is_good_for_those() {
    let naming = |name: &str| {
        let sellers = vec![Name::try_new(name).expect("a name")];
        noted(GrantConsent { sellers, ..form(ConsentLevel::Pewc, after(-DAY)) })
    };
    allowed([naming("Acme Realty")], outside(morning()));
    denied([naming("Somebody Else")], outside(morning()), Rule::ConsentScope);
}

#[test]
fn stop_in_reply_to_a_promotion_leaves_reminders_on() {
    let reply_to = Some(ReplyTo { purpose: Some(Purpose::Marketing), topic: None, exempted: false });
    let history = || {
        let consent =
            GrantConsent { purposes: vec![Purpose::Informational], ..form(ConsentLevel::Pec, after(-DAY)) };
        let stop = RevokeConsent { reply_to: reply_to.clone(), ..stop(after(-9)) };
        [noted(consent), heard(stop)]
    };
    let mut facts = outside(morning());
    facts.purpose = Some(Purpose::Informational);
    allowed(history(), facts.clone());
    facts.settings.revoke_all = true;
    denied(history(), facts, Rule::Revoked);
}

#[test]
fn a_withdrawal_noted_by_a_clock_that_is_ahead_counts_at_once() {
    denied([written(after(-DAY)), stopped(after(30))], outside(morning()), Rule::Revoked);
}

#[test]
fn without_a_profile_nobody_is_contacted() {
    let mut facts = outside(morning());
    facts.standing = Standing::default();
    let decision = denied([written(after(-DAY))], facts, Rule::TenantBlocked);
    assert!(decision.findings.iter().any(|finding| finding.detail.contains("no compliance profile")));
}

#[test]
fn a_pack_nobody_approved_decides_nothing() {
    let mut facts = outside(morning());
    facts.standing.approved.iter_mut().for_each(|approved| approved.truncate(4));
    denied([written(after(-DAY))], facts, Rule::DataStale);
}
