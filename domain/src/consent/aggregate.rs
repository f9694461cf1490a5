use super::ledger::{Grant, Place, Revocation};
use super::{
    Attempted, Basis, Business, BusinessNoted, CallerState, CheckPermission, Checked, Consent,
    ConsentCommand, ConsentEvent, ConsentLevel, ConsentRefusal, DncDelisted, DncListed, GrantConsent,
    GrantMethod, Granted, IssuedPermit, NoteAttempt, NoteBusiness, PERMIT_SECONDS, PermitRedeemed,
    RedeemPermit, RevokeConsent, Revoked, SuppressContact, Suppressed, SuppressionLifted,
};
use crate::aggregate::{Decide, FUTURE_TOLERANCE_SECONDS, is_in_future};
use crate::ids::UserId;
use crate::permission::facts::{Facts, InboundKind, SuppressionKind};
use crate::permission::pack::{PackSet, shipped};
use crate::permission::{self, Effect};
use crate::values::{Channel, Contact, Reason, Timestamp};

crate::aggregate!(Consent as "consent", ConsentCommand, ConsentEvent, ConsentRefusal);

impl Decide for Consent {
    const STATE_VERSION: i32 = 3;

    fn decide(&self, command: &ConsentCommand) -> Result<Vec<ConsentEvent>, ConsentRefusal> {
        use ConsentCommand as C;
        match command {
            C::Grant(grant) => self.grant(grant),
            C::Revoke(revoke) => self.revoke(revoke),
            C::Check(check) => self.check(check),
            C::RedeemPermit(redeem) => self.redeem(redeem),
            C::NoteAttempt(attempt) => self.note_attempt(attempt),
            C::ListInternally { consent_id, organization_id, contact, reason, by, at } => self
                .list_internally(DncListed {
                    consent_id: *consent_id,
                    organization_id: *organization_id,
                    contact: contact.clone(),
                    reason: reason.clone(),
                    by: *by,
                    at: *at,
                }),
            C::Delist { reason, by, at } => self.delist(reason, *by, *at),
            C::Suppress(suppress) => self.suppress_contact(suppress),
            C::LiftSuppression { kind, reason, by, at } => self.lift(*kind, reason, *by, *at),
            C::NoteBusiness(business) => self.note(business),
        }
    }

    fn evolve(&mut self, event: &ConsentEvent) {
        self.apply(event, self.version + 1);
    }

    fn pass_over(&mut self) {
        self.version += 1;
    }

    fn version(&self) -> i64 {
        self.version
    }
}

type Decision = Result<Vec<ConsentEvent>, ConsentRefusal>;

impl Consent {
    fn grant(&self, grant: &GrantConsent) -> Decision {
        self.require_same(&grant.contact)?;
        let granted = granted(grant);
        if self.grants.iter().any(|known| is_same_grant(known, &granted, grant.occurred_at)) {
            return Ok(vec![]);
        }
        require_scope(grant)?;
        require_evidence(grant)?;
        require_times(grant, granted.at)?;
        Ok(vec![granted.into()])
    }

    fn revoke(&self, revoke: &RevokeConsent) -> Decision {
        self.require_same(&revoke.contact)?;
        let revoked = revoked(revoke);
        let told_before = |known: &Revocation| {
            is_same_revocation(known, &revoked) && !self.was_granted_since(known.place())
        };
        if self.revocations.iter().any(told_before) {
            return Ok(vec![]);
        }
        if is_in_future(revoked.at, revoke.at) {
            return Err(ConsentRefusal::OccurredInFuture);
        }
        Ok(vec![revoked.into()])
    }

    fn check(&self, check: &CheckPermission) -> Decision {
        self.require_same(&check.contact)?;
        let Some(packs) = shipped() else { return Err(ConsentRefusal::NoPacks) };
        let decision = permission::decide(packs, &check.outside.as_ref().clone().with_ledger(self));
        let permit = self.permit(packs, check, &decision);
        Ok(vec![answered(check, decision, permit, self.fence).into()])
    }

    /// A permit is for a contact made now, so besides the moment asked about the answer must be yes now; it ends with
    /// the first end of anything that rests on. Whoever is on the line already is answered without.
    fn permit(
        &self,
        packs: &PackSet,
        check: &CheckPermission,
        answer: &permission::Decision,
    ) -> Option<IssuedPermit> {
        let outside = &check.outside;
        let distance = outside.at.seconds_since(check.at).abs();
        let live =
            outside.context.inbound.as_ref().is_some_and(|inbound| inbound.kind == InboundKind::LiveCall);
        if answer.effect != Effect::Allow || distance > PERMIT_SECONDS || live {
            return None;
        }
        let until = if outside.at == check.at {
            answer.valid_until?
        } else {
            let now = Facts { at: check.at, known_at: check.at, ..outside.as_ref().clone() };
            permission::decide(packs, &now.with_ledger(self)).valid_until?
        };
        let expires_at = [Some(check.at.plus_seconds(PERMIT_SECONDS)), Some(until), answer.valid_until];
        let expires_at = expires_at.into_iter().flatten().min().filter(|end| *end > check.at)?;
        Some(IssuedPermit { id: check.permit_id, expires_at })
    }

