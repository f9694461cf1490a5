use super::{
    AccessRecorded, AreaCode, AreaCodes, Author, Digest, ExtractImported, ExtractRetired, ImportExtract,
    ImportRecords, List, ListCommand, ListName, ListRefusal, RecordAccess, RecordsImported, RetireExtract,
    San,
};
use crate::ids::TenantId;
use crate::spec::{given, morning};
use crate::values::Reason;

const DAY: i64 = 86_400;

fn author() -> Author {
    Author { by: uuid::Uuid::from_u128(9).into(), operator: None }
}

fn san(raw: &str) -> San {
    San::try_new(raw).expect("a subscription")
}

fn codes(codes: &[u16]) -> AreaCodes {
    codes.iter().map(|code| AreaCode::try_new(*code).expect("an area code")).collect()
}

fn digest(byte: u8) -> Digest {
    Digest::of_bytes([byte; 32])
}

fn texas() -> ListName {
    ListName::try_new("us-tx").expect("a list")
}

fn access(area_codes: &[u16]) -> AccessRecorded {
    AccessRecorded {
        organization_id: TenantId::default(),
        list: ListName::National,
        san: san("1-2"),
        area_codes: codes(area_codes),
        valid_until: morning().plus_seconds(300 * DAY),
        author: author(),
        at: morning().plus_seconds(-DAY),
    }
}

fn wish() -> ImportExtract {
    ImportExtract {
        organization_id: TenantId::default(),
        list: ListName::National,
        san: Some(san("1-2")),
        area_codes: AreaCodes::default(),
        as_of: morning().plus_seconds(-DAY),
        sha256: digest(1),
        count: 1000,
        oldest: morning().plus_seconds(-31 * DAY),
        accept_smaller: false,
        author: author(),
        at: morning(),
    }
}

fn imported(wish: &ImportExtract) -> ExtractImported {
    ExtractImported {
        organization_id: wish.organization_id,
        list: wish.list,
        san: wish.san.clone(),
        area_codes: wish.area_codes.clone(),
        as_of: wish.as_of,
        sha256: wish.sha256.clone(),
        count: wish.count,
        author: wish.author.clone(),
        at: wish.at,
    }
}

fn import(wish: ImportExtract) -> ListCommand {
    ListCommand::ImportExtract(wish)
}

#[test]
fn an_extract_of_the_national_list_is_taken_under_the_recorded_access() {
    given::<List>([access(&[]).into()]).when(import(wish())).then([imported(&wish()).into()]);
    given::<List>([]).when(import(wish())).then_refused(ListRefusal::AccessMissing);
    let other = ImportExtract { san: Some(san("3-4")), ..wish() };
    given::<List>([access(&[]).into()]).when(import(other)).then_refused(ListRefusal::AccessMissing);
    let late = morning().plus_seconds(300 * DAY);
    let late = ImportExtract { at: late, as_of: late, ..wish() };
    given::<List>([access(&[]).into()]).when(import(late)).then_refused(ListRefusal::AccessMissing);
}

#[test]
fn an_access_to_some_area_codes_gives_no_extract_of_others() {
    let of = |area_codes: &[u16]| ImportExtract { area_codes: codes(area_codes), ..wish() };
    let history = || [access(&[415, 628]).into()];
    given::<List>(history()).when(import(of(&[415]))).then([imported(&of(&[415])).into()]);
    given::<List>(history()).when(import(of(&[415, 212]))).then_refused(ListRefusal::AreaCodesNotCovered);
    given::<List>(history()).when(import(of(&[]))).then_refused(ListRefusal::AreaCodesNotCovered);
}

#[test]
fn a_list_of_a_state_needs_no_access() {
    let wish = ImportExtract { list: texas(), san: None, ..wish() };
    given::<List>([]).when(import(wish.clone())).then([imported(&wish).into()]);
}

#[test]
fn importing_the_same_again_changes_nothing() {
    given::<List>([access(&[]).into(), imported(&wish()).into()]).when(import(wish())).then_nothing();
}

