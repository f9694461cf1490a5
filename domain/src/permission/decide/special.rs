//! Group B: what goes past later rules, each where it is proven.

use super::case::Case;
use crate::permission::facts::{Attempt, Confirmation, FactId, Inbound, InboundKind, LineKind, Revocation};
use crate::permission::finding::Finding;
use crate::permission::rule::Rule;
use crate::values::{Channel, Purpose, Technology, Timestamp};

const DAY: i64 = 86_400;

/// Which of them hold.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passes {
    pub(super) emergency: bool,
    pub(super) confirmation: bool,
    pub(super) live_inbound: bool,
    pub(super) reply: bool,
    pub(super) healthcare: bool,
    pub(super) residential: bool,
}

impl Passes {
    pub(super) fn of(case: &Case<'_>) -> Self {
        Self {
            emergency: emergency(case).is_ok(),
            confirmation: confirmation(case).is_ok(),
            live_inbound: inbound(case).is_ok_and(|inbound| inbound.kind == InboundKind::LiveCall),
            reply: inbound(case).is_ok_and(|inbound| inbound.kind != InboundKind::LiveCall),
            healthcare: healthcare(case).is_ok(),
            residential: residential(case).is_ok(),
        }
    }

    /// The person turned to us.
    pub(super) fn inbound(self) -> bool {
        self.live_inbound || self.reply
    }

    /// Past hours.
    pub(super) fn hours(self) -> bool {
        self.emergency || self.confirmation || self.inbound()
    }

    /// No consent is needed.
    pub(super) fn consent(self) -> bool {
        self.emergency || self.inbound() || self.healthcare || self.residential
    }
}

/// Why one of them does not hold; `None` where nobody claims it.
type No = Option<&'static str>;

pub(super) fn findings(case: &Case<'_>) -> [Finding; 5] {
    let context = &case.facts.context;
    let emergency = told(Rule::Emergency, emergency(case), "an emergency, by somebody's word").about_all(
        context.emergency.as_ref().filter(|_| case.passes.emergency).map(|claim| &claim.source.fact),
    );
    let confirmation = told(
        Rule::OptOutConfirmation,
        confirmation(case),
        "the one text that confirms a withdrawal, in time",
    )
    .about_all(
        context.confirmation.as_ref().filter(|_| case.passes.confirmation).map(|claim| &claim.revocation),
    );
    let inbound = told(Rule::Inbound, inbound(case), "the person turned to us").about_all(
        context.inbound.as_ref().filter(|_| case.passes.inbound()).map(|claim| &claim.source.fact),
    );
    let healthcare =
        told(Rule::HealthcareExempt, healthcare(case), "a message on health, free to the person and rare")
            .about_all(case.passes.healthcare.then_some(&FactId::Request))
            .by_rows(case.book.healthcare.iter().map(|applied| &applied.row));
    let line = case.facts.line.as_ref().filter(|_| case.passes.residential);
    let residential =
        told(Rule::ResidentialInfoExempt, residential(case), "one of few calls that sell nothing")
            .about_all(line.map(|line| &line.source.fact))
            .by_rows(case.book.residential.iter().map(|applied| &applied.row));
    [emergency, confirmation, inbound, healthcare, residential]
}

fn told<T>(rule: Rule, answer: Result<T, No>, yes: &'static str) -> Finding {
    match answer {
        Ok(_) => Finding::allow(rule, yes),
        Err(None) => Finding::not_applicable(rule, "nobody says so"),
        Err(Some(why)) => Finding::not_applicable(rule, format!("not met: {why}")),
    }
}

fn emergency(case: &Case<'_>) -> Result<(), No> {
    if case.facts.purpose != Some(Purpose::Emergency) {
        return Err(None);
    }
    if case.purpose != Some(Purpose::Emergency) {
        return Err(Some("what is going to be said sells something"));
    }
    let claim = case.facts.context.emergency.as_ref().ok_or(Some("nobody vouches for it"))?;
    let vouched = case.facts.counts(&claim.source) && !claim.reason.trim().is_empty();
    if vouched { Ok(()) } else { Err(Some("nobody vouches for it")) }
}

fn confirmation(case: &Case<'_>) -> Result<(), No> {
    let claim = case.facts.context.confirmation.as_ref().ok_or(None)?;
    let revocation = revocation(case, claim).ok_or(Some("there is no such withdrawal"))?;
    if case.facts.channel != Channel::Sms {
        return Err(Some("a confirmation is a text"));
    }
    if case.solicits() {
        return Err(Some("a confirmation sells nothing"));
    }
    if claim.sent_before != Some(0) {
        return Err(Some("one was sent already, or nobody knows"));
    }
    let window = case.book.revocation.iter().map(|applied| applied.rule.confirmation_seconds).min();
    let elapsed = case.facts.at.millis_since(revocation.occurred_at);
    let in_time = window.is_some_and(|seconds| (0..=seconds * 1000).contains(&elapsed));
    if in_time { Ok(()) } else { Err(Some("too long after the withdrawal")) }
}

