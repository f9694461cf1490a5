use serde::{Deserialize, Serialize};

use super::{
    AccessRecorded, AreaCodes, Digest, ExtractImported, ExtractRetired, ImportExtract, ImportRecords,
    ListCommand, ListEvent, ListName, ListRefusal, RecordAccess, RecordsImported, RetireExtract, San,
};
use crate::aggregate::{Decide, is_in_future};
use crate::ids::TenantId;
use crate::values::Timestamp;

/// What an organization may take from the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ListAccess))]
pub struct Access {
    pub san: San,
    /// Empty: all of them.
    pub area_codes: AreaCodes,
    pub valid_until: Timestamp,
}

/// An extract in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ListExtract))]
pub struct Extract {
    pub san: Option<San>,
    /// Empty: all of them.
    pub area_codes: AreaCodes,
    pub as_of: Timestamp,
    pub sha256: Digest,
    pub count: u64,
}

/// A data set, as decided on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    pub organization_id: TenantId,
    pub name: Option<ListName>,
    pub access: Option<Access>,
    /// In the order they came; without those that are retired.
    pub extracts: Vec<Extract>,
    /// The records taken over: the moments they show, and their digests.
    pub records: Vec<(Timestamp, Digest)>,
    pub version: i64,
}

crate::aggregate!(List as "list", ListCommand, ListEvent, ListRefusal);

type Decision = Result<Vec<ListEvent>, ListRefusal>;

impl Decide for List {
    const STATE_VERSION: i32 = 1;

    fn decide(&self, command: &ListCommand) -> Decision {
        match command {
            ListCommand::RecordAccess(wish) => self.record_access(wish),
            ListCommand::ImportExtract(wish) => self.import_extract(wish),
            ListCommand::RetireExtract(wish) => self.retire(wish),
            ListCommand::ImportRecords(wish) => self.import_records(wish),
        }
    }

    fn evolve(&mut self, event: &ListEvent) {
        self.version += 1;
        match event {
            ListEvent::AccessRecorded(e) => {
                self.begin(e.organization_id, e.list);
                let (san, area_codes) = (e.san.clone(), e.area_codes.clone());
                self.access = Some(Access { san, area_codes, valid_until: e.valid_until });
            }
            ListEvent::ExtractImported(e) => {
                self.begin(e.organization_id, e.list);
                self.extracts.push(Extract {
                    san: e.san.clone(),
                    area_codes: e.area_codes.clone(),
                    as_of: e.as_of,
                    sha256: e.sha256.clone(),
                    count: e.count,
                });
            }
            ListEvent::ExtractRetired(e) => {
                self.extracts.retain(|held| held.as_of != e.as_of || held.sha256 != e.sha256);
            }
            ListEvent::RecordsImported(e) => {
                self.begin(e.organization_id, e.list);
                self.records.push((e.as_of, e.sha256.clone()));
            }
        }
    }

    fn pass_over(&mut self) {
        self.version += 1;
    }

    fn version(&self) -> i64 {
        self.version
    }
}

impl List {
    fn begin(&mut self, organization: TenantId, name: ListName) {
        self.organization_id = organization;
        self.name = Some(name);
    }

    fn record_access(&self, wish: &RecordAccess) -> Decision {
        if wish.list != ListName::National {
            return Err(ListRefusal::NeedsNoAccess);
        }
        if wish.valid_until <= wish.at {
            return Err(ListRefusal::AccessOver);
        }
        let (san, area_codes) = (wish.san.clone(), wish.area_codes.clone());
        if self.access == Some(Access { san, area_codes, valid_until: wish.valid_until }) {
            return Ok(vec![]);
        }
        let recorded = AccessRecorded {
            organization_id: wish.organization_id,
            list: wish.list,
            san: wish.san.clone(),
            area_codes: wish.area_codes.clone(),
            valid_until: wish.valid_until,
            author: wish.author.clone(),
            at: wish.at,
        };
        Ok(vec![recorded.into()])
    }

    fn import_extract(&self, wish: &ImportExtract) -> Decision {
        if self.holds(wish) {
            return Ok(vec![]);
        }
        self.check_content(wish)?;
        self.check_access(wish)?;
        let imported = ExtractImported {
            organization_id: wish.organization_id,
            list: wish.list,
            san: wish.san.clone(),
            area_codes: wish.area_codes.clone(),
            as_of: wish.as_of,
            sha256: wish.sha256.clone(),
            count: wish.count,
            author: wish.author.clone(),
            at: wish.at,
        };
        Ok(vec![imported.into()])
    }

    fn holds(&self, wish: &ImportExtract) -> bool {
        self.extracts.iter().any(|held| {
            held.sha256 == wish.sha256
                && held.as_of == wish.as_of
                && held.san == wish.san
                && held.area_codes == wish.area_codes
        })
    }

    fn check_content(&self, wish: &ImportExtract) -> Result<(), ListRefusal> {
        if !wish.list.has_extracts() {
            return Err(ListRefusal::HasNoExtracts);
        }
        if wish.count == 0 {
            return Err(ListRefusal::Empty);
        }
        if is_in_future(wish.as_of, wish.at) {
            return Err(ListRefusal::AsOfInFuture);
        }
        if wish.as_of < wish.oldest {
            return Err(ListRefusal::TooOld);
        }
        let alike = self.extracts.iter().filter(|held| held.area_codes == wish.area_codes);
        let shrank = alike.max_by_key(|held| held.as_of).is_some_and(|before| wish.count < before.count / 2);
        if shrank && !wish.accept_smaller { Err(ListRefusal::Shrank) } else { Ok(()) }
    }

    fn check_access(&self, wish: &ImportExtract) -> Result<(), ListRefusal> {
        if wish.list != ListName::National {
            return Ok(());
        }
        let access = self.access.as_ref().filter(|access| Some(&access.san) == wish.san.as_ref());
        let access =
            access.filter(|access| wish.at < access.valid_until).ok_or(ListRefusal::AccessMissing)?;
        if access.area_codes.covers(&wish.area_codes) {
            Ok(())
        } else {
            Err(ListRefusal::AreaCodesNotCovered)
        }
    }

    fn retire(&self, wish: &RetireExtract) -> Decision {
        if !self.extracts.iter().any(|held| held.as_of == wish.as_of && held.sha256 == wish.sha256) {
            return Err(ListRefusal::ExtractNotFound);
        }
        let retired = ExtractRetired {
            sha256: wish.sha256.clone(),
            as_of: wish.as_of,
            reason: wish.reason.clone(),
            author: wish.author.clone(),
            at: wish.at,
        };
        Ok(vec![retired.into()])
    }

    fn import_records(&self, wish: &ImportRecords) -> Decision {
        if wish.list.has_extracts() {
            return Err(ListRefusal::HasNoRecords);
        }
        if wish.count == 0 {
            return Err(ListRefusal::Empty);
        }
        if is_in_future(wish.as_of, wish.at) {
            return Err(ListRefusal::AsOfInFuture);
        }
        if self.records.contains(&(wish.as_of, wish.sha256.clone())) {
            return Ok(vec![]);
        }
        let imported = RecordsImported {
            organization_id: wish.organization_id,
            list: wish.list,
            as_of: wish.as_of,
            sha256: wish.sha256.clone(),
            count: wish.count,
            author: wish.author.clone(),
            at: wish.at,
        };
        Ok(vec![imported.into()])
    }
}
