use super::*;
use crate::permission::facts::Attempt;

const DAY: i64 = 86_400;

/// `None`: allowed.
#[track_caller]
fn asked(number: &str, time: &str, expected: Option<Rule>) {
    assert_eq!(decided(&call(number, time)).primary, expected, "{number} at {time}");
}

#[test]
fn f1_the_day_begins_at_eight_and_ends_before_nine_to_the_second() {
    asked("+12122345678", "2026-11-24T12:59:59Z", Some(Rule::QuietHoursFed));
    asked("+12122345678", "2026-11-24T13:00:00Z", None);
    asked("+12122345678", "2026-11-25T01:59:59Z", None);
    asked("+12122345678", "2026-11-25T02:00:00Z", Some(Rule::QuietHoursFed));
}

#[test]
fn f1_follows_the_clocks_when_they_change() {
    // New York goes to summer time on 14 March and back on 7 November 2027; Phoenix never does.
    asked("+12122345678", "2027-03-13T12:30:00Z", Some(Rule::QuietHoursFed));
    asked("+12122345678", "2027-03-14T12:00:00Z", None);
    asked("+12122345678", "2027-10-31T12:00:00Z", None);
    asked("+14802345678", "2027-03-13T15:00:00Z", None);
    asked("+14802345678", "2027-03-14T14:59:59Z", Some(Rule::QuietHoursFed));
}

#[test]
fn f1_holds_for_what_sells_nothing_too_and_f2_does_not() {
    let mut facts = call("+13052345678", "2026-11-25T01:30:00Z");
    facts.purpose = Some(Purpose::Informational);
    let given = before(&facts, DAY);
    ledger(&mut facts).grants.push(plain(given));
    let decision = allowed(&facts);
    assert_eq!(found(&decision, Rule::StateHours).effect, Outcome::NotApplicable);
    facts.at = at("2026-11-25T02:00:00Z");
    facts.known_at = facts.at;
    denied(&facts, Rule::QuietHoursFed);
}

#[test]
fn f2_texas_sleeps_in_on_sundays() {
    asked("+15122345678", "2026-11-29T17:59:59Z", Some(Rule::StateHours));
    asked("+15122345678", "2026-11-29T18:00:00Z", None);
    asked("+15122345678", "2026-11-28T15:00:00Z", None);
}

#[test]
fn f2_each_state_has_its_own_window() {
    for (number, closed, open) in [
        ("+14052345678", "2026-11-25T02:00:00Z", "2026-11-25T01:59:59Z"),
        ("+13012345678", "2026-11-25T01:00:00Z", "2026-11-25T00:59:59Z"),
        ("+12062345678", "2026-11-25T04:00:00Z", "2026-11-25T03:59:59Z"),
        ("+15032345678", "2026-11-25T04:00:00Z", "2026-11-25T03:59:59Z"),
        ("+15022345678", "2026-11-24T14:59:59Z", "2026-11-24T15:00:00Z"),
        ("+17022345678", "2026-11-24T16:59:59Z", "2026-11-24T17:00:00Z"),
        ("+16172345678", "2026-11-25T01:00:00Z", "2026-11-25T00:59:59Z"),
        ("+16122345678", "2026-11-24T14:59:59Z", "2026-11-24T15:00:00Z"),
        ("+15052345678", "2026-11-24T15:59:59Z", "2026-11-24T16:00:00Z"),
        ("+13132345678", "2026-11-24T13:59:59Z", "2026-11-24T14:00:00Z"),
        ("+14012345678", "2026-11-24T23:00:00Z", "2026-11-24T22:59:59Z"),
        ("+12052345678", "2026-11-25T02:00:00Z", "2026-11-25T01:59:59Z"),
    ] {
        asked(number, closed, Some(Rule::StateHours));
        asked(number, open, None);
    }
}

