use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Pack, Row};

/// One difference between two packs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "change")]
pub enum Change {
    /// A field of the head.
    Head {
        field: &'static str,
        before: String,
        after: String,
    },
    Added {
        id: String,
        from: NaiveDate,
    },
    Removed {
        id: String,
        from: NaiveDate,
    },
    /// Some field of a row: `until`, `citation`, `confidence`, `note` or `says`.
    Changed {
        id: String,
        from: NaiveDate,
        field: &'static str,
        before: String,
        after: String,
    },
}

/// What changed, row by row: rows are the same where id and first day are. Order and layout do not count.
#[must_use]
pub fn diff(before: &Pack, after: &Pack) -> Vec<Change> {
    let mut changes = head(before, after);
    let (old, new) = (by_key(before), by_key(after));
    for (&(id, from), row) in &old {
        match new.get(&(id, from)) {
            None => changes.push(Change::Removed { id: id.to_owned(), from }),
            Some(other) => changes.extend(fields(row, other)),
        }
    }
    let added = new.keys().filter(|key| !old.contains_key(*key));
    changes.extend(added.map(|&(id, from)| Change::Added { id: id.to_owned(), from }));
    changes
}

fn by_key(pack: &Pack) -> BTreeMap<(&str, NaiveDate), &Row> {
    pack.rows.iter().map(|row| ((row.id.as_str(), row.from), row)).collect()
}

fn head(before: &Pack, after: &Pack) -> Vec<Change> {
    let fields = [
        ("name", json(&before.name), json(&after.name)),
        ("version", json(&before.version), json(&after.version)),
        ("effective_from", json(&before.effective_from), json(&after.effective_from)),
        ("review_by", json(&before.review_by), json(&after.review_by)),
        ("notice", json(&before.notice), json(&after.notice)),
        ("countries", json(&before.countries), json(&after.countries)),
    ];
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(field, before, after)| Change::Head { field, before, after }).collect()
}

fn fields(before: &Row, after: &Row) -> Vec<Change> {
    let fields = [
        ("until", json(&before.until), json(&after.until)),
        ("citation", json(&before.citation), json(&after.citation)),
        ("confidence", json(&before.confidence), json(&after.confidence)),
        ("note", json(&before.note), json(&after.note)),
        ("says", json(&before.says), json(&after.says)),
    ];
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    changed
        .map(|(field, old, new)| Change::Changed {
            id: before.id.clone(),
            from: before.from,
            field,
            before: old,
            after: new,
        })
        .collect()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
