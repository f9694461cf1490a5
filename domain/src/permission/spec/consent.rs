use super::*;

const DAY: i64 = 86_400;

#[test]
fn d1_consent_covers_the_means_it_names() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].technologies = vec![Technology::AiVoice];
    allowed(&facts);
    ledger(&mut facts).grants[0].technologies = vec![Technology::Prerecorded];
    denied(&facts, Rule::ConsentMissing);
    ledger(&mut facts).grants[0].technologies = vec![];
    ledger(&mut facts).grants[0].channels = vec![Channel::Sms];
    denied(&facts, Rule::ConsentMissing);
}

#[test]
fn d1_a_call_dialled_by_hand_needs_none() {
    let decision = allowed(&manual("+14152345678", TUESDAY));
    let finding = found(&decision, Rule::ConsentMissing);
    assert_eq!((finding.effect, &finding.facts[..]), (Outcome::Allow, &[FactId::Request][..]));
}

#[test]
fn d1_connecticut_wants_written_consent_for_sales_calls_by_hand_too() {
    let mut facts = manual("+18602345678", TUESDAY);
    denied(&facts, Rule::ConsentMissing);
    let given = before(&facts, 90 * DAY);
    ledger(&mut facts).grants.push(written(given));
    allowed(&facts);
}

#[test]
fn d1_what_is_not_said_about_the_means_is_taken_to_be_the_strictest() {
    let mut facts = manual("+14152345678", TUESDAY);
    facts.technology = None;
    denied(&facts, Rule::ConsentMissing);
}

#[test]
fn d2_each_contact_needs_its_level() {
    for (level, purpose, allows) in [
        (ConsentLevel::OptIn, Purpose::Marketing, false),
        (ConsentLevel::Pewc, Purpose::Marketing, true),
        (ConsentLevel::Pec, Purpose::Informational, true),
        (ConsentLevel::Pec, Purpose::Transactional, true),
    ] {
        let mut facts = call("+14152345678", TUESDAY);
        facts.purpose = Some(purpose);
        ledger(&mut facts).grants[0].level = level;
        ledger(&mut facts).grants[0].purposes = vec![purpose];
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::ConsentLevel) });
    }
}

#[test]
fn d3_consent_begins_and_ends_to_the_second() {
    for (begins, ends, allows) in [(0, 1, true), (1, 2, false), (-10, 0, false), (-10, 1, true)] {
        let mut facts = call("+14152345678", TUESDAY);
        let grant = &mut ledger(&mut facts).grants[0];
        grant.given_at = at(TUESDAY).plus_seconds(begins);
        grant.expires_at = Some(at(TUESDAY).plus_seconds(ends));
        assert_eq!(
            decided(&facts).primary,
            if allows { None } else { Some(Rule::ConsentScope) },
            "{begins} {ends}"
        );
    }
}

#[test]
fn d3_consent_names_its_sellers() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].sellers = vec!["another".to_owned()];
    denied(&facts, Rule::ConsentScope);
    ledger(&mut facts).grants[0].sellers.push(SELLER.to_owned());
    allowed(&facts);
}

#[test]
fn d3_an_allow_does_not_outlast_the_consent() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].expires_at = Some(at(TUESDAY).plus_seconds(7));
    assert_eq!(allowed(&facts).valid_until, Some(at(TUESDAY).plus_seconds(7)));
}

#[test]
fn d4_written_consent_needs_a_signature() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].has_signature = false;
    let decision = denied(&facts, Rule::EvidenceIncomplete);
    assert!(found(&decision, Rule::EvidenceIncomplete).detail.contains("signature"));
}

#[test]
fn a_yes_rests_on_one_grant_and_not_on_several_that_lack_something_each() {
    let mut facts = call("+14152345678", TUESDAY);
    let given = before(&facts, 90 * DAY);
    let weak = Grant { level: ConsentLevel::Pec, ..written(given) };
    let expired = Grant { expires_at: Some(before(&facts, DAY)), ..written(given) };
    let unsigned = Grant { has_signature: false, ..written(given) };
    ledger(&mut facts).grants = vec![weak, expired, unsigned];
    denied(&facts, Rule::EvidenceIncomplete);
}

#[test]
fn d5_an_existing_european_customer_may_be_texted_and_not_called() {
    for (channel, technology, purpose, allows) in [
        (Channel::Sms, Technology::Sms, Purpose::Marketing, true),
        (Channel::Voice, Technology::AiVoice, Purpose::Marketing, false),
    ] {
        let mut facts = call("+493012345678", TUESDAY);
        no_consent(&mut facts);
        (facts.channel, facts.technology, facts.purpose) = (channel, Some(technology), Some(purpose));
        let bought = before(&facts, DAY);
        facts.business.purchase = Some((source(event(30), bought), bought));
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::EuOptIn) });
    }
}

#[test]
fn d5_a_mailbox_without_a_place_follows_both_laws() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.contact = serde_json::from_str(r#"{"email":"ada@example.com"}"#).expect("a contact");
    (facts.channel, facts.technology, facts.places) = (Channel::Email, None, Evidence::default());
    ledger(&mut facts).grants[0].level = ConsentLevel::OptIn;
    allowed(&facts);
    ledger(&mut facts).grants[0].level = ConsentLevel::Pec;
    let decision = denied(&facts, Rule::ConsentLevel);
    assert_eq!(found(&decision, Rule::EuOptIn).effect, Outcome::Deny);
}

#[test]
fn the_ledger_as_stored_becomes_facts() {
    use crate::consent::Consent;
    let state: Consent = serde_json::from_value(serde_json::json!({
        "id": Uuid::from_u128(9), "organizationId": Uuid::from_u128(1), "contact": {"phone": "+14152345678"},
        "grants": [{
            "id": Uuid::from_u128(8), "sequence": 4, "channels": ["voice"], "purposes": ["marketing"],
            "level": "pewc", "technologies": [], "method": "web_form",
            "evidence": {"disclosureId": "web-7", "url": "https://a.example", "capturedAt": "2026-08-26T18:00:00Z"},
            "leadId": null, "occurredAt": "2026-08-26T18:00:00Z", "recordedAt": "2026-08-26T18:00:00Z",
            "expiresAt": null
        }],
        "revocations": [], "internalDnc": null, "fence": 4, "version": 4
    }))
    .expect("a ledger");
    let mut facts = call("+14152345678", TUESDAY);
    facts = facts.with_ledger(&state);
    let decision = allowed(&facts);
    assert_eq!(decision.inputs.positions.len(), 1, "{:?}", decision.inputs.positions);
    assert_eq!(found(&decision, Rule::ConsentMissing).facts, [FactId::Ledger(4)]);
}
