//! Whether somebody may be called at the hour of the run, reckoned by the same rule packs and places as the server's.

use chrono::{DateTime, Duration, Utc};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::permission::pack::shipped;
use seiketsu_domain::permission::rule::Rule;
use seiketsu_domain::permission::{Outcome, decide};
use seiketsu_domain::values::{Channel, Contact, Phone, Purpose, Timestamp};

use crate::lists::Answers;
use crate::permission::{Asked, outside_of};

/// Calling hours while a run lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    Open,
    Shut,
    /// They begin or end about now: nothing is certain.
    Turning,
}

/// The rules that may deny a call that was allowed at another hour.
pub const SHUT: &[&str] = &["QUIET_HOURS_FED", "STATE_HOURS"];

/// Minutes into the run that are looked at, and some before it, as clocks differ.
const LOOKED_AT: [i64; 8] = [-5, 0, 5, 10, 15, 20, 25, 30];

/// The calling hours of a number for what sells nothing.
#[must_use]
pub fn of(phone: &str, started: DateTime<Utc>) -> Hours {
    let open = LOOKED_AT.map(|minutes| is_open(phone, started + Duration::minutes(minutes)));
    match (open.contains(&true), open.contains(&false)) {
        (true, false) => Hours::Open,
        (false, true) => Hours::Shut,
        _ => Hours::Turning,
    }
}

fn is_open(phone: &str, at: DateTime<Utc>) -> bool {
    let (Ok(phone), Some(packs)) = (Phone::try_new(phone), shipped()) else { return false };
    let asked =
        Asked::plain(Contact::Phone(phone), Channel::Voice, Purpose::Informational, Timestamp::new(at));
    let facts = outside_of(TenantId::default(), &asked, &Default::default(), Answers::default());
    let decision = decide(packs, &facts);
    let shut = |rule| decision.finding(rule).is_none_or(|finding| finding.effect == Outcome::Deny);
    !shut(Rule::QuietHoursFed) && !shut(Rule::StateHours)
}

#[cfg(test)]
mod tests {
    use super::{Hours, of};

    #[test]
    fn new_york_is_open_at_noon_shut_at_night_and_turns_at_eight() {
        for (time, hours) in [
            ("2026-11-24T17:00:00Z", Hours::Open),
            ("2026-11-24T08:00:00Z", Hours::Shut),
            ("2026-11-24T12:50:00Z", Hours::Turning),
        ] {
            assert_eq!(of("+12125550100", time.parse().expect("a time")), hours, "{time}");
        }
    }
}
