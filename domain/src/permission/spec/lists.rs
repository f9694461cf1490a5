use super::*;
use crate::permission::pack::{Pack, SHIPPED};

fn ebr(number: &str, time: &str, purchase: Option<&str>, inquiry: Option<&str>) -> Facts {
    let mut facts = manual(number, time);
    list_nationally(&mut facts);
    let dated = |raw: &str| (source(event(30), at(raw)), at(raw));
    facts.business = Business { purchase: purchase.map(dated), inquiry: inquiry.map(dated) };
    facts
}

#[test]
fn e1_an_inquiry_counts_three_calendar_months_to_the_second() {
    allowed(&ebr("+14152345678", TUESDAY, None, Some("2026-08-24T18:00:01Z")));
    denied(&ebr("+14152345678", TUESDAY, None, Some("2026-08-24T18:00:00Z")), Rule::NationalDnc);
}

#[test]
fn e1_a_purchase_counts_eighteen_calendar_months_which_may_end_in_february() {
    allowed(&ebr("+14152345678", "2027-02-27T18:00:00Z", Some("2025-08-31T18:00:00Z"), None));
    denied(
        &ebr("+14152345678", "2027-02-28T18:00:00Z", Some("2025-08-31T18:00:00Z"), None),
        Rule::NationalDnc,
    );
}

#[test]
fn e1_in_a_leap_year_the_months_end_on_its_last_day_of_february() {
    let packs = SHIPPED.map(|(_, text)| text.replace("2027-10-31", "2029-10-31"));
    let packs = packs.iter().map(|text| Pack::parse(text).expect("valid")).collect();
    let packs = PackSet::try_new(packs).expect("complete");
    for (time, effect) in [("2028-02-29T17:59:59Z", Effect::Allow), ("2028-02-29T18:00:00Z", Effect::Deny)] {
        let mut facts = ebr("+14152345678", time, None, Some("2027-11-30T18:00:00Z"));
        facts.standing.approved = Some(packs.ids().iter().map(|pack| pack.sha256.clone()).collect());
        assert_eq!(decide(&packs, &facts).effect, effect, "{time}");
    }
}

#[test]
fn e1_business_of_another_organization_or_of_the_future_is_none() {
    let mut facts = ebr("+14152345678", TUESDAY, Some("2026-11-01T18:00:00Z"), None);
    if let Some((source, _)) = &mut facts.business.purchase {
        source.organization = TenantId(Uuid::from_u128(2));
    }
    denied(&facts, Rule::NationalDnc);
    denied(&ebr("+14152345678", TUESDAY, Some("2026-11-24T18:00:01Z"), None), Rule::NationalDnc);
}

#[test]
fn e1_an_allow_does_not_outlast_the_business() {
    let facts = ebr("+14152345678", TUESDAY, None, Some("2026-08-24T18:00:01Z"));
    assert_eq!(allowed(&facts).valid_until, Some(at("2026-11-24T18:00:01Z")));
}

#[test]
fn e2_the_list_of_texas_is_lifted_by_written_consent_only() {
    let listed = |mut facts: Facts| {
        for list in facts.state_lists.iter_mut().filter(|list| list.state == state("TX")) {
            list.answer.listed = true;
        }
        facts
    };
    allowed(&listed(call("+15122345678", TUESDAY)));
    let mut by_hand = listed(manual("+15122345678", TUESDAY));
    let bought = before(&by_hand, 86_400);
    by_hand.business.purchase = Some((source(event(30), bought), bought));
    denied(&by_hand, Rule::StateDnc);
    allowed(&listed(call("+14152345678", TUESDAY)));
}

#[test]
fn e2_an_old_extract_of_a_state_says_nothing() {
    for (age, allows) in [(31 * 86_400, true), (31 * 86_400 + 1, false)] {
        let mut facts = call("+15122345678", TUESDAY);
        let taken = before(&facts, age);
        for list in &mut facts.state_lists {
            list.answer.as_of = taken;
        }
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::StateDnc) });
    }
}

#[test]
fn e1_business_does_not_lift_the_national_list_for_texts_to_arizona() {
    for (number, lifts) in [("+15202345678", false), ("+14152345678", true)] {
        let mut facts = text(number, TUESDAY);
        list_nationally(&mut facts);
        let bought = before(&facts, 86_400);
        facts.business.purchase = Some((source(event(30), bought), bought));
        ledger(&mut facts).grants[0].has_disclosure = false;
        let decision = denied(&facts, Rule::EvidenceIncomplete);
        let expected = if lifts { Outcome::Allow } else { Outcome::Deny };
        assert_eq!(found(&decision, Rule::NationalDnc).effect, expected, "{number}");
    }
}
