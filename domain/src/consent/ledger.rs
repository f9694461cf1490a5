use serde::{Deserialize, Serialize};

use super::{
    About, Attempt, Attempts, Business, Checked, ConsentEvent, ConsentLevel, DncListed, Evidence,
    GrantMethod, Granted, PermitRedeemed, ReplyTo, RevocationMethod, Revoked, Suppression,
};
use crate::ids::{CallId, ConsentId, GrantId, LeadId, PermitId, TenantId, UserId};
use crate::values::{Channel, Contact, Name, Note, Purpose, Reason, Technology, Timestamp, Token};

/// What is known about one contact point, as decided on and as shown.
///
/// Its size is bounded without forgetting a withdrawal. Up to [`Consent::LISTED`] grants and as many revocations are
/// kept as they came. Beyond that, those go that a later one of at least the same reach has made irrelevant; what is
/// left of revocations is at most one per scope, 256. Contacts made are bounded as [`Attempts`] says. Should more than [`Consent::LISTED`] grants differ in reach, the
/// oldest go, which can only deny. Nothing is lost to audit: [`Consent::as_of`] reads the events.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    pub id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Option<Contact>,
    pub grants: Vec<Grant>,
    pub revocations: Vec<Revocation>,
    pub internal_dnc: Option<InternalDnc>,
    /// Why nobody contacts the person; each reason once.
    #[serde(default)]
    pub suppressions: Vec<Suppression>,
    /// Business with the person; each kind once.
    #[serde(default)]
    pub business: Vec<Business>,
    /// Contacts of the last thirty days.
    #[serde(default)]
    pub attempts: Attempts,
    /// Permits that were valid when last looked at.
    #[serde(default)]
    pub permits: Vec<Permit>,
    /// The version at which anything but a check last changed what is permitted.
    pub fence: i64,
    pub version: i64,
}

/// A consent given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    pub id: GrantId,
    /// The event it comes from, by its place in the ledger.
    pub sequence: i64,
    pub channels: Vec<Channel>,
    pub purposes: Vec<Purpose>,
    pub level: ConsentLevel,
    /// Empty: by whatever means.
    pub technologies: Vec<Technology>,
    /// The sellers the disclosure named; empty: the organization.
    #[serde(default)]
    pub sellers: Vec<Name>,
    pub method: GrantMethod,
    pub evidence: Evidence,
    pub lead_id: Option<LeadId>,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// A consent withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revocation {
    /// The event it comes from, by its place in the ledger.
    pub sequence: i64,
    /// Empty: all of them.
    pub channels: Vec<Channel>,
    /// Empty: all of them.
    pub purposes: Vec<Purpose>,
    pub method: RevocationMethod,
    pub verbatim: Option<Note>,
    /// The message it answered, which says how far it reaches.
    #[serde(default)]
    pub reply_to: Option<ReplyTo>,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
}

/// The entry on the organization's own do-not-call list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InternalDnc {
    /// The event it comes from, by its place in the ledger.
    pub sequence: i64,
    pub reason: Reason,
    pub since: Timestamp,
    pub by: UserId,
}

/// A short-lived permission to make one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permit {
    pub id: PermitId,
    pub expires_at: Timestamp,
    /// The ledger's fence when it was given; it redeems only while they are the same.
    pub fence: i64,
    /// The version of the compliance profile it was given by; it redeems only while they are the same.
    pub profile: i64,
    /// The contact it is for.
    pub about: About,
    pub redeemed_by: Option<CallId>,
}

/// Where a fact stands in the order of occurrence; of two at one instant the one recorded later is the later.
pub(super) type Place = (Timestamp, i64);

impl Grant {
    /// When it was given, for the purpose of outweighing something else: not before it occurred by anybody's account,
    /// so evidence from before a revocation never outweighs it.
    pub(super) fn given(&self) -> Place {
        (self.occurred_at.min(self.evidence.captured_at), self.sequence)
    }

    /// Whether `older` permits nothing from now on that this does not.
    pub(super) fn supersedes(&self, older: &Self) -> bool {
        let lasts_as_long =
            self.expires_at.is_none_or(|end| older.expires_at.is_some_and(|older_end| older_end <= end));
        self.given() > older.given()
            && self.level >= older.level
            && lasts_as_long
            && older.channels.iter().all(|channel| self.channels.contains(channel))
            && older.purposes.iter().all(|purpose| self.purposes.contains(purpose))
            && reaches(&self.technologies, &older.technologies)
            && self.sellers == older.sellers
    }
}

