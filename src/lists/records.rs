use std::collections::BTreeMap;

use chrono::NaiveDate;
use csv::StringRecord;
use seiketsu_domain::list::{Author, Digest, ImportRecords, ListCommand, ListName};
use seiketsu_domain::values::{Phone, Timestamp};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::import::{Entry, ImportError, Imported, claim, new_id, record};
use super::read::FileFaults;
use crate::command::{Commands, Wish};
use crate::event_store::Pools;

/// Records about single numbers, each once.
#[derive(Debug)]
pub struct Records {
    list: ListName,
    /// By phone and, for answers, the day asked about: what is said.
    rows: BTreeMap<(Phone, Option<NaiveDate>), Said>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Answer(&'static str),
    Line { kind: Option<&'static str>, prohibited: Option<bool> },
}

type Why = (&'static str, &'static str);
type Row = ((Phone, Option<NaiveDate>), Said);

const NO_PHONE: Why = ("phone_invalid", "must be a number in E.164, or ten digits");
const NO_DATE: Why = ("date_invalid", "must be a day such as 2026-11-24");
const NO_ANSWER: Why = ("answer_invalid", "must be yes, no or no data");
const NO_KIND: Why = ("kind_invalid", "must be wireless, residential, business, voip or empty");
const NO_FLAG: Why = ("prohibited_invalid", "must be yes, no or empty");
const NOTHING: Why = ("record_empty", "must say a kind, or whether the line is prohibited");
const CONTRADICTION: Why = ("record_contradicts", "an earlier line says something else about the same");
const NO_CSV: Why = ("csv_invalid", "not a line of CSV in UTF-8");

impl Records {
    /// Reads answers of the Reassigned Numbers Database: CSV whose header names `phone`, `date` (the day asked about) and
    /// `answer` (yes, no, no data).
    ///
    /// # Errors
    /// The name of a column that is missing.
    pub fn of_answers(text: &[u8]) -> Result<(Self, FileFaults), &'static str> {
        Self::read(ListName::Reassigned, text, ["phone", "date", "answer"], |[number, date, answer]| {
            let about = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| NO_DATE)?;
            Ok(((phone(number)?, Some(about)), Said::Answer(answer_of(answer).ok_or(NO_ANSWER)?)))
        })
    }

    /// Reads what lines are: CSV whose header names `phone`, `kind` (wireless, residential, business, voip) and
    /// `prohibited` (yes, no), either of which may be empty.
    ///
    /// # Errors
    /// See [`Records::of_answers`].
    pub fn of_lines(text: &[u8]) -> Result<(Self, FileFaults), &'static str> {
        Self::read(ListName::Lines, text, ["phone", "kind", "prohibited"], |[number, kind, prohibited]| {
            let kind = kind_of(kind).ok_or(NO_KIND)?;
            let prohibited = flag_of(prohibited).ok_or(NO_FLAG)?;
            if kind.is_none() && prohibited.is_none() {
                return Err(NOTHING);
            }
            Ok(((phone(number)?, None), Said::Line { kind, prohibited }))
        })
    }

    fn read(
        list: ListName,
        text: &[u8],
        columns: [&'static str; 3],
        row: impl Fn([&str; 3]) -> Result<Row, Why>,
    ) -> Result<(Self, FileFaults), &'static str> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text);
        let header = reader.headers().cloned().unwrap_or_default();
        let places = places(&header, columns)?;
        let (mut records, mut faults) = (Self { list, rows: BTreeMap::new() }, FileFaults::default());
        for record in reader.records() {
            // A record that does not read has the place of the one before it.
            let line = record.as_ref().ok().and_then(StringRecord::position).map(csv::Position::line);
            let read = record
                .map_err(|_| NO_CSV)
                .and_then(|record| row(places.map(|place| record.get(place).unwrap_or_default())));
            if let Err(why) = read.and_then(|row| records.add(row)) {
                faults.add(line.unwrap_or(0), why);
            }
        }
        Ok((records, faults))
    }

    fn add(&mut self, (key, said): Row) -> Result<(), Why> {
        let held = self.rows.entry(key).or_insert_with(|| said.clone());
        if *held == said { Ok(()) } else { Err(CONTRADICTION) }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Of their written form, a line each, in ascending order.
    fn sha256(&self) -> Digest {
        let mut hash = Sha256::new();
        for ((phone, about), said) in &self.rows {
            let line = match (about, said) {
                (Some(about), Said::Answer(answer)) => format!("{phone},{about},{answer}\n"),
                (_, Said::Answer(answer)) => format!("{phone},,{answer}\n"),
                (_, Said::Line { kind, prohibited }) => {
                    let prohibited =
                        prohibited.map_or("", |prohibited| if prohibited { "yes" } else { "no" });
                    format!("{phone},{},{prohibited}\n", kind.unwrap_or_default())
                }
            };
            hash.update(line);
        }
        Digest::of_bytes(hash.finalize().into())
    }
}

fn places(header: &StringRecord, columns: [&'static str; 3]) -> Result<[usize; 3], &'static str> {
    let place = |name: &'static str| {
        header
            .iter()
            .position(|field| field.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
            .ok_or(name)
    };
    Ok([place(columns[0])?, place(columns[1])?, place(columns[2])?])
}

fn phone(raw: &str) -> Result<Phone, Why> {
    let ten_digits = raw.len() == 10 && raw.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if ten_digits { Phone::try_new(&format!("+1{raw}")) } else { Phone::try_new(raw) };
    parsed.map_err(|_| NO_PHONE)
}

fn answer_of(raw: &str) -> Option<&'static str> {
    match raw.to_ascii_lowercase().as_str() {
        "yes" => Some("yes"),
        "no" => Some("no"),
        "no data" | "no_data" | "nodata" => Some("no_data"),
        _ => None,
    }
}

fn kind_of(raw: &str) -> Option<Option<&'static str>> {
    match raw.to_ascii_lowercase().as_str() {
        "" => Some(None),
        "wireless" => Some(Some("wireless")),
        "residential" => Some(Some("residential")),
        "business" => Some(Some("business")),
        "voip" => Some(Some("voip")),
        _ => None,
    }
}