#[test]
fn an_extract_of_the_future_or_too_old_to_use_is_refused() {
    let as_of = |seconds| ImportExtract { list: texas(), as_of: morning().plus_seconds(seconds), ..wish() };
    given::<List>([]).when(import(as_of(61))).then_refused(ListRefusal::AsOfInFuture);
    given::<List>([]).when(import(as_of(-31 * DAY - 1))).then_refused(ListRefusal::TooOld);
    given::<List>([]).when(import(as_of(-31 * DAY))).then([imported(&as_of(-31 * DAY)).into()]);
}

#[test]
fn what_holds_nothing_or_shrank_by_more_than_half_is_not_believed() {
    let sized = |count| ImportExtract { list: texas(), sha256: digest(2), count, ..wish() };
    let before = || [imported(&ImportExtract { list: texas(), ..wish() }).into()];
    given::<List>([]).when(import(sized(0))).then_refused(ListRefusal::Empty);
    given::<List>(before()).when(import(sized(499))).then_refused(ListRefusal::Shrank);
    given::<List>(before()).when(import(sized(500))).then([imported(&sized(500)).into()]);
    let vouched = ImportExtract { accept_smaller: true, ..sized(1) };
    given::<List>(before()).when(import(vouched.clone())).then([imported(&vouched).into()]);
}

#[test]
fn an_extract_that_is_retired_can_be_imported_again() {
    let reason = Reason::try_new("the wrong file").expect("a reason");
    let retire = RetireExtract {
        sha256: digest(1),
        as_of: wish().as_of,
        reason: reason.clone(),
        author: author(),
        at: morning(),
    };
    let retired =
        ExtractRetired { sha256: digest(1), as_of: wish().as_of, reason, author: author(), at: morning() };
    let command = ListCommand::RetireExtract(retire);
    let history = || vec![access(&[]).into(), imported(&wish()).into()];
    given::<List>(history()).when(command.clone()).then([retired.clone().into()]);
    let history = || history().into_iter().chain([retired.clone().into()]).collect::<Vec<_>>();
    given::<List>(history()).when(command).then_refused(ListRefusal::ExtractNotFound);
    given::<List>(history()).when(import(wish())).then([imported(&wish()).into()]);
}

#[test]
fn an_access_is_recorded_once_and_not_when_it_is_over() {
    let AccessRecorded { organization_id, list, san, area_codes, valid_until, author, at } = access(&[415]);
    let wish = RecordAccess { organization_id, list, san, area_codes, valid_until, author, at };
    let record = ListCommand::RecordAccess;
    given::<List>([]).when(record(wish.clone())).then([access(&[415]).into()]);
    given::<List>([access(&[415]).into()]).when(record(wish.clone())).then_nothing();
    let over = RecordAccess { valid_until: wish.at, ..wish.clone() };
    given::<List>([]).when(record(over)).then_refused(ListRefusal::AccessOver);
    let state = RecordAccess { list: texas(), ..wish };
    given::<List>([]).when(record(state)).then_refused(ListRefusal::NeedsNoAccess);
}

#[test]
fn records_and_extracts_do_not_mix() {
    let records = |list| ImportRecords {
        organization_id: TenantId::default(),
        list,
        as_of: morning(),
        sha256: digest(3),
        count: 2,
        author: author(),
        at: morning(),
    };
    let command = |list| ListCommand::ImportRecords(records(list));
    let ImportRecords { organization_id, list, as_of, sha256, count, author, at } = records(ListName::Lines);
    let imported = RecordsImported { organization_id, list, as_of, sha256, count, author, at };
    given::<List>([]).when(command(ListName::Lines)).then([imported.clone().into()]);
    given::<List>([imported.into()]).when(command(ListName::Lines)).then_nothing();
    given::<List>([]).when(command(texas())).then_refused(ListRefusal::HasNoRecords);
    let extract = ImportExtract { list: ListName::Reassigned, ..wish() };
    given::<List>([]).when(import(extract)).then_refused(ListRefusal::HasNoExtracts);
}

#[test]
fn names_read_back_as_written_and_others_are_refused() {
    for name in ["us-national", "us-tx", "us-dc", "reassigned", "lines"] {
        assert_eq!(ListName::try_new(name).expect("a list").to_string(), name);
    }
    for name in ["", "us-", "us-TX", "us-xx", "us-texas", "national", "Lines"] {
        assert_eq!(ListName::try_new(name).expect_err("no list").code, "list_unknown", "{name}");
    }
}