#[test]
fn f2_no_sundays_and_no_holidays_where_a_state_has_none() {
    let noon_in_alabama = |day: &str| format!("{day}T18:00:00Z");
    for (day, allows) in [
        ("2026-11-28", true),
        ("2026-11-29", false),
        ("2026-11-26", false),
        ("2026-12-25", false),
        ("2027-02-09", false),
        ("2027-02-10", true),
        ("2027-07-05", false),
        ("2027-07-06", true),
    ] {
        asked("+12052345678", &noon_in_alabama(day), if allows { None } else { Some(Rule::StateHours) });
    }
    asked("+18012345678", "2027-07-24T18:00:00Z", Some(Rule::StateHours));
    asked("+18012345678", "2027-07-22T18:00:00Z", None);
}

#[test]
fn f2_nobody_is_solicited_while_an_emergency_is_declared() {
    let mut facts = call("+15042345678", TUESDAY);
    allowed(&facts);
    facts.emergencies = Some(StateSet::EMPTY.with(state("TX")));
    allowed(&facts);
    facts.emergencies = Some(StateSet::EMPTY.with(state("LA")));
    let decision = denied(&facts, Rule::StateHours);
    assert_eq!(decision.retry_at, None, "nobody knows when it ends");
}

#[test]
fn a_declared_address_decides_and_a_presumption_by_area_code_stays() {
    let mut facts = call("+12122345678", "2026-11-25T03:30:00Z");
    denied(&facts, Rule::QuietHoursFed);
    facts.places.declared = Some(lives_in(&["CA"]));
    allowed(&facts);
    let mut facts = call("+13052345678", "2026-11-25T03:30:00Z");
    facts.places.declared = Some(lives_in(&["CA"]));
    denied(&facts, Rule::StateHours);
}

#[test]
fn an_address_abroad_adds_a_law_and_takes_none_away() {
    let mut facts = call("+12122345678", "2026-11-25T03:30:00Z");
    let germany = Country::try_new("DE").expect("a country");
    facts.places.declared =
        Some(Candidates { country: Some(germany), states: StateSet::EMPTY, zones: vec![] });
    let decision = denied(&facts, Rule::QuietHoursFed);
    assert_eq!(found(&decision, Rule::EuOptIn).effect, Outcome::Allow);
    no_consent(&mut facts);
    let decision = denied(&facts, Rule::ConsentMissing);
    assert_eq!(found(&decision, Rule::EuOptIn).effect, Outcome::Deny);
}

#[test]
fn a_number_of_nowhere_must_suit_every_place() {
    // 18:30 on a Monday in Honolulu is 14:30 on Tuesday in Guam and night in New York.
    asked("+18002345678", "2026-11-24T04:30:00Z", Some(Rule::QuietHoursFed));
    asked("+18002345678", "2026-11-24T18:00:00Z", Some(Rule::QuietHoursFed));
    asked("+18002345678", "2026-11-24T22:30:00Z", None);
}

#[test]
fn the_moment_to_try_again_is_the_first_that_suits_every_rule() {
    for (number, time, retry) in [
        // Over Thanksgiving in Alabama, from Wednesday night to Friday morning.
        ("+12052345678", "2026-11-26T03:00:00Z", Some("2026-11-27T14:00:00Z")),
        // Over the Sunday, too.
        ("+12052345678", "2026-11-29T02:30:00Z", Some("2026-11-30T14:00:00Z")),
        // Over the night in which clocks go forward.
        ("+12122345678", "2027-03-14T02:30:00Z", Some("2027-03-14T12:00:00Z")),
        // No hour helps against packs that are too old.
        ("+12122345678", "2027-11-07T03:30:00Z", None),
    ] {
        assert_eq!(decided(&call(number, time)).retry_at, retry.map(at), "{number} at {time}");
    }
}

#[test]
fn there_is_no_moment_to_try_again_where_time_does_not_help() {
    let mut facts = call("+13052345678", "2026-11-25T01:30:00Z");
    no_consent(&mut facts);
    assert_eq!(decided(&facts).retry_at, None);
    let mut facts = call("+13052345678", TUESDAY);
    facts.settings.attempts = Some(0);
    assert_eq!(denied(&facts, Rule::Frequency).retry_at, None);
}

