//! What the ledger of a contact point adds to the facts gathered elsewhere.

use super::{
    Attempt, Business, FactId, Facts, Grant, Ledger, Listing, Position, ReplyTo, Revocation, Source,
    Suppression,
};
use crate::consent::{self, BusinessKind, Consent, GrantMethod};
use crate::values::{Name, Timestamp};

impl Facts {
    /// The facts with all that a ledger knows: grants, withdrawals, lists of ours, contacts made, business.
    ///
    /// Whatever the ledger holds was recorded before: where the clock that noted it ran ahead of the one that asks, it
    /// counts from the moment that is asked about on, rather than not at all. Of lists it keeps the latest entry, which
    /// so counts for a moment before it, too.
    #[must_use]
    pub fn with_ledger(mut self, ledger: &Consent) -> Self {
        let from = Reading { facts: &self, ledger };
        let consent = Ledger {
            grants: ledger.grants.iter().map(|grant| from.grant(grant)).collect(),
            revocations: ledger.revocations.iter().map(|revocation| from.revocation(revocation)).collect(),
        };
        let internal_dnc = ledger.internal_dnc.iter().map(|entry| from.listing(entry)).collect();
        let suppressions = ledger.suppressions.iter().map(|entry| from.suppression(entry)).collect();
        let attempts = ledger.attempts.all().iter().map(|attempt| from.attempt(attempt)).collect();
        let business = Business {
            purchase: from.business(BusinessKind::Purchase),
            inquiry: from.business(BusinessKind::Inquiry),
        };
        self.ledger = Some(consent);
        self.internal_dnc = Some(internal_dnc);
        self.suppressions = Some(suppressions);
        self.attempts = Some(attempts);
        self.business = business;
        self.positions.push(Position { stream: "consent".to_owned(), version: ledger.version });
        self
    }
}

struct Reading<'a> {
    facts: &'a Facts,
    ledger: &'a Consent,
}

impl Reading<'_> {
    fn source(&self, sequence: i64, recorded_at: Timestamp) -> Source {
        Source {
            fact: FactId::Ledger(sequence),
            organization: self.facts.organization,
            recorded_at: recorded_at.min(self.facts.known_at),
        }
    }

    fn grant(&self, grant: &consent::Grant) -> Grant {
        let named = grant.sellers.iter().map(Name::to_string).collect::<Vec<_>>();
        let presumed = self.facts.standing.presumed_seller.iter().cloned();
        Grant {
            source: self.source(grant.sequence, grant.recorded_at),
            channels: grant.channels.clone(),
            technologies: grant.technologies.clone(),
            purposes: grant.purposes.clone(),
            level: grant.level,
            sellers: if named.is_empty() { presumed.collect() } else { named },
            given_at: grant.occurred_at,
            captured_at: grant.evidence.captured_at,
            expires_at: grant.expires_at,
            has_disclosure: grant.evidence.has_disclosure(),
            has_signature: grant.evidence.has_signature(),
            affirmative: grant.method != GrantMethod::Import,
        }
    }

    fn revocation(&self, revocation: &consent::Revocation) -> Revocation {
        Revocation {
            source: self.source(revocation.sequence, revocation.recorded_at),
            channels: revocation.channels.clone(),
            purposes: revocation.purposes.clone(),
            seller: None,
            reply_to: revocation.reply_to.as_ref().map(|reply| ReplyTo {
                purpose: reply.purpose,
                topic: reply.topic.as_ref().map(ToString::to_string),
                exempted: reply.exempted,
            }),
            occurred_at: revocation.occurred_at,
            understood_by: None,
        }
    }

    fn listing(&self, entry: &consent::InternalDnc) -> Listing {
        let since = entry.since.min(self.facts.at);
        Listing { source: self.source(entry.sequence, entry.since), seller: None, since }
    }

    fn suppression(&self, entry: &consent::Suppression) -> Suppression {
        let source = self.source(entry.sequence, entry.recorded_at);
        Suppression { source, kind: entry.kind, since: entry.since.min(self.facts.at) }
    }

    fn attempt(&self, attempt: &consent::Attempt) -> Attempt {
        let about = &attempt.about;
        Attempt {
            source: self.source(attempt.sequence, attempt.at),
            seller: about.seller.as_ref().map(ToString::to_string),
            at: attempt.at,
            channel: about.channel,
            technology: about.technology,
            purpose: about.purpose,
            subject: about.subject.as_ref().map(ToString::to_string),
        }
    }

    fn business(&self, kind: BusinessKind) -> Option<(Source, Timestamp)> {
        let known = self.ledger.business.iter().find(|known| known.kind == kind)?;
        Some((self.source(known.sequence, known.recorded_at), known.occurred_at))
    }
}