    /// Using a permit is a contact made, and that voids every other permit of the contact point: permits given side by
    /// side were all counted on the contacts made before them.
    fn redeem(&self, redeem: &RedeemPermit) -> Decision {
        let RedeemPermit { permit_id, call_id, at, .. } = *redeem;
        let known = self.permits.iter().find(|permit| permit.id == permit_id);
        let permit = known.ok_or(ConsentRefusal::PermitUnknown)?;
        match permit.redeemed_by {
            Some(call) if call == call_id => return Ok(vec![]),
            Some(_) => return Err(ConsentRefusal::PermitRedeemed),
            None => {}
        }
        if permit.about.channel != Channel::Voice {
            return Err(ConsentRefusal::PermitForAnotherChannel);
        }
        if redeem.purpose.is_some_and(|purpose| Some(purpose) != permit.about.purpose) {
            return Err(ConsentRefusal::PermitForAnotherPurpose);
        }
        if at >= permit.expires_at {
            return Err(ConsentRefusal::PermitExpired);
        }
        if (permit.fence, permit.profile) != (self.fence, redeem.profile) {
            return Err(ConsentRefusal::FenceConflict);
        }
        Ok(vec![PermitRedeemed { permit_id, call_id, about: Some(permit.about.clone()), at }.into()])
    }

    fn note_attempt(&self, attempt: &NoteAttempt) -> Decision {
        self.require_same(&attempt.contact)?;
        if self.attempts.all().iter().any(|known| known.call_id == attempt.call_id) {
            return Ok(vec![]);
        }
        let NoteAttempt { consent_id, organization_id, call_id, at, .. } = *attempt;
        let (contact, about) = (attempt.contact.clone(), attempt.about.clone());
        Ok(vec![Attempted { consent_id, organization_id, contact, call_id, about, at }.into()])
    }

    fn suppress_contact(&self, suppress: &SuppressContact) -> Decision {
        self.require_same(&suppress.contact)?;
        let since = suppress.occurred_at.unwrap_or(suppress.at);
        if is_in_future(since, suppress.at) {
            return Err(ConsentRefusal::OccurredInFuture);
        }
        let known = self.suppressions.iter().find(|known| known.kind == suppress.kind);
        if known.is_some_and(|known| !known.kind.is_own_wish() || !self.was_granted_since(known.place())) {
            return Ok(vec![]);
        }
        let SuppressContact { consent_id, organization_id, kind, by, at, .. } = *suppress;
        let (contact, reason) = (suppress.contact.clone(), suppress.reason.clone());
        let event =
            Suppressed { consent_id, organization_id, contact, kind, reason, by, recorded_at: at, at: since };
        Ok(vec![event.into()])
    }

    fn lift(&self, kind: SuppressionKind, reason: &Reason, by: UserId, at: Timestamp) -> Decision {
        if self.version == 0 {
            return Err(ConsentRefusal::NotFound);
        }
        if !self.suppressions.iter().any(|known| known.kind == kind) {
            return Ok(vec![]);
        }
        if kind.is_own_wish() {
            return Err(ConsentRefusal::SuppressionStays);
        }
        Ok(vec![SuppressionLifted { kind, reason: reason.clone(), by, at }.into()])
    }

    fn note(&self, business: &NoteBusiness) -> Decision {
        self.require_same(&business.contact)?;
        if is_in_future(business.occurred_at, business.at) {
            return Err(ConsentRefusal::OccurredInFuture);
        }
        let newer =
            |known: &Business| known.kind == business.kind && known.occurred_at >= business.occurred_at;
        if self.business.iter().any(newer) {
            return Ok(vec![]);
        }
        let NoteBusiness { consent_id, organization_id, kind, occurred_at, at, .. } = *business;
        let (contact, source) = (business.contact.clone(), business.source.clone());
        let event = BusinessNoted {
            consent_id,
            organization_id,
            contact,
            kind,
            source,
            recorded_at: at,
            at: occurred_at,
        };
        Ok(vec![event.into()])
    }

    fn list_internally(&self, listing: DncListed) -> Decision {
        self.require_same(&listing.contact)?;
        let listed = self.internal_dnc.as_ref();
        if listed.is_some_and(|listed| !self.was_granted_since(listed.place())) {
            return Ok(vec![]);
        }
        Ok(vec![listing.into()])
    }

    fn delist(&self, reason: &Reason, by: UserId, at: Timestamp) -> Decision {
        if self.version == 0 {
            return Err(ConsentRefusal::NotFound);
        }
        if self.internal_dnc.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![DncDelisted { reason: reason.clone(), by, at }.into()])
    }

    fn require_same(&self, contact: &Contact) -> Result<(), ConsentRefusal> {
        match &self.contact {
            Some(own) if own.key() != contact.key() => Err(ConsentRefusal::ContactMismatch),
            _ => Ok(()),
        }
    }

    /// Whether a grant came after `place`, by occurrence or by record: then saying no once more is news.
    fn was_granted_since(&self, place: Place) -> bool {
        self.grants.iter().any(|grant| grant.given() > place || grant.sequence > place.1)
    }
}

