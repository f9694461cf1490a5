use super::*;
use crate::aggregate::Refusal;
use crate::consent::ConsentRefusal;
use crate::spec::given;

fn grant(form: GrantConsent) -> ConsentCommand {
    ConsentCommand::Grant(form)
}

#[track_caller]
fn refused(form: GrantConsent, refusal: ConsentRefusal, pointer: &str) {
    given::<Consent>([]).when(grant(form)).then_refused(refusal);
    assert_eq!(refusal.pointer().as_deref(), Some(pointer));
}

#[test]
fn a_consent_is_noted_with_its_evidence() {
    given::<Consent>([]).when(grant(form(ConsentLevel::Pewc, morning()))).then([written(morning())]);
}

#[test]
fn it_occurred_when_the_person_agreed_and_was_recorded_when_we_learnt_of_it() {
    let form = GrantConsent { occurred_at: Some(after(-DAY)), ..form(ConsentLevel::Pec, morning()) };
    let ledger = ledger([noted(form)]);
    assert_eq!(ledger.grants[0].occurred_at, after(-DAY));
    assert_eq!(ledger.grants[0].recorded_at, morning());
}

#[test]
fn terms_are_kept_once_and_in_order() {
    let twice = GrantConsent {
        channels: vec![Channel::Sms, Channel::Voice, Channel::Sms],
        ..form(ConsentLevel::Pec, morning())
    };
    given::<Consent>([]).when(grant(twice)).then([noted(form(ConsentLevel::Pec, morning()))]);
}

#[test]
fn it_names_a_channel_and_a_purpose() {
    let pec = || form(ConsentLevel::Pec, morning());
    refused(GrantConsent { channels: vec![], ..pec() }, ConsentRefusal::ChannelsMissing, "/channels");
    refused(GrantConsent { purposes: vec![], ..pec() }, ConsentRefusal::PurposesMissing, "/purposes");
}

#[test]
fn it_shows_the_disclosure_unless_another_system_does() {
    let bare = |level, method| GrantConsent {
        method,
        evidence: Evidence { disclosure_id: None, ..evidence(morning()) },
        ..form(level, morning())
    };
    let pointer = "/evidence/disclosureText";
    let missing = ConsentRefusal::DisclosureMissing;
    refused(bare(ConsentLevel::Pec, GrantMethod::Voice), missing, pointer);
    refused(bare(ConsentLevel::Pewc, GrantMethod::Import), missing, pointer);
    let import = bare(ConsentLevel::Pec, GrantMethod::Import);
    given::<Consent>([]).when(grant(import.clone())).then([noted(import)]);
}

#[test]
fn written_consent_shows_a_signature() {
    let signed = |signature_ref| GrantConsent {
        method: GrantMethod::Paper,
        evidence: Evidence { url: None, signature_ref, ..evidence(morning()) },
        ..form(ConsentLevel::Pewc, morning())
    };
    refused(signed(None), ConsentRefusal::SignatureMissing, "/evidence");
    let scan = signed(Some(Token::try_new("scan-9").expect("a token")));
    given::<Consent>([]).when(grant(scan.clone())).then([noted(scan)]);
}

#[test]
fn it_was_not_given_in_the_future() {
    let pec = || form(ConsentLevel::Pec, morning());
    let early = GrantConsent { evidence: evidence(after(61)), ..pec() };
    refused(early, ConsentRefusal::CapturedInFuture, "/evidence/capturedAt");
    let early = GrantConsent { occurred_at: Some(after(61)), ..pec() };
    refused(early, ConsentRefusal::OccurredInFuture, "/occurredAt");
    let skewed = GrantConsent { occurred_at: Some(after(60)), evidence: evidence(after(60)), ..pec() };
    given::<Consent>([]).when(grant(skewed.clone())).then([noted(skewed)]);
}

#[test]
fn it_ends_after_it_began() {
    let ends = |expires_at| GrantConsent {
        occurred_at: Some(after(-DAY)),
        expires_at: Some(expires_at),
        ..form(ConsentLevel::Pec, morning())
    };
    refused(ends(after(-DAY)), ConsentRefusal::ExpiresTooEarly, "/expiresAt");
    given::<Consent>([]).when(grant(ends(after(-1)))).then([noted(ends(after(-1)))]);
}

#[test]
fn the_same_form_sent_twice_is_one_consent() {
    let again = GrantConsent {
        grant_id: GrantId(Uuid::from_u128(99)),
        evidence: evidence(morning()),
        ..form(ConsentLevel::Pewc, after(5))
    };
    given::<Consent>([written(morning())]).when(grant(again.clone())).then_nothing();
    given::<Consent>([written(morning()), stopped(after(1))]).when(grant(again)).then_nothing();
}

#[test]
fn consents_that_differ_stand_side_by_side() {
    let plain = noted(form(ConsentLevel::Pec, morning()));
    given::<Consent>([plain.clone()])
        .when(grant(form(ConsentLevel::Pewc, morning())))
        .then([written(morning())]);
    assert_eq!(ledger([plain, written(morning())]).grants.len(), 2);
}

#[test]
fn a_ledger_belongs_to_one_contact_point() {
    let other = GrantConsent { contact: mailbox(), ..form(ConsentLevel::Pec, after(1)) };
    given::<Consent>([written(morning())]).when(grant(other)).then_refused(ConsentRefusal::ContactMismatch);
}

#[test]
fn beyond_the_limit_superseded_consents_go_first_and_then_the_oldest() {
    let limit = i64::try_from(Consent::LISTED).expect("small");
    let lasting = (0..limit + 50).map(|n| written(after(n)));
    assert!(ledger(lasting).grants.len() <= Consent::LISTED);

    let ever_shorter =
        |n| GrantConsent { expires_at: Some(after(1_000_000 - n)), ..form(ConsentLevel::Pewc, after(n)) };
    let kept = ledger((0..limit + 50).map(|n| noted(ever_shorter(n)))).grants;
    assert_eq!((kept.len(), kept[0].occurred_at), (Consent::LISTED, after(50)));
}