impl Revocation {
    pub(super) fn place(&self) -> Place {
        (self.occurred_at, self.sequence)
    }

    pub(super) fn covers(&self, channel: Channel, purpose: Purpose) -> bool {
        (self.channels.is_empty() || self.channels.contains(&channel))
            && (self.purposes.is_empty() || self.purposes.contains(&purpose))
    }

    /// Whether `older` forbids nothing that this does not.
    pub(super) fn supersedes(&self, older: &Self) -> bool {
        self.place() > older.place()
            && reaches(&self.channels, &older.channels)
            && reaches(&self.purposes, &older.purposes)
            && self.reply_to == older.reply_to
    }
}

impl InternalDnc {
    pub(super) fn place(&self) -> Place {
        (self.since, self.sequence)
    }
}

impl Consent {
    /// How many grants and how many revocations are kept before superseded ones go.
    pub const LISTED: usize = 200;
    /// How many unexpired permits are kept; of more, the oldest no longer redeem.
    pub const PERMITS: usize = 200;

    /// Whether some grant still reaches something: a channel and purpose for which nothing was withdrawn since it was
    /// given. By occurrence, as decisions have it, not by when it was recorded; whether the grant has begun or ended
    /// depends on a moment and is not looked at.
    #[must_use]
    pub fn has_standing_grant(&self) -> bool {
        self.grants.iter().any(|grant| {
            let stands = |channel, purpose| {
                let covering =
                    self.revocations.iter().filter(|revocation| revocation.covers(channel, purpose));
                covering.map(Revocation::place).max().is_none_or(|withdrawn| grant.given() > withdrawn)
            };
            grant
                .channels
                .iter()
                .any(|channel| grant.purposes.iter().any(|purpose| stands(*channel, *purpose)))
        })
    }

    /// Applies the event at place `sequence` of the ledger, whatever was applied before.
    pub(super) fn apply(&mut self, event: &ConsentEvent, sequence: i64) {
        use ConsentEvent as E;
        self.version = self.version.max(sequence);
        if event.changes_permission() {
            self.fence = self.fence.max(sequence);
        }
        self.identify(event);
        self.permits.retain(|permit| event.learnt_at() < permit.expires_at);
        match event {
            E::Granted(e) => self.add_grant(e, sequence),
            E::Revoked(e) => self.add_revocation(e, sequence),
            E::Checked(e) => self.add_permit(e),
            E::PermitRedeemed(e) => self.use_permit(e, sequence),
            E::DncListed(e) => self.list(e, sequence),
            E::DncDelisted(_) => self.internal_dnc = None,
            E::Attempted(e) => {
                self.attempts.add(Attempt { sequence, call_id: e.call_id, about: e.about.clone(), at: e.at });
            }
            E::Suppressed(e) => self.suppress(Suppression::of(e, sequence)),
            E::SuppressionLifted(e) => self.suppressions.retain(|known| known.kind != e.kind),
            E::BusinessNoted(e) => self.note_business(Business::of(e, sequence)),
        }
    }

    /// Takes id, organization and contact from the first event that names them.
    pub(super) fn identify(&mut self, event: &ConsentEvent) {
        use ConsentEvent as E;
        if self.contact.is_some() {
            return;
        }
        let (id, organization_id, contact) = match event {
            E::Granted(e) => (e.consent_id, e.organization_id, &e.contact),
            E::Revoked(e) => (e.consent_id, e.organization_id, &e.contact),
            E::Checked(e) => (e.consent_id, e.organization_id, &e.contact),
            E::DncListed(e) => (e.consent_id, e.organization_id, &e.contact),
            E::Attempted(e) => (e.consent_id, e.organization_id, &e.contact),
            E::Suppressed(e) => (e.consent_id, e.organization_id, &e.contact),
            E::BusinessNoted(e) => (e.consent_id, e.organization_id, &e.contact),
            E::PermitRedeemed(_) | E::DncDelisted(_) | E::SuppressionLifted(_) => return,
        };
        self.id = id;
        self.organization_id = organization_id;
        self.contact = Some(contact.clone());
    }