#[test]
fn an_allow_ends_with_the_hours_and_lasts_thirty_seconds_at_most() {
    let decision = allowed(&call("+12122345678", "2026-11-25T01:59:50Z"));
    assert_eq!(decision.valid_until, Some(at("2026-11-25T02:00:00Z")));
    let decision = allowed(&call("+12122345678", TUESDAY));
    assert_eq!(decision.valid_until, Some(at("2026-11-24T18:00:30Z")));
    let before_the_change = allowed(&call("+18082345678", "2027-01-31T04:59:50Z"));
    assert_eq!(before_the_change.valid_until, Some(at("2027-01-31T05:00:00Z")));
}

fn attempts(facts: &Facts, ages: &[i64], subject: Option<&str>) -> Option<Vec<Attempt>> {
    let one = |(age, number): (&i64, u128)| Attempt {
        source: source(event(number), before(facts, *age)),
        seller: Some(SELLER.to_owned()),
        at: before(facts, *age),
        channel: Channel::Sms,
        technology: None,
        purpose: Some(Purpose::Marketing),
        subject: subject.map(str::to_owned),
    };
    Some(ages.iter().zip(60..).map(one).collect())
}

#[test]
fn f3_an_attempt_counts_for_a_day_to_the_second() {
    for (oldest, allows) in [(DAY, true), (DAY - 1, false)] {
        let mut facts = call("+13052345678", TUESDAY);
        facts.attempts = attempts(&facts, &[oldest, 60, 30], Some("listing 7"));
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::Frequency) });
    }
}

#[test]
fn f3_a_state_counts_by_subject_and_an_organization_may_not_loosen_it() {
    let mut facts = call("+13052345678", TUESDAY);
    facts.settings.attempts = Some(10);
    facts.attempts = attempts(&facts, &[90, 60, 30], Some("listing 7"));
    denied(&facts, Rule::Frequency);
    facts.attempts = attempts(&facts, &[90, 60, 30], None);
    denied(&facts, Rule::Frequency);
    facts.attempts = attempts(&facts, &[90, 60, 30], Some("listing 8"));
    allowed(&facts);
    facts.settings.attempts = Some(3);
    denied(&facts, Rule::Frequency);
}

#[test]
fn f3_attempts_of_another_seller_or_organization_do_not_count() {
    let mut facts = call("+13052345678", TUESDAY);
    facts.attempts = attempts(&facts, &[90, 60, 30], None);
    facts.attempts.iter_mut().flatten().for_each(|attempt| attempt.seller = Some("another".to_owned()));
    allowed(&facts);
    facts.attempts.iter_mut().flatten().for_each(|attempt| attempt.seller = None);
    denied(&facts, Rule::Frequency);
    let foreign = TenantId(Uuid::from_u128(2));
    facts.attempts.iter_mut().flatten().for_each(|attempt| attempt.source.organization = foreign);
    allowed(&facts);
}

#[test]
fn f4_three_in_a_hundred_stop_a_campaign_and_fewer_slow_it() {
    for (abandoned, answered, effect, slow) in [
        (0, 0, Outcome::Allow, false),
        (1, 0, Outcome::Deny, false),
        (24, 1000, Outcome::Allow, false),
        (25, 1000, Outcome::Allow, true),
        (29, 1000, Outcome::Allow, true),
        (30, 1000, Outcome::Deny, false),
        (u64::MAX, u64::MAX, Outcome::Deny, false),
    ] {
        let mut facts = call("+14152345678", TUESDAY);
        facts.campaign = Some(Campaign { source: source(event(12), at(TUESDAY)), answered, abandoned });
        let decision = decided(&facts);
        assert_eq!(found(&decision, Rule::AbandonRate).effect, effect, "{abandoned} of {answered}");
        assert_eq!(duties(&decision).contains(&Obligation::ThrottleCampaign), slow);
    }
}
