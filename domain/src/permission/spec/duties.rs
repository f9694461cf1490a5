use super::*;

#[test]
fn whoever_cannot_do_what_is_asked_may_not_call() {
    for (obligation, rule) in [
        (Obligation::IdentifyCaller, Rule::IdentifyCaller),
        (Obligation::CallBackNumber, Rule::IdentifyCaller),
        (Obligation::AiDisclosure, Rule::AiDisclosure),
        (Obligation::OptOutMechanism, Rule::OptOutMechanism),
        (Obligation::PromptFirstAudio, Rule::FirstAudio),
        (Obligation::LetItRing, Rule::FirstAudio),
        (Obligation::AttestedCallerId, Rule::CallerId),
    ] {
        let mut facts = call("+14152345678", TUESDAY);
        allowed(&facts);
        facts.abilities.retain(|able| *able != obligation);
        let decision = denied(&facts, rule);
        assert!(found(&decision, rule).detail.starts_with("obligation unmet"), "{obligation:?}");
    }
}

#[test]
fn g7_texts_say_how_to_stop() {
    let mut facts = text("+14152345678", TUESDAY);
    assert_eq!(duties(&allowed(&facts)), [Obligation::IdentifyCaller, Obligation::StopHelpText]);
    facts.abilities.retain(|able| *able != Obligation::StopHelpText);
    denied(&facts, Rule::StopHelpText);
}

#[test]
fn g8_washington_wants_the_call_ended_within_ten_seconds() {
    let mut facts = call("+12062345678", TUESDAY);
    let decision = allowed(&facts);
    let due = decision.obligations.iter().find(|due| due.obligation == Obligation::HangUpOnRequest);
    assert_eq!(due.and_then(|due| due.within_seconds), Some(10));
    facts.abilities.retain(|able| *able != Obligation::HangUpOnRequest);
    denied(&facts, Rule::HangUpOnRequest);
    assert_eq!(
        found(&allowed(&call("+14152345678", TUESDAY)), Rule::HangUpOnRequest).effect,
        Outcome::NotApplicable
    );
}

#[test]
fn g9_health_data_goes_through_vendors_that_may_see_it() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Healthcare);
    let given = before(&facts, 86_400);
    ledger(&mut facts).grants.push(plain(given));
    assert!(duties(&allowed(&facts)).contains(&Obligation::ClinicalAiDisclaimer), "in California");
    facts.abilities.retain(|able| *able != Obligation::VendorGate);
    denied(&facts, Rule::VendorGate);
}

#[test]
fn g5_a_recording_is_announced_or_not_made() {
    let mut facts = call("+12122345678", TUESDAY);
    facts.context.caller_state = Some(state("NY"));
    let decision = allowed(&facts);
    assert!(duties(&decision).contains(&Obligation::RecordingNotice));
    assert!(found(&decision, Rule::RecordingNotice).detail.starts_with("one party"));
    for caller in [Some(state("CA")), None] {
        facts.context.caller_state = caller;
        assert!(
            found(&allowed(&facts), Rule::RecordingNotice).detail.starts_with("all parties"),
            "{caller:?}"
        );
    }
    facts.abilities.retain(|able| *able != Obligation::RecordingNotice);
    assert!(duties(&allowed(&facts)).contains(&Obligation::DoNotRecord));
    facts.context.recording = None;
    assert!(duties(&allowed(&facts)).contains(&Obligation::DoNotRecord));
}

#[test]
fn a_decision_names_what_it_was_made_from() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.positions = vec![crate::permission::facts::Position { stream: "consent".to_owned(), version: 4 }];
    let inputs = allowed(&facts).inputs;
    let packs: Vec<_> = inputs.packs.iter().map(ToString::to_string).collect();
    assert_eq!(
        packs,
        ["us-core@2026.11", "us-states@2026.11", "recording@2026.11", "ctia@2026.11", "eu@2026.11"]
    );
    assert!(inputs.packs.iter().all(|pack| pack.sha256.len() == 64));
    assert!(inputs.time_zones.starts_with("20"), "{}", inputs.time_zones);
    assert_eq!(inputs.places, "2026.11");
    assert!(inputs.snapshots.contains(&FactId::Snapshot("national-dnc".to_owned())));
    assert_eq!(inputs.positions, facts.positions);
}

#[test]
fn every_rule_is_reported_once_and_in_order() {
    for facts in
        [call("+14152345678", TUESDAY), text("+18002345678", TUESDAY), call("+493012345678", TUESDAY)]
    {
        let rules: Vec<_> = decided(&facts).findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, Rule::ALL);
    }
}