fn flag_of(raw: &str) -> Option<Option<bool>> {
    match raw.to_ascii_lowercase().as_str() {
        "" => Some(None),
        "yes" | "true" => Some(Some(true)),
        "no" | "false" => Some(Some(false)),
        _ => None,
    }
}

/// Takes records over: all of them, or nothing. Answers when they count. `as_of` is when the database was asked, or the
/// lines were classified.
///
/// # Errors
/// See [`ImportError`].
pub async fn import_records(
    pools: &Pools,
    commands: &Commands,
    wish: &Wish,
    (records, as_of): (&Records, Timestamp),
    author: &Author,
) -> Result<Imported, ImportError> {
    let (tenant, list, id, sha256) = (wish.tenant, records.list, new_id(), records.sha256());
    let entry = Entry {
        tenant,
        id,
        list,
        san: None,
        area_codes: vec![],
        as_of,
        sha256: &sha256,
        count: records.count(),
        author,
    };
    let command = ListCommand::ImportRecords(ImportRecords {
        organization_id: tenant,
        list,
        as_of,
        sha256: sha256.clone(),
        count: u64::try_from(records.count()).unwrap_or(u64::MAX),
        author: author.clone(),
        at: wish.at,
    });
    let mut transaction = pools.write_as(tenant).await?;
    claim(&mut transaction, tenant, list).await?;
    if let Some(recorded_at) = entry.existing(&mut transaction).await? {
        let (transaction, committed) = record(transaction, commands, wish, list, command).await?;
        transaction.commit().await?;
        return Ok(Imported { committed, already: true, recorded_at });
    }
    insert(&mut transaction, wish, id, records).await?;
    entry.conclude(transaction, commands, wish, command).await
}

async fn insert(
    connection: &mut PgConnection,
    wish: &Wish,
    import: Uuid,
    records: &Records,
) -> Result<(), sqlx::Error> {
    let phones: Vec<&str> = records.rows.keys().map(|(phone, _)| phone.as_str()).collect();
    let days: Vec<Option<NaiveDate>> = records.rows.keys().map(|(_, about)| *about).collect();
    let (words, flags): (Vec<Option<&str>>, Vec<Option<bool>>) = records
        .rows
        .values()
        .map(|said| match said {
            Said::Answer(answer) => (Some(*answer), None),
            Said::Line { kind, prohibited } => (*kind, *prohibited),
        })
        .unzip();
    let statement = match records.list {
        ListName::Reassigned => {
            "insert into reassigned_answers (tenant_id, phone, import_id, about, answer)
             select $1, phone, $2, about, word from unnest($3::text[], $4::date[], $5::text[], $6::boolean[]) as r(phone, about, word, flag)"
        }
        _ => {
            "insert into phone_lines (tenant_id, phone, import_id, kind, prohibited)
             select $1, phone, $2, word, flag from unnest($3::text[], $4::date[], $5::text[], $6::boolean[]) as r(phone, about, word, flag)"
        }
    };
    let insert = sqlx::query(statement).bind(wish.tenant.0).bind(import).bind(phones).bind(days);
    insert.bind(words).bind(flags).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn the_same_records_in_any_order_and_form_have_one_digest() {
        let (first, _) = Records::of_answers(
            b"phone,date,answer\n4155552671,2026-01-02,No\n+14155552672,2026-01-02,no data\n",
        )
        .expect("columns");
        let (second, faults) = Records::of_answers(
            b"Answer,Phone,Date\nno_data,4155552672,2026-01-02\nno,+1 415 555 2671,2026-01-02\nNO,4155552671,2026-01-02\n",
        )
        .expect("columns");
        assert_eq!((first.count(), second.count(), faults.count), (2, 2, 0));
        assert_eq!(first.sha256(), second.sha256());
    }

    #[test]
    fn bad_records_are_told_with_their_place_and_the_others_count() {
        let cases = [
            ("12,2026-01-02,no", "phone_invalid"),
            ("4155552671,2026-13-02,no", "date_invalid"),
            ("4155552671,2026-01-02,maybe", "answer_invalid"),
            ("4155552670,2026-01-02,yes", "record_contradicts"),
            ("4155552671", "date_invalid"),
        ];
        for (line, code) in cases {
            let text = format!("phone,date,answer\n4155552670,2026-01-02,no\n{line}\n");
            let (records, faults) = Records::of_answers(text.as_bytes()).expect("columns");
            assert_eq!((records.count(), faults.first[0].line, faults.first[0].code), (1, 3, code), "{line}");
        }
    }

    #[test]
    fn a_line_is_of_a_kind_or_prohibited_or_both() {
        let text = b"phone,kind,prohibited\n4155552671,wireless,\n4155552672,,yes\n4155552673,voip,no\n4155552674,,\n4155552675,fax,no\n4155552676,,maybe\n";
        let (records, faults) = Records::of_lines(text).expect("columns");
        assert_eq!((records.count(), faults.count), (3, 3));
        let codes: Vec<_> = faults.first.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["record_empty", "kind_invalid", "prohibited_invalid"]);
    }

    #[test]
    fn a_missing_column_is_named() {
        assert_eq!(Records::of_answers(b"phone,answer\n").expect_err("no date"), "date");
        assert_eq!(Records::of_lines(b"").expect_err("nothing"), "phone");
    }
}
