//! The specification of the profile.

use uuid::Uuid;

use super::{
    ComplianceCommand, ComplianceEvent, ComplianceRefusal, Digest, PackApproved, Policy, Profile, ProfileSet,
    Resumed, Seller, SetProfile, Stopped, Terms,
};
use crate::aggregate::Decide;
use crate::ids::{TenantId, UserId};
use crate::permission::pack::PackName;
use crate::spec::{given, morning};
use crate::values::{Name, Reason, Token};

const ORGANIZATION: TenantId = TenantId(Uuid::from_u128(2));
const ADA: UserId = UserId(Uuid::from_u128(11));

fn terms() -> Terms {
    Terms {
        sellers: vec![Seller { name: name("Acme Realty"), verified: true, registrations: vec![] }],
        health_agreement: false,
        abilities: vec![],
        policy: Policy::default(),
        calls_need_permits: true,
        emergencies: Some(vec![]),
    }
}

fn name(raw: &str) -> Name {
    Name::try_new(raw).expect("a name")
}

fn reason() -> Reason {
    Reason::try_new("complaints").expect("a reason")
}

fn digest(digit: &str) -> Digest {
    Digest::try_new(&digit.repeat(64)).expect("a digest")
}

fn version() -> Token {
    Token::try_new("2026.11").expect("a version")
}

fn set(terms: Terms) -> ComplianceCommand {
    let packs = vec![(PackName::UsCore, version(), digest("a"))];
    ComplianceCommand::Set(SetProfile { organization_id: ORGANIZATION, terms, packs, by: ADA, at: morning() })
}

fn was_set(terms: Terms) -> ComplianceEvent {
    ProfileSet { organization_id: ORGANIZATION, terms, by: ADA, at: morning() }.into()
}

fn approve(digit: &str) -> ComplianceCommand {
    ComplianceCommand::ApprovePack {
        organization_id: ORGANIZATION,
        pack: PackName::UsCore,
        version: version(),
        sha256: digest(digit),
        by: ADA,
        at: morning(),
    }
}

fn approved(digit: &str) -> ComplianceEvent {
    PackApproved {
        organization_id: ORGANIZATION,
        pack: PackName::UsCore,
        version: version(),
        sha256: digest(digit),
        by: ADA,
        at: morning(),
    }
    .into()
}

fn stop() -> ComplianceCommand {
    ComplianceCommand::Stop { organization_id: ORGANIZATION, reason: reason(), by: ADA, at: morning() }
}

fn resume() -> ComplianceCommand {
    ComplianceCommand::Resume { organization_id: ORGANIZATION, reason: reason(), by: ADA, at: morning() }
}

fn stopped() -> ComplianceEvent {
    Stopped { organization_id: ORGANIZATION, reason: reason(), by: ADA, at: morning() }.into()
}

#[test]
fn the_first_profile_approves_the_packs_of_the_build_and_later_ones_do_not() {
    given::<Profile>([]).when(set(terms())).then([was_set(terms()), approved("a")]);
    let other = Terms { health_agreement: true, ..terms() };
    given::<Profile>([was_set(terms())]).when(set(other.clone())).then([was_set(other)]);
}

#[test]
fn setting_the_same_again_changes_nothing() {
    given::<Profile>([was_set(terms()), approved("a")]).when(set(terms())).then_nothing();
}

#[test]
fn a_profile_names_its_sellers_each_once() {
    given::<Profile>([])
        .when(set(Terms { sellers: vec![], ..terms() }))
        .then_refused(ComplianceRefusal::SellersMissing);
    let twice = [terms().sellers, terms().sellers].concat();
    given::<Profile>([])
        .when(set(Terms { sellers: twice, ..terms() }))
        .then_refused(ComplianceRefusal::SellerTwice);
}

#[test]
fn the_number_of_contacts_has_bounds() {
    for attempts in [0, 101] {
        let policy = Policy { attempts: Some(attempts), ..Policy::default() };
        given::<Profile>([])
            .when(set(Terms { policy, ..terms() }))
            .then_refused(ComplianceRefusal::AttemptsOutOfRange);
    }
}

#[test]
fn reaching_further_with_a_withdrawal_stays_on() {
    let further = Terms { policy: Policy { revoke_all: true, ..Policy::default() }, ..terms() };
    given::<Profile>([was_set(terms())]).when(set(further.clone())).then([was_set(further.clone())]);
    given::<Profile>([was_set(further)]).when(set(terms())).then_refused(ComplianceRefusal::RevokeAllStays);
}

#[test]
fn a_pack_is_approved_once() {
    given::<Profile>([]).when(approve("a")).then([approved("a")]);
    given::<Profile>([approved("a")]).when(approve("a")).then_nothing();
    given::<Profile>([approved("a")]).when(approve("b")).then([approved("b")]);
}

#[test]
fn old_approvals_go_and_the_latest_stay() {
    let digits = "0123456789abcdef";
    let of = |n: usize| {
        let digest = format!("{}{}", &digits[n / 16..=n / 16], &digits[n % 16..=n % 16]).repeat(32);
        let ComplianceEvent::PackApproved(event) = approved("a") else { unreachable!("it is one") };
        ComplianceEvent::from(PackApproved { sha256: Digest::try_new(&digest).expect("a digest"), ..event })
    };
    let mut profile = Profile::default();
    (0..25).for_each(|n| profile.evolve(&of(n)));
    assert_eq!(profile.packs.len(), Profile::APPROVALS);
    assert!(profile.packs.last().expect("some").sha256.as_str().starts_with("18"));
}

#[test]
fn contacts_stop_before_there_is_a_profile_and_go_on_when_somebody_says_so() {
    given::<Profile>([]).when(stop()).then([stopped()]);
    given::<Profile>([stopped()]).when(stop()).then_nothing();
    given::<Profile>([]).when(resume()).then_nothing();
    let resumed = Resumed { organization_id: ORGANIZATION, reason: reason(), by: ADA, at: morning() };
    given::<Profile>([stopped()]).when(resume()).then([resumed.into()]);
}

#[test]
fn calls_need_permits_until_somebody_says_otherwise() {
    assert!(Profile::default().calls_need_permits());
    let mut profile = Profile::default();
    profile.evolve(&was_set(Terms { calls_need_permits: false, ..terms() }));
    assert!(!profile.calls_need_permits());
}

#[test]
fn a_seller_nobody_named_is_the_first() {
    let mut profile = Profile::default();
    assert_eq!(profile.seller(None), None);
    let second = Seller { name: name("Acme Homes"), verified: false, registrations: vec![] };
    let sellers = [terms().sellers, vec![second]].concat();
    profile.evolve(&was_set(Terms { sellers, ..terms() }));
    let named = |wanted| profile.seller(wanted).map(|seller| seller.name.as_str());
    assert_eq!(named(None), Some("Acme Realty"));
    assert_eq!(named(Some("Acme Homes")), Some("Acme Homes"));
    assert_eq!(named(Some("Somebody Else")), None);
}
