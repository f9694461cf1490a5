use serde::{Deserialize, Serialize};

use super::{
    ComplianceCommand, ComplianceEvent, ComplianceRefusal, Digest, PackApproved, ProfileSet, Resumed, Seller,
    SetProfile, Stopped, Terms,
};
use crate::aggregate::Decide;
use crate::consent::Attempts;
use crate::ids::{TenantId, UserId};
use crate::permission::pack::PackName;
use crate::values::{Reason, Timestamp, Token};

/// The compliance profile of an organization, as decided on and as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    pub organization_id: TenantId,
    /// What was set last; `null` before anything was.
    pub terms: Option<Terms>,
    /// Why every contact is stopped; `null` while they go on.
    pub stopped: Option<Stop>,
    /// Rule packs somebody approved, of each name the latest twenty.
    pub packs: Vec<ApprovedPack>,
    pub version: i64,
}

/// Every contact is stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stop {
    pub reason: Reason,
    pub by: UserId,
    pub since: Timestamp,
}

/// A rule pack somebody approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovedPack {
    pub name: PackName,
    pub version: Token,
    pub sha256: Digest,
    pub by: UserId,
    pub at: Timestamp,
}

crate::aggregate!(Profile as "compliance", ComplianceCommand, ComplianceEvent, ComplianceRefusal);

type Decision = Result<Vec<ComplianceEvent>, ComplianceRefusal>;

impl Decide for Profile {
    const STATE_VERSION: i32 = 1;

    fn decide(&self, command: &ComplianceCommand) -> Decision {
        use ComplianceCommand as C;
        match command.clone() {
            C::Set(set) => self.set(set),
            C::ApprovePack { organization_id, pack, version, sha256, by, at } => {
                Ok(self.approve(PackApproved { organization_id, pack, version, sha256, by, at }))
            }
            C::Stop { organization_id, reason, by, at } if self.stopped.is_none() => {
                Ok(vec![Stopped { organization_id, reason, by, at }.into()])
            }
            C::Resume { organization_id, reason, by, at } if self.stopped.is_some() => {
                Ok(vec![Resumed { organization_id, reason, by, at }.into()])
            }
            C::Stop { .. } | C::Resume { .. } => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &ComplianceEvent) {
        use ComplianceEvent as E;
        self.version += 1;
        match event {
            E::ProfileSet(e) => {
                self.organization_id = e.organization_id;
                self.terms = Some(e.terms.clone());
            }
            E::PackApproved(e) => self.add(e),
            E::Stopped(e) => {
                self.organization_id = e.organization_id;
                self.stopped = Some(Stop { reason: e.reason.clone(), by: e.by, since: e.at });
            }
            E::Resumed(_) => self.stopped = None,
        }
    }

    fn pass_over(&mut self) {
        self.version += 1;
    }

    fn version(&self) -> i64 {
        self.version
    }
}

impl Profile {
    /// How many sellers a profile names at most.
    pub const SELLERS: usize = 20;
    /// How many registrations a seller has at most.
    pub const REGISTRATIONS: usize = 50;
    /// How many approvals of one pack are kept.
    pub(super) const APPROVALS: usize = 20;

    /// The seller of this name, or the first where none is named.
    #[must_use]
    pub fn seller(&self, name: Option<&str>) -> Option<&Seller> {
        let mut sellers = self.terms.as_ref()?.sellers.iter();
        match name {
            Some(name) => sellers.find(|seller| seller.name.as_str() == name),
            None => sellers.next(),
        }
    }

    /// Whether an outbound call starts only with a permit; without a profile it does.
    #[must_use]
    pub fn calls_need_permits(&self) -> bool {
        self.terms.as_ref().is_none_or(|terms| terms.calls_need_permits)
    }

    fn set(&self, set: SetProfile) -> Decision {
        let SetProfile { organization_id, terms, packs, by, at } = set;
        require_sellers(&terms.sellers)?;
        let in_range = |attempts: u32| (1..=Attempts::LIMIT).contains(&(attempts as usize));
        if !terms.policy.attempts.is_none_or(in_range) {
            return Err(ComplianceRefusal::AttemptsOutOfRange);
        }
        let before = self.terms.as_ref();
        if before.is_some_and(|before| before.policy.revoke_all) && !terms.policy.revoke_all {
            return Err(ComplianceRefusal::RevokeAllStays);
        }
        if before == Some(&terms) {
            return Ok(vec![]);
        }
        let first = before.is_none();
        let mut events = vec![ProfileSet { organization_id, terms, by, at }.into()];
        for (pack, version, sha256) in packs.into_iter().filter(|_| first) {
            events.extend(self.approve(PackApproved { organization_id, pack, version, sha256, by, at }));
        }
        Ok(events)
    }

    fn approve(&self, approved: PackApproved) -> Vec<ComplianceEvent> {
        let known = |pack: &ApprovedPack| pack.name == approved.pack && pack.sha256 == approved.sha256;
        if self.packs.iter().any(known) { vec![] } else { vec![approved.into()] }
    }

    fn add(&mut self, approved: &PackApproved) {
        self.organization_id = approved.organization_id;
        self.packs.push(ApprovedPack {
            name: approved.pack,
            version: approved.version.clone(),
            sha256: approved.sha256.clone(),
            by: approved.by,
            at: approved.at,
        });
        let of_this_name = |pack: &ApprovedPack| pack.name == approved.pack;
        if self.packs.iter().filter(|pack| of_this_name(pack)).count() > Self::APPROVALS
            && let Some(oldest) = self.packs.iter().position(of_this_name)
        {
            self.packs.remove(oldest);
        }
    }
}

fn require_sellers(sellers: &[Seller]) -> Result<(), ComplianceRefusal> {
    if sellers.is_empty() || sellers.len() > Profile::SELLERS {
        return Err(ComplianceRefusal::SellersMissing);
    }
    if sellers.iter().any(|seller| seller.registrations.len() > Profile::REGISTRATIONS) {
        return Err(ComplianceRefusal::RegistrationsTooMany);
    }
    let twice =
        |(index, seller): (usize, &Seller)| sellers[..index].iter().any(|other| other.name == seller.name);
    if sellers.iter().enumerate().any(twice) {
        return Err(ComplianceRefusal::SellerTwice);
    }
    Ok(())
}
