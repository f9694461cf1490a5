use super::{AreaCodes, Author, Digest, ListName, San};
use crate::ids::TenantId;
use crate::values::{Reason, Timestamp};

/// What can be asked of a data set.
#[derive(Debug, Clone)]
pub enum ListCommand {
    /// Record what the organization may take from the registry.
    RecordAccess(RecordAccess),
    /// Take an extract over.
    ImportExtract(ImportExtract),
    /// Use an extract no more.
    RetireExtract(RetireExtract),
    /// Take records over, each of which is about one number.
    ImportRecords(ImportRecords),
}

/// See [`ListCommand::RecordAccess`].
#[derive(Debug, Clone)]
pub struct RecordAccess {
    pub organization_id: TenantId,
    pub list: ListName,
    pub san: San,
    /// The area codes paid for.
    pub area_codes: AreaCodes,
    pub valid_until: Timestamp,
    pub author: Author,
    pub at: Timestamp,
}

/// See [`ListCommand::ImportExtract`].
#[derive(Debug, Clone)]
pub struct ImportExtract {
    pub organization_id: TenantId,
    pub list: ListName,
    /// Under whose subscription it was taken. The national list needs one.
    pub san: Option<San>,
    /// What the extract says something about.
    pub area_codes: AreaCodes,
    /// The moment it shows.
    pub as_of: Timestamp,
    /// Of its numbers: ten digits and a line feed each, in ascending order.
    pub sha256: Digest,
    pub count: u64,
    /// What shows an earlier moment is of no use any more.
    pub oldest: Timestamp,
    /// Somebody vouches for it although it is less than half of the one before.
    pub accept_smaller: bool,
    pub author: Author,
    pub at: Timestamp,
}

/// See [`ListCommand::RetireExtract`].
#[derive(Debug, Clone)]
pub struct RetireExtract {
    pub sha256: Digest,
    pub as_of: Timestamp,
    pub reason: Reason,
    pub author: Author,
    pub at: Timestamp,
}

/// See [`ListCommand::ImportRecords`].
#[derive(Debug, Clone)]
pub struct ImportRecords {
    pub organization_id: TenantId,
    pub list: ListName,
    /// The moment they show.
    pub as_of: Timestamp,
    /// Of the records in their written form, a line each, in ascending order.
    pub sha256: Digest,
    pub count: u64,
    pub author: Author,
    pub at: Timestamp,
}
