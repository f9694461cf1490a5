//! The rules one by one. Each looks at the same case: the ledger narrowed down, step by step, to what bears on the
//! question.

use super::ledger::{Grant, InternalDnc, Place, Revocation};
use super::{Consent, ConsentLevel, Finding, FindingEffect, Question, Rule, required_level};
use crate::values::{Channel, Contact, Purpose, Timestamp};

/// A question and what the ledger has on it. Each list of grants is part of the one before, so that an answer of yes
/// rests on a single grant that meets every demand, not on several that meet one each.
pub(super) struct Case<'a> {
    question: &'a Question,
    need: Option<ConsentLevel>,
    listing: Option<&'a InternalDnc>,
    /// The latest revocation that covers the question.
    revocation: Option<&'a Revocation>,
    covering: Vec<&'a Grant>,
    sufficient: Vec<&'a Grant>,
    in_force: Vec<&'a Grant>,
    /// Those no revocation outweighs.
    standing: Vec<&'a Grant>,
}

impl<'a> Case<'a> {
    pub(super) fn new(state: &'a Consent, question: &'a Question) -> Self {
        let (channel, purpose, technology) = (question.channel, question.purpose, question.means());
        let need = required_level(channel, purpose, technology);
        let revocations = state.revocations.iter().filter(|revocation| revocation.covers(channel, purpose));
        let revocation = revocations.max_by_key(|revocation| revocation.place());
        let covering = keep(state.grants.iter(), |grant| grant.covers(channel, purpose, technology));
        let sufficient = keep(covering.iter().copied(), |grant| need.is_none_or(|need| grant.level >= need));
        let in_force = keep(sufficient.iter().copied(), |grant| grant.is_in_force(question.moment));
        let standing = keep(in_force.iter().copied(), |grant| {
            revocation.is_none_or(|revocation| grant.given() > revocation.place())
        });
        let listing = state.internal_dnc.as_ref();
        Self { question, need, listing, revocation, covering, sufficient, in_force, standing }
    }

    /// What each rule says, in their order.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = vec![
            self.revoked(),
            self.internal_dnc(),
            self.consent_missing(),
            self.consent_level(),
            self.consent_expired(),
        ];
        if self.question.purpose == Purpose::Emergency {
            findings.iter_mut().for_each(bypass);
            findings
                .insert(0, passes(Rule::Emergency, "an emergency goes past the rules on consent", vec![]));
        }
        findings.push(self.contact_channel_mismatch());
        findings
    }

    /// The beginning of the first grant that is yet to begin, where nothing else is in the way.
    pub(super) fn retry_at(&self, findings: &[Finding]) -> Option<Timestamp> {
        let mut failing = findings.iter().filter(|finding| finding.effect == FindingEffect::Deny);
        if failing.next()?.rule != Rule::ConsentExpired || failing.next().is_some() {
            return None;
        }
        let beginnings = self.sufficient.iter().map(|grant| grant.occurred_at);
        beginnings.filter(|beginning| *beginning > self.question.moment).min()
    }

    fn revoked(&self) -> Finding {
        let rule = Rule::Revoked;
        let Some(revocation) = self.revocation else {
            return passes(rule, "nothing that covers this was withdrawn", vec![]);
        };
        let facts = with(revocation.sequence, &self.standing);
        if self.standing.is_empty() {
            return fails(rule, "withdrawn, and no sufficient consent in force was given since", facts);
        }
        passes(rule, "withdrawn, but sufficient consent was given since", facts)
    }

    fn internal_dnc(&self) -> Finding {
        let rule = Rule::InternalDnc;
        let Some(listing) = self.listing else {
            return passes(rule, "not on the organization's do-not-call list", vec![]);
        };
        let lifting = self.standing_written_since(listing.place());
        let facts = with(listing.sequence, &lifting);
        if lifting.is_empty() {
            return fails(
                rule,
                "on the organization's do-not-call list, and no written consent since",
                facts,
            );
        }
        passes(rule, "on the organization's do-not-call list, but written consent was given since", facts)
    }

    fn consent_missing(&self) -> Finding {
        let rule = Rule::ConsentMissing;
        if self.need.is_none() {
            return passes(rule, "no consent is needed", vec![]);
        }
        if self.covering.is_empty() {
            return fails(rule, "no consent covers channel, purpose and technology", vec![]);
        }
        passes(rule, "consent covers channel, purpose and technology", sequences(&self.covering))
    }

    fn consent_level(&self) -> Finding {
        let rule = Rule::ConsentLevel;
        let (Some(need), Some(have)) = (self.need, self.covering.iter().map(|grant| grant.level).max())
        else {
            return passes(rule, "there is no level to compare", vec![]);
        };
        if have < need {
            let detail = format!("{} is needed, {} was given", words(need), words(have));
            return fails(rule, detail, sequences(&self.covering));
        }
        passes(rule, format!("{} is needed and was given", words(need)), sequences(&self.sufficient))
    }

    fn consent_expired(&self) -> Finding {
        let rule = Rule::ConsentExpired;
        if self.need.is_none() || self.sufficient.is_empty() {
            return passes(rule, "there is no term to compare", vec![]);
        }
        if self.in_force.is_empty() {
            let detail = "consent of the level needed has ended or not begun by then";
            return fails(rule, detail, sequences(&self.sufficient));
        }
        passes(rule, "consent is in force", sequences(&self.in_force))
    }

    fn contact_channel_mismatch(&self) -> Finding {
        let rule = Rule::ContactChannelMismatch;
        let reachable = matches!(
            (&self.question.contact, self.question.channel),
            (Contact::Phone(_), Channel::Voice | Channel::Sms) | (Contact::Email(_), Channel::Email)
        );
        if !reachable {
            return fails(rule, "this contact point is not reached over this channel", vec![]);
        }
        if !self.question.means_fit_channel() {
            return fails(rule, "this technology does not serve this channel", vec![]);
        }
        passes(rule, "the contact point is reached over this channel", vec![])
    }

    fn standing_written_since(&self, place: Place) -> Vec<&'a Grant> {
        keep(self.standing.iter().copied(), |grant| {
            grant.level == ConsentLevel::Pewc && grant.given() > place
        })
    }
}

fn keep<'a>(grants: impl Iterator<Item = &'a Grant>, wanted: impl Fn(&Grant) -> bool) -> Vec<&'a Grant> {
    grants.filter(|grant| wanted(grant)).collect()
}

fn sequences(grants: &[&Grant]) -> Vec<i64> {
    grants.iter().map(|grant| grant.sequence).collect()
}

fn with(first: i64, grants: &[&Grant]) -> Vec<i64> {
    std::iter::once(first).chain(sequences(grants)).collect()
}

fn words(level: ConsentLevel) -> &'static str {
    match level {
        ConsentLevel::Pec => "prior express consent",
        ConsentLevel::OptIn => "an opt-in",
        ConsentLevel::Pewc => "prior express written consent",
    }
}

fn bypass(finding: &mut Finding) {
    if finding.effect == FindingEffect::Deny {
        finding.effect = FindingEffect::Bypassed;
    }
}

fn passes(rule: Rule, detail: impl Into<String>, facts: Vec<i64>) -> Finding {
    Finding { rule, version: 1, effect: FindingEffect::Allow, detail: detail.into(), facts }
}

fn fails(rule: Rule, detail: impl Into<String>, facts: Vec<i64>) -> Finding {
    Finding { rule, version: 1, effect: FindingEffect::Deny, detail: detail.into(), facts }
}
