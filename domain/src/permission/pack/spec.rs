use super::*;
use crate::values::Timestamp;

fn core() -> String {
    SHIPPED[0].1.to_owned()
}

fn codes(text: &str) -> Vec<(String, &'static str)> {
    Pack::parse(text).expect_err("faulty").into_iter().map(|fault| (fault.at, fault.code)).collect()
}

fn at(raw: &str) -> Timestamp {
    raw.parse().expect("a time")
}

#[test]
fn every_pack_shipped_is_complete_and_consistent() {
    for (name, text) in SHIPPED {
        let pack = Pack::parse(text).unwrap_or_else(|faults| panic!("{}: {faults:?}", name.as_str()));
        assert_eq!(pack.name, name);
    }
    assert_eq!(shipped().expect("they fit together").ids().len(), 5);
}

#[test]
fn every_row_shipped_that_we_are_not_sure_of_tells_counsel_or_is_marked() {
    let rows = SHIPPED.iter().flat_map(|(_, text)| Pack::parse(text).expect("valid").rows);
    let (sure, unsure): (Vec<_>, Vec<_>) = rows.partition(|row| row.confidence == Confidence::Primary);
    assert!(sure.len() > 20 && unsure.len() > 60, "{} and {}", sure.len(), unsure.len());
}

#[test]
fn layout_and_comments_do_not_change_the_identity_and_content_does() {
    let pack = Pack::parse(&core()).expect("valid");
    let json = serde_json::to_string_pretty(&pack).expect("json");
    let again = Pack::parse(&json).expect("the same as JSON");
    assert_eq!(again.id(), pack.id());
    assert_eq!(pack.id().to_string(), "us-core@2026.11");
    let changed = Pack::parse(&core().replace("08:00-21:00", "08:00-20:59")).expect("valid");
    assert_ne!(changed.id().sha256, pack.id().sha256);
}

#[test]
fn text_that_cannot_be_read_says_where() {
    let faults = Pack::parse("name = \"us-core\"\nversion = 3\n").expect_err("not text");
    assert_eq!((faults[0].at.as_str(), faults[0].code), ("line 2, column 11", "pack_unreadable"));
    let surplus = core().replacen("[row.says.hours]", "[row.says.hours]\nsunrise = true", 1);
    assert!(Pack::parse(&surplus).expect_err("an unknown field")[0].detail.contains("sunrise"));
    let state = SHIPPED[1].1.replacen("state = \"AL\"", "state = \"XX\"", 1);
    let faults = Pack::parse(&state).expect_err("no such state");
    assert!(faults[0].detail.contains("two letters of a state"), "{}", faults[0].detail);
    assert_eq!(codes(&" ".repeat(Pack::MAX_BYTES + 1)), [("line 1".to_owned(), "pack_too_large")]);
}

#[test]
fn rows_that_contradict_each_other_are_refused() {
    let overlapping = core().replacen("until = \"2027-01-31\"", "until = \"2027-02-01\"", 1);
    assert_eq!(codes(&overlapping), [("row revoke-all".to_owned(), "rows_overlap")]);
    let states = SHIPPED[1].1.replacen("state = \"AK\"", "state = \"AL\"", 1);
    let found = codes(&states);
    assert!(found.contains(&("row al.hours".to_owned(), "rows_overlap")), "{found:?}");
    assert!(found.contains(&("hours AK".to_owned(), "rule_missing")), "{found:?}");
}

#[test]
fn a_day_on_which_nothing_is_said_is_refused() {
    let hole = core().replacen("until = \"2027-01-31\"", "until = \"2027-01-30\"", 1);
    assert_eq!(codes(&hole), [("revoke_all".to_owned(), "rule_missing")]);
}

#[test]
fn dates_citations_and_notices_are_checked() {
    for (before, after, code) in [
        ("until = \"2027-01-31\"", "until = \"2025-04-11\"", "dates_reversed"),
        ("review_by = \"2027-10-31\"", "review_by = \"2026-11-01\"", "dates_reversed"),
        ("text = \"47 CFR 64.1200(c)(1)\"", "text = \" \"", "citation_missing"),
        ("url = \"https://", "url = \"http://", "citation_missing"),
        ("not legal advice. Nothing", "legal advice. Nothing", "notice_missing"),
        ("countries = [\"US\"]", "countries = []", "countries_missing"),
        ("countries = [\"US\"]", "countries = [\"DE\"]", "countries_unfit"),
        ("version = \"2026.11\"", "version = \"november\"", "version_invalid"),
        ("id = \"quiet-hours\"", "id = \"Quiet hours\"", "id_invalid"),
        ("stop_per_mille = 30", "stop_per_mille = 3", "rule_invalid"),
        ("from = \"2026-11-01\"", "from = \"2026-02-30\"", "pack_unreadable"),
    ] {
        let found = codes(&core().replacen(before, after, 1));
        assert!(found.iter().any(|(_, found)| *found == code), "{after}: {found:?}");
    }
    let misplaced = core().replacen("week =", "state = \"CA\"\nweek =", 1);
    assert!(codes(&misplaced).contains(&("row quiet-hours".to_owned(), "rule_misplaced")));
    let unknown = SHIPPED[1].1.replacen("\"mardi_gras\"]", "\"carnival\"]", 1).replacen(
        "\"mardi_gras\",",
        "\"carnival\",",
        1,
    );
    assert!(codes(&unknown).iter().any(|(_, code)| *code == "holiday_unknown"));
}

#[test]
fn two_packs_compare_row_by_row() {
    let before = Pack::parse(&core()).expect("valid");
    let text = core().replacen("version = \"2026.11\"", "version = \"2026.12\"", 1);
    let text = text.replacen("purchase_months = 18", "purchase_months = 12", 1);
    let mut after = Pack::parse(&text).expect("valid");
    after.rows.retain(|row| row.id != "holiday.juneteenth");
    after.rows.reverse();
    let changes = diff(&before, &after);
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert!(matches!(&changes[0], Change::Head { field: "version", .. }));
    assert!(changes.iter().any(|c| matches!(c, Change::Removed { id, .. } if id == "holiday.juneteenth")));
    let relationship =
        |c: &Change| matches!(c, Change::Changed { id, field: "says", .. } if id == "relationship");
    assert!(changes.iter().any(relationship));
    assert!(diff(&before, &before).is_empty());
}

#[test]
fn a_rule_begins_with_its_day_in_washington_and_not_before() {
    let set = shipped().expect("shipped");
    let across = |time: &str| set.book(at(time)).revoke_all[0].rule.across_topics;
    assert!(!across("2027-01-31T04:59:59.999Z"));
    assert!(across("2027-01-31T05:00:00Z"));
    assert_eq!(set.next_change(at("2026-11-24T15:00:00Z")), Some("2027-01-31".parse().expect("a day")));
    assert_eq!(set.next_change(at("2027-02-01T15:00:00Z")), None);
}

#[test]
fn a_set_has_one_of_each_pack() {
    let pack = Pack::parse(&core()).expect("valid");
    let faults = PackSet::try_new(vec![pack.clone(), pack]).expect_err("incomplete");
    let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["pack_twice", "pack_missing", "pack_missing", "pack_missing", "pack_missing"]);
}
