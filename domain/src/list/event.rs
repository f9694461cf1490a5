use serde::{Deserialize, Serialize};

use super::{AreaCodes, Digest, ListName, San};
use crate::event::Upcast;
use crate::ids::{TenantId, UserId};
use crate::values::{Name, Reason, Timestamp};

crate::events! {
    /// What can happen to a data set.
    pub enum ListEvent {
        /// It is known what the organization may take from the registry.
        AccessRecorded(AccessRecorded) = "list.access_recorded" v 1,
        /// An extract was taken over.
        ExtractImported(ExtractImported) = "list.extract_imported" v 1,
        /// An extract is used no more.
        ExtractRetired(ExtractRetired) = "list.extract_retired" v 1,
        /// Records were taken over, each of which is about one number.
        RecordsImported(RecordsImported) = "list.records_imported" v 1,
    }
}

impl Upcast for ListEvent {}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Author {
    /// Nil for somebody at the machine.
    pub by: UserId,
    /// Somebody at the machine, as far as can be told: `cli:ada`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Name>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRecorded {
    pub organization_id: TenantId,
    pub list: ListName,
    pub san: San,
    /// The area codes paid for; empty: all of them.
    pub area_codes: AreaCodes,
    pub valid_until: Timestamp,
    #[serde(flatten)]
    pub author: Author,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtractImported {
    pub organization_id: TenantId,
    pub list: ListName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub san: Option<San>,
    /// What it says something about; empty: all area codes.
    pub area_codes: AreaCodes,
    /// The moment it shows, as claimed by whoever imported it.
    pub as_of: Timestamp,
    /// Of its numbers: ten digits and a line feed each, in ascending order.
    pub sha256: Digest,
    pub count: u64,
    #[serde(flatten)]
    pub author: Author,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtractRetired {
    pub sha256: Digest,
    pub as_of: Timestamp,
    pub reason: Reason,
    #[serde(flatten)]
    pub author: Author,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordsImported {
    pub organization_id: TenantId,
    pub list: ListName,
    /// The moment they show: when the database was asked, or the lines were classified.
    pub as_of: Timestamp,
    /// Of the records in their written form, a line each, in ascending order.
    pub sha256: Digest,
    pub count: u64,
    #[serde(flatten)]
    pub author: Author,
    pub at: Timestamp,
}