fn require_scope(grant: &GrantConsent) -> Result<(), ConsentRefusal> {
    if grant.channels.is_empty() {
        return Err(ConsentRefusal::ChannelsMissing);
    }
    if grant.purposes.is_empty() {
        return Err(ConsentRefusal::PurposesMissing);
    }
    Ok(())
}

fn require_evidence(grant: &GrantConsent) -> Result<(), ConsentRefusal> {
    let written = grant.level == ConsentLevel::Pewc;
    if !grant.evidence.has_disclosure() && (written || grant.method != GrantMethod::Import) {
        return Err(ConsentRefusal::DisclosureMissing);
    }
    if written && !grant.evidence.has_signature() {
        return Err(ConsentRefusal::SignatureMissing);
    }
    Ok(())
}

fn require_times(grant: &GrantConsent, occurred_at: Timestamp) -> Result<(), ConsentRefusal> {
    if is_in_future(grant.evidence.captured_at, grant.at) {
        return Err(ConsentRefusal::CapturedInFuture);
    }
    if is_in_future(occurred_at, grant.at) {
        return Err(ConsentRefusal::OccurredInFuture);
    }
    if grant.expires_at.is_some_and(|end| end <= occurred_at) {
        return Err(ConsentRefusal::ExpiresTooEarly);
    }
    Ok(())
}

fn granted(grant: &GrantConsent) -> Granted {
    Granted {
        consent_id: grant.consent_id,
        organization_id: grant.organization_id,
        contact: grant.contact.clone(),
        grant_id: grant.grant_id,
        channels: in_order(&grant.channels),
        purposes: in_order(&grant.purposes),
        level: grant.level,
        technologies: in_order(&grant.technologies),
        sellers: grant.sellers.clone(),
        method: grant.method,
        evidence: grant.evidence.clone(),
        lead_id: grant.lead_id,
        expires_at: grant.expires_at,
        recorded_at: grant.at,
        at: grant.occurred_at.unwrap_or(grant.at),
    }
}

fn revoked(revoke: &RevokeConsent) -> Revoked {
    Revoked {
        consent_id: revoke.consent_id,
        organization_id: revoke.organization_id,
        contact: revoke.contact.clone(),
        channels: in_order(&revoke.channels),
        purposes: in_order(&revoke.purposes),
        method: revoke.method,
        verbatim: revoke.verbatim.clone(),
        reply_to: revoke.reply_to.clone(),
        recorded_at: revoke.at,
        at: revoke.occurred_at.unwrap_or(revoke.at),
    }
}

fn answered(
    check: &CheckPermission,
    decision: permission::Decision,
    permit: Option<IssuedPermit>,
    fence: i64,
) -> Checked {
    let outside = &check.outside;
    let caller_state = outside.context.caller_state.and_then(|state| CallerState::try_new(state.code()).ok());
    Checked {
        consent_id: check.consent_id,
        organization_id: check.organization_id,
        contact: check.contact.clone(),
        decision_id: check.decision_id,
        channel: outside.channel,
        purpose: outside.purpose,
        technology: outside.means(),
        moment: outside.at,
        caller_state,
        effect: decision.effect,
        primary: decision.primary,
        flagged: decision.flagged,
        policy_pack: decision.policy_pack(),
        reasons: decision.findings,
        obligations: decision.obligations,
        retry_at: decision.retry_at,
        valid_until: decision.valid_until,
        permit,
        basis: Some(Box::new(Basis {
            outside: outside.as_ref().clone(),
            location: decision.location,
            inputs: decision.inputs,
            profile: check.profile,
        })),
        fence,
        at: check.at,
    }
}

/// Whether it is one act sent in twice. The same evidence shows the same act, so a time nobody claimed does not differ.
fn is_same_grant(known: &Grant, new: &Granted, claimed: Option<Timestamp>) -> bool {
    claimed.is_none_or(|claimed| claimed == known.occurred_at)
        && (&known.evidence, known.method, known.level) == (&new.evidence, new.method, new.level)
        && (&known.channels, &known.purposes) == (&new.channels, &new.purposes)
        && (&known.technologies, &known.sellers, known.lead_id, known.expires_at)
            == (&new.technologies, &new.sellers, new.lead_id, new.expires_at)
}

/// Whether it is one act told twice, within what clocks may differ by. A later act is kept even if the words are the
/// same: a consent given in between may become known only later.
fn is_same_revocation(known: &Revocation, new: &Revoked) -> bool {
    (&known.channels, &known.purposes, known.method) == (&new.channels, &new.purposes, new.method)
        && (&known.verbatim, &known.reply_to) == (&new.verbatim, &new.reply_to)
        && known.occurred_at.seconds_since(new.at).abs() <= FUTURE_TOLERANCE_SECONDS
}

fn in_order<T: Copy + Ord>(terms: &[T]) -> Vec<T> {
    let mut terms = terms.to_vec();
    terms.sort_unstable();
    terms.dedup();
    terms
}
