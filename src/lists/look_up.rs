use chrono::NaiveDate;
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::list::{Digest, ListName};
use seiketsu_domain::permission::facts::{
    FactId, Line, LineKind, ListAnswer, Reassigned, ReassignedAnswer, RegistryAccess, Source, StateAnswer,
};
use seiketsu_domain::permission::places::State;
use seiketsu_domain::values::{Phone, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use super::numbers::{self, Number};

/// What is held about one number. `None` and a missing state mean that nobody knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answers {
    pub national: Option<ListAnswer>,
    pub states: Vec<StateAnswer>,
    pub registry: Option<RegistryAccess>,
    /// The newest answer, whatever day it was asked about.
    pub reassigned: Option<ReassignedAnswer>,
    pub line: Option<Line>,
}

/// Everything an organization held about a number at `known_at`, in one round trip.
///
/// Of each list it takes the extract that shows the latest moment among those that counted then and are about the
/// number's area code; of the national list, only extracts taken under the subscription that was recorded then. How old
/// an extract may be is for the rules to say.
///
/// # Errors
/// The database cannot be reached.
pub async fn look_up(
    connection: &mut PgConnection,
    tenant: TenantId,
    phone: &Phone,
    known_at: Timestamp,
) -> Result<Answers, sqlx::Error> {
    let number = Number::of_e164(phone.as_str());
    // Numbers of other plans are on no list of ours.
    let lists: Vec<String> =
        number.map(|_| list_names().map(|list| list.to_string()).collect()).unwrap_or_default();
    let row: Row = sqlx::query_as(LOOK_UP)
        .bind(tenant.0)
        .bind(known_at.get())
        .bind(lists)
        .bind(number.and_then(|number| i16::try_from(number.area_code()).ok()))
        .bind(number.and_then(|number| i32::try_from(number.prefix).ok()))
        .bind(phone.as_str())
        .fetch_one(connection)
        .await?;
    Ok(row.answers(tenant, number.map_or(0, |number| number.line)))
}

fn list_names() -> impl Iterator<Item = ListName> {
    std::iter::once(ListName::National).chain(State::all().map(ListName::State))
}

/// $1 tenant, $2 known at, $3 lists, $4 area code, $5 prefix, $6 phone.
const LOOK_UP: &str = "
with access as (
    select san, area_codes, valid_until, recorded_at from registry_accesses
     where tenant_id = $1 and recorded_at <= $2
     order by recorded_at desc, id desc limit 1
), newest as (
    select extract.*
      from unnest($3::text[]) as wanted(list)
     cross join lateral (
        select i.list, i.id, i.as_of, i.sha256, i.recorded_at from list_imports i
         where i.tenant_id = $1 and i.list = wanted.list
           and i.recorded_at <= $2 and (i.retired_at is null or i.retired_at > $2)
           and (i.area_codes = '{}' or $4 = any(i.area_codes))
           and (i.list <> 'us-national' or i.san = (select san from access))
         order by i.as_of desc, i.recorded_at desc limit 1) extract
), found as (
    select json_agg(json_build_object('list', newest.list, 'asOf', newest.as_of, 'recordedAt', newest.recorded_at,
                                      'sha256', encode(newest.sha256, 'hex')) order by newest.list) as extracts,
           array_agg(n.numbers order by newest.list) as numbers
      from newest
      left join list_numbers n on n.tenant_id = $1 and n.import_id = newest.id and n.prefix = $5
)
select coalesce(found.extracts, '[]') as extracts, coalesce(found.numbers, '{}') as numbers,
       (select json_build_object('san', san, 'areaCodes', area_codes, 'validUntil', valid_until, 'recordedAt', recorded_at)
          from access) as registry,
       (select json_build_object('answer', a.answer, 'about', a.about, 'askedAt', i.as_of, 'recordedAt', i.recorded_at,
                                 'sha256', encode(i.sha256, 'hex'))
          from reassigned_answers a join list_imports i on i.tenant_id = $1 and i.id = a.import_id
         where a.tenant_id = $1 and a.phone = $6
           and i.recorded_at <= $2 and (i.retired_at is null or i.retired_at > $2)
         order by i.as_of desc, i.recorded_at desc, a.answer = 'yes' desc, a.about limit 1) as reassigned,
       (select json_build_object('kind', l.kind, 'prohibited', l.prohibited, 'asOf', i.as_of, 'recordedAt', i.recorded_at,
                                 'sha256', encode(i.sha256, 'hex'))
          from phone_lines l join list_imports i on i.tenant_id = $1 and i.id = l.import_id
         where l.tenant_id = $1 and l.phone = $6
           and i.recorded_at <= $2 and (i.retired_at is null or i.retired_at > $2)
         order by i.as_of desc, i.recorded_at desc limit 1) as line
  from found";