    fn add_grant(&mut self, granted: &Granted, sequence: i64) {
        self.grants.push(Grant {
            id: granted.grant_id,
            sequence,
            channels: granted.channels.clone(),
            purposes: granted.purposes.clone(),
            level: granted.level,
            technologies: granted.technologies.clone(),
            sellers: granted.sellers.clone(),
            method: granted.method,
            evidence: granted.evidence.clone(),
            lead_id: granted.lead_id,
            occurred_at: granted.at,
            recorded_at: granted.recorded_at,
            expires_at: granted.expires_at,
        });
        if self.grants.len() > Self::LISTED {
            drop_superseded(&mut self.grants, Grant::supersedes);
        }
        if self.grants.len() > Self::LISTED {
            self.grants.remove(0);
        }
    }

    fn add_revocation(&mut self, revoked: &Revoked, sequence: i64) {
        self.revocations.push(Revocation {
            sequence,
            channels: revoked.channels.clone(),
            purposes: revoked.purposes.clone(),
            method: revoked.method,
            verbatim: revoked.verbatim.clone(),
            reply_to: revoked.reply_to.clone(),
            occurred_at: revoked.at,
            recorded_at: revoked.recorded_at,
        });
        if self.revocations.len() > Self::LISTED {
            drop_superseded(&mut self.revocations, Revocation::supersedes);
        }
    }

    /// Of two listings the later one counts, also where the clocks of two servers disagree on which that is.
    fn list(&mut self, listed: &DncListed, sequence: i64) {
        let new = InternalDnc { sequence, reason: listed.reason.clone(), since: listed.at, by: listed.by };
        if self.internal_dnc.as_ref().is_none_or(|known| known.place() < new.place()) {
            self.internal_dnc = Some(new);
        }
    }

    /// Of two reasons of one kind the later one counts, as of two listings.
    fn suppress(&mut self, new: Suppression) {
        match self.suppressions.iter_mut().find(|known| known.kind == new.kind) {
            Some(known) if known.place() < new.place() => *known = new,
            Some(_) => {}
            None => self.suppressions.push(new),
        }
    }

    fn note_business(&mut self, new: Business) {
        match self.business.iter_mut().find(|known| known.kind == new.kind) {
            Some(known) if known.occurred_at < new.occurred_at => *known = new,
            Some(_) => {}
            None => self.business.push(new),
        }
    }

    /// Using a permit is a contact made.
    fn use_permit(&mut self, redeemed: &PermitRedeemed, sequence: i64) {
        let permit = self.permits.iter_mut().find(|permit| permit.id == redeemed.permit_id);
        let known = permit.map(|permit| {
            permit.redeemed_by = Some(redeemed.call_id);
            permit.about.clone()
        });
        let about = redeemed.about.clone().or(known).unwrap_or_else(|| About::unknown(Channel::Voice));
        self.attempts.add(Attempt { sequence, call_id: redeemed.call_id, about, at: redeemed.at });
    }

    fn add_permit(&mut self, checked: &Checked) {
        let Some(permit) = checked.permit else { return };
        self.permits.push(Permit {
            id: permit.id,
            expires_at: permit.expires_at,
            fence: checked.fence,
            profile: checked.basis.as_ref().map_or(0, |basis| basis.profile),
            about: about(checked),
            redeemed_by: None,
        });
        if self.permits.len() > Self::PERMITS {
            self.permits.remove(0);
        }
    }
}

/// The contact a question was about. A seller or subject that is no value of ours is left out, and counts as any.
fn about(checked: &Checked) -> About {
    let outside = checked.basis.as_ref().map(|basis| &basis.outside);
    About {
        seller: outside.and_then(|facts| Name::try_new(&facts.seller).ok()),
        channel: checked.channel,
        technology: checked.technology,
        purpose: checked.purpose,
        subject: outside.and_then(|facts| Token::try_new(facts.subject.as_deref()?).ok()),
    }
}

/// Whether a scope includes another, where the empty one includes all.
fn reaches<T: PartialEq>(wide: &[T], narrow: &[T]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|item| wide.contains(item)))
}

/// Removes each item that another one supersedes.
pub(super) fn drop_superseded<T>(items: &mut Vec<T>, supersedes: impl Fn(&T, &T) -> bool) {
    let stays: Vec<bool> =
        items.iter().map(|item| !items.iter().any(|other| supersedes(other, item))).collect();
    let mut stays = stays.into_iter();
    items.retain(|_| stays.next().unwrap_or(true));
}