/// The last moment of the confirmation, where this is one.
pub(super) fn confirmation_until(case: &Case<'_>) -> Option<Timestamp> {
    let claim = case.facts.context.confirmation.as_ref().filter(|_| case.passes.confirmation)?;
    let seconds = case.book.revocation.iter().map(|applied| applied.rule.confirmation_seconds).min()?;
    Some(revocation(case, claim)?.occurred_at.plus_seconds(seconds))
}

fn revocation<'a>(case: &Case<'a>, claim: &Confirmation) -> Option<&'a Revocation> {
    let revocations = case.facts.ledger.iter().flat_map(|ledger| &ledger.revocations);
    revocations
        .filter(|revocation| case.facts.counts(&revocation.source))
        .find(|r| r.source.fact == claim.revocation)
}

fn inbound<'a>(case: &Case<'a>) -> Result<&'a Inbound, No> {
    let inbound = case.facts.context.inbound.as_ref().ok_or(None)?;
    if !case.facts.counts(&inbound.source) || inbound.at > case.facts.at {
        return Err(Some("the person has not turned to us yet"));
    }
    match (&inbound.kind, case.facts.channel) {
        (InboundKind::LiveCall, Channel::Voice) => Ok(inbound),
        (InboundKind::Message { answered_before, same_topic }, Channel::Sms | Channel::Email) => {
            if *answered_before != Some(0) {
                return Err(Some("it was answered already, or nobody knows"));
            }
            if *same_topic != Some(true) || case.solicits() {
                return Err(Some("the answer is on something else, or sells something"));
            }
            Ok(inbound)
        }
        _ => Err(Some("the person turned to us over another channel")),
    }
}

fn healthcare(case: &Case<'_>) -> Result<(), No> {
    if case.purpose != Some(Purpose::Healthcare) || !case.american_phone() {
        return Err(None);
    }
    let rule = &case.book.healthcare.first().ok_or(Some("no rule offers it"))?.rule;
    if !rule.available || !case.facts.settings.healthcare_exemption {
        return Err(Some("the exemption is turned off"));
    }
    if case.facts.context.free_to_end_user != Some(true) {
        return Err(Some("not free to the end user, or nobody knows"));
    }
    let today = messages(case, DAY, |purpose| purpose == Purpose::Healthcare)
        .ok_or(Some("earlier messages unknown"))?;
    let week = messages(case, 7 * DAY, |purpose| purpose == Purpose::Healthcare)
        .ok_or(Some("earlier messages unknown"))?;
    if today >= rule.per_day as usize {
        return Err(Some("daily quota used"));
    }
    if week >= rule.per_week as usize {
        return Err(Some("weekly quota used"));
    }
    Ok(())
}

fn residential(case: &Case<'_>) -> Result<(), No> {
    let artificial = matches!(case.means, Some(Technology::AiVoice | Technology::Prerecorded));
    let Some(applied) = case.book.residential.first() else { return Err(None) };
    let sells_nothing = case.purpose.is_some_and(|purpose| applied.rule.purposes.contains(&purpose));
    if !artificial || !sells_nothing || !case.american_phone() || case.facts.channel != Channel::Voice {
        return Err(None);
    }
    let line = case.facts.line.as_ref().filter(|line| case.facts.counts(&line.source));
    if line.and_then(|line| line.kind) != Some(LineKind::Residential) {
        return Err(Some("not a residential landline, or nobody knows"));
    }
    let seconds = i64::from(applied.rule.days) * DAY;
    let calls = messages(case, seconds, |purpose| purpose != Purpose::Marketing)
        .ok_or(Some("earlier calls unknown"))?;
    if calls < applied.rule.attempts as usize { Ok(()) } else { Err(Some("quota of the window used")) }
}

/// Earlier contacts of the seller in a rolling window, of such a purpose or of an unknown one.
fn messages(case: &Case<'_>, seconds: i64, wanted: impl Fn(Purpose) -> bool) -> Option<usize> {
    let attempts = case.facts.attempts.as_ref()?;
    let counted =
        |attempt: &&Attempt| is_recent(case, attempt, seconds) && attempt.purpose.is_none_or(&wanted);
    Some(attempts.iter().filter(counted).count())
}

/// Whether an attempt of the seller lies in the rolling window that ends with this one: one exactly as old as the window
/// is long no longer does.
pub(super) fn is_recent(case: &Case<'_>, attempt: &Attempt, seconds: i64) -> bool {
    let facts = case.facts;
    facts.counts(&attempt.source)
        && attempt.seller.as_ref().is_none_or(|seller| *seller == facts.seller)
        && facts.had_happened(attempt.at, &attempt.source)
        && facts.at.millis_since(attempt.at) < seconds * 1000
}