#[derive(FromRow)]
struct Row {
    extracts: Json<Vec<ExtractRow>>,
    /// Beside each extract; null where it has no number of this prefix.
    numbers: Vec<Option<Vec<u8>>>,
    registry: Option<Json<AccessRow>>,
    reassigned: Option<Json<ReassignedRow>>,
    line: Option<Json<LineRow>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExtractRow {
    list: ListName,
    as_of: Timestamp,
    recorded_at: Timestamp,
    sha256: Digest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessRow {
    san: String,
    area_codes: Vec<u16>,
    valid_until: Timestamp,
    recorded_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReassignedRow {
    answer: Reassigned,
    about: NaiveDate,
    asked_at: Timestamp,
    recorded_at: Timestamp,
    sha256: Digest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LineRow {
    kind: Option<LineKind>,
    prohibited: Option<bool>,
    as_of: Timestamp,
    recorded_at: Timestamp,
    sha256: Digest,
}

impl Row {
    fn answers(self, tenant: TenantId, line: u16) -> Answers {
        let mut answers = Answers {
            registry: self.registry.map(|Json(row)| row.fact(tenant)),
            reassigned: self.reassigned.map(|Json(row)| row.fact(tenant)),
            line: self.line.map(|Json(row)| row.fact(tenant)),
            ..Answers::default()
        };
        for (row, numbers) in self.extracts.0.into_iter().zip(self.numbers) {
            let listed = numbers.is_some_and(|written| numbers::contains(&written, line));
            let source = snapshot(tenant, row.list, row.as_of, &row.sha256, row.recorded_at);
            let answer = ListAnswer { source, listed, as_of: row.as_of };
            match row.list {
                ListName::State(state) => answers.states.push(StateAnswer { state, answer }),
                ListName::National => answers.national = Some(answer),
                ListName::Reassigned | ListName::Lines => {}
            }
        }
        answers
    }
}

/// Names an import as an auditor finds it: by list, moment and content.
fn snapshot(
    organization: TenantId,
    list: ListName,
    as_of: Timestamp,
    sha256: &Digest,
    recorded_at: Timestamp,
) -> Source {
    let fact = FactId::Snapshot(format!("{list}@{as_of} sha256:{sha256}"));
    Source { fact, organization, recorded_at }
}

impl AccessRow {
    fn fact(self, organization: TenantId) -> RegistryAccess {
        let Self { san, area_codes, valid_until, recorded_at } = self;
        let fact = FactId::Snapshot(format!("registry-access@{recorded_at} san:{san}"));
        RegistryAccess { source: Source { fact, organization, recorded_at }, valid_until, area_codes }
    }
}

impl ReassignedRow {
    fn fact(self, tenant: TenantId) -> ReassignedAnswer {
        let Self { answer, about, asked_at, recorded_at, sha256 } = self;
        let source = snapshot(tenant, ListName::Reassigned, asked_at, &sha256, recorded_at);
        ReassignedAnswer { source, answer, asked_at, about }
    }
}

impl LineRow {
    fn fact(self, tenant: TenantId) -> Line {
        let Self { kind, prohibited, as_of, recorded_at, sha256 } = self;
        Line { source: snapshot(tenant, ListName::Lines, as_of, &sha256, recorded_at), kind, prohibited }
    }
}
