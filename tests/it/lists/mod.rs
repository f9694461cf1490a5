//! Do-not-call lists: exact, dated, whole or absent, and nobody else's.

mod broken_off;
mod command_line;
mod dated;
mod exact;
mod scale;

use seiketsu::command::{Commands, Wish};
use seiketsu::lists::{self, Answers, ImportError, Imported, NewExtract, Numbers};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::list::{AreaCode, AreaCodes, Author, ListName, RecordAccess, San};
use seiketsu_domain::values::{Phone, Timestamp};

use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

pub const DAY: i64 = 86_400;

/// An organization with lists of its own.
pub struct Holder {
    pub tenant: TenantId,
    pub commands: Commands,
}

impl Holder {
    pub fn new(database: &TestDatabase) -> Self {
        Self { tenant: wishes::tenant(), commands: database.commands() }
    }

    pub fn wish(&self) -> Wish {
        wishes::of(self.tenant)
    }

    /// Records an access to the national registry that lasts.
    pub async fn may_take(&self, database: &TestDatabase, san: &str, area_codes: &[u16]) {
        let wish = self.wish();
        let access = RecordAccess {
            organization_id: self.tenant,
            list: ListName::National,
            san: San::try_new(san).unwrap(),
            area_codes: codes(area_codes),
            valid_until: wish.at.plus_seconds(300 * DAY),
            author: author(&wish),
            at: wish.at,
        };
        lists::record_access(&database.pools, &self.commands, &wish, access).await.unwrap();
    }

    pub async fn import(
        &self,
        database: &TestDatabase,
        extract: &NewExtract,
        numbers: &Numbers,
    ) -> Result<Imported, ImportError> {
        let wish = self.wish();
        lists::import_extract(&database.pools, &self.commands, &wish, extract, numbers, |_| {}).await
    }

    pub async fn look_up(&self, database: &TestDatabase, phone: &str, known_at: Timestamp) -> Answers {
        let mut read = database.pools.read_as(self.tenant).await.unwrap();
        lists::look_up(&mut read, self.tenant, &Phone::try_new(phone).unwrap(), known_at).await.unwrap()
    }

    /// Whether a number is on the list of Texas, by what is known now.
    pub async fn on_texas(&self, database: &TestDatabase, phone: &str) -> Option<bool> {
        on_texas(&self.look_up(database, phone, seiketsu::clock::now()).await)
    }
}

pub fn on_texas(answers: &Answers) -> Option<bool> {
    let texas = answers.states.iter().find(|of| of.state.code() == "TX");
    texas.map(|of| of.answer.listed)
}

pub fn author(wish: &Wish) -> Author {
    Author { by: wish.actor, operator: None }
}

pub fn codes(codes: &[u16]) -> AreaCodes {
    codes.iter().map(|code| AreaCode::try_new(*code).unwrap()).collect()
}

/// An extract of the list of Texas that shows this moment.
pub fn texas(as_of: Timestamp) -> NewExtract {
    NewExtract {
        list: "us-tx".parse().unwrap(),
        san: None,
        area_codes: AreaCodes::default(),
        as_of,
        accept_smaller: false,
        author: author(&wishes::of(wishes::tenant())),
    }
}

/// One of the national list.
pub fn national(as_of: Timestamp, san: &str, area_codes: &[u16]) -> NewExtract {
    let san = Some(San::try_new(san).unwrap());
    NewExtract { list: ListName::National, san, area_codes: codes(area_codes), ..texas(as_of) }
}

pub fn numbers(text: &str) -> Numbers {
    let (numbers, faults) = lists::read_numbers(text.as_bytes(), &AreaCodes::default(), |_| {}).unwrap();
    assert_eq!(faults.count, 0, "{faults:?}");
    numbers
}

pub fn days_ago(days: i64) -> Timestamp {
    seiketsu::clock::now().plus_seconds(-days * DAY)
}

pub async fn database() -> TestDatabase {
    database::create().await
}
