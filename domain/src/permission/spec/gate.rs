use super::*;

const DAY: i64 = 86_400;

#[test]
fn a1_a_number_nobody_can_have_is_refused() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.contact = None;
    denied(&facts, Rule::NumberInvalid);
}

#[test]
fn a2_a_line_nobody_may_call_or_that_nobody_looked_up_is_refused() {
    for prohibited in [Some(true), None] {
        let mut facts = call("+14152345678", TUESDAY);
        if let Some(line) = &mut facts.line {
            line.prohibited = prohibited;
        }
        denied(&facts, Rule::LineProhibited);
    }
}

#[test]
fn a3_whatever_is_stopped_stops_the_call() {
    let change: [fn(&mut Standing); 6] = [
        |standing| standing.stopped = Some(true),
        |standing| standing.stopped = None,
        |standing| standing.campaign_paused = Some(true),
        |standing| standing.campaign_paused = None,
        |standing| standing.seller_verified = Some(false),
        |standing| standing.seller_verified = None,
    ];
    for change in change {
        let mut facts = call("+14152345678", TUESDAY);
        change(&mut facts.standing);
        denied(&facts, Rule::TenantBlocked);
    }
}

#[test]
fn a3_texts_need_a_registered_campaign_and_texas_its_own_registration() {
    let mut facts = text("+14152345678", TUESDAY);
    facts.standing.registrations = vec!["10dlc".to_owned()];
    allowed(&facts);
    facts.standing.registrations.clear();
    denied(&facts, Rule::TenantBlocked);
    let mut facts = call("+15122345678", TUESDAY);
    allowed(&facts);
    facts.standing.registrations.clear();
    let decision = denied(&facts, Rule::TenantBlocked);
    assert_eq!(found(&decision, Rule::TenantBlocked).rows[0].as_ref(), "us-states/tx.registration");
}

#[test]
fn a3_health_data_needs_an_agreement() {
    for (agreement, allows) in [(Some(true), true), (Some(false), false), (None, false)] {
        let mut facts = call("+14152345678", TUESDAY);
        facts.purpose = Some(Purpose::Healthcare);
        let given = before(&facts, DAY);
        ledger(&mut facts).grants.push(plain(given));
        facts.standing.health_agreement = agreement;
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::TenantBlocked) });
    }
}

#[test]
fn a4_what_is_read_may_be_a_minute_behind() {
    for (lag, allows) in [(Some(60), true), (Some(61), false), (None, false)] {
        let mut facts = call("+14152345678", TUESDAY);
        facts.lag_seconds = lag;
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::DataStale) }, "{lag:?}");
    }
}

#[test]
fn a4_an_extract_of_the_national_list_lasts_31_days_to_the_second() {
    for (age, allows) in [(31 * DAY, true), (31 * DAY + 1, false)] {
        let mut facts = call("+14152345678", TUESDAY);
        let taken = before(&facts, age);
        if let Some(answer) = &mut facts.national_list {
            answer.as_of = taken;
        }
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::DataStale) });
    }
    let mut facts = call("+14152345678", TUESDAY);
    let taken = before(&facts, -1);
    if let Some(answer) = &mut facts.national_list {
        answer.as_of = taken;
    }
    denied(&facts, Rule::DataStale);
}

#[test]
fn a4_the_seller_needs_access_to_the_list_and_to_the_area_code() {
    for (seconds, area_codes, allows) in
        [(1, vec![], true), (0, vec![], false), (1, vec![415], true), (1, vec![416], false)]
    {
        let mut facts = call("+14152345678", TUESDAY);
        let until = before(&facts, -seconds);
        if let Some(access) = &mut facts.registry {
            access.valid_until = until;
            access.area_codes = area_codes;
        }
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::DataStale) });
    }
}

#[test]
fn a4_packs_are_used_on_their_days_only() {
    allowed(&call("+14152345678", "2026-11-02T18:00:00Z"));
    denied(&call("+14152345678", "2026-10-31T20:00:00Z"), Rule::DataStale);
    allowed(&call("+14152345678", "2027-10-31T20:00:00Z"));
    denied(&call("+14152345678", "2027-11-01T20:00:00Z"), Rule::DataStale);
}

#[test]
fn a4_lists_do_not_matter_to_what_sells_nothing() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Informational);
    let given = before(&facts, DAY);
    ledger(&mut facts).grants.push(plain(given));
    facts.registry = None;
    facts.national_list = None;
    facts.state_lists.clear();
    facts.campaign = None;
    allowed(&facts);
}

#[test]
fn a5_a_purpose_nobody_named_or_content_nobody_classified_is_refused() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = None;
    denied(&facts, Rule::UnclassifiedPurpose);
    facts.purpose = Some(Purpose::Informational);
    facts.content = None;
    denied(&facts, Rule::UnclassifiedPurpose);
}

#[test]
fn a5_content_that_sells_is_decided_on_as_marketing() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Informational);
    let given = before(&facts, DAY);
    ledger(&mut facts).grants = vec![plain(given)];
    allowed(&facts);
    facts.content = Some(Content::Marketing);
    denied(&facts, Rule::ConsentMissing);
}

#[test]
fn a6_a_phone_is_called_and_texted_and_nothing_else() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.channel = Channel::Email;
    facts.technology = None;
    denied(&facts, Rule::ContactChannelMismatch);
    let mut facts = call("+14152345678", TUESDAY);
    facts.technology = Some(Technology::Sms);
    denied(&facts, Rule::ContactChannelMismatch);
}

#[test]
fn a7_where_no_pack_holds_nobody_is_called() {
    denied(&call("+14162345678", TUESDAY), Rule::JurisdictionUncovered);
    denied(&call("+18762345678", TUESDAY), Rule::JurisdictionUncovered);
    allowed(&call("+17872345678", TUESDAY));
}

/// A fact taken away, and the rule that then denies.
type Forgotten = (fn(&mut Facts), Rule);

#[test]
fn what_nobody_knows_denies() {
    let forget: [Forgotten; 14] = [
        (|f| f.contact = None, Rule::NumberInvalid),
        (|f| f.line = None, Rule::LineProhibited),
        (|f| f.standing = Standing::default(), Rule::TenantBlocked),
        (|f| f.lag_seconds = None, Rule::DataStale),
        (|f| f.registry = None, Rule::DataStale),
        (|f| f.purpose = None, Rule::UnclassifiedPurpose),
        (|f| f.ledger = None, Rule::Revoked),
        (|f| f.internal_dnc = None, Rule::InternalDnc),
        (|f| f.suppressions = None, Rule::Suppressed),
        (|f| f.reassigned = None, Rule::Reassigned),
        (|f| f.national_list = None, Rule::DataStale),
        (|f| f.attempts = None, Rule::Frequency),
        (|f| f.campaign = None, Rule::AbandonRate),
        (|f| f.abilities.clear(), Rule::IdentifyCaller),
    ];
    for (forget, rule) in forget {
        let mut facts = call("+14152345678", TUESDAY);
        forget(&mut facts);
        denied(&facts, rule);
    }
    let mut facts = call("+15122345678", TUESDAY);
    facts.state_lists.clear();
    denied(&facts, Rule::StateDnc);
    let mut facts = call("+15042345678", TUESDAY);
    facts.emergencies = None;
    denied(&facts, Rule::StateHours);
}
