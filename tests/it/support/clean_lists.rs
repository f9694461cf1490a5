//! Lists on which a number has nothing against it: fresh extracts without it, a wireless line nobody forbids, and the
//! answer that it was not given up.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::TestDatabase;

const STATES: [&str; 11] = ["CO", "FL", "IN", "LA", "MA", "MO", "OK", "PA", "TN", "TX", "WY"];

/// Puts them there for an organization, as of three days before `now`, which is the server's.
pub async fn clean(database: &TestDatabase, organization: &str, phones: &[&str], now: DateTime<Utc>) {
    let tenant: Uuid = organization.parse().unwrap();
    let as_of = now - chrono::Duration::days(3);
    let mut connection = database.superuser().await;
    let mut imports = vec!["us-national".to_owned()];
    imports.extend(STATES.iter().map(|state| format!("us-{}", state.to_lowercase())));
    sqlx::query(
        "with extracts as (
            insert into list_imports (tenant_id, id, list, san, area_codes, as_of, sha256, count, imported_by, recorded_at)
            select $1, gen_random_uuid(), list, case when list = 'us-national' then '10000000-1' end, '{}', $2,
                   sha256(list::bytea), 1, $1, $2
              from unnest($3::text[]) as list
        ), access as (
            insert into registry_accesses (tenant_id, id, san, area_codes, valid_until, recorded_by, recorded_at)
            values ($1, gen_random_uuid(), '10000000-1', '{}', $2 + interval '90 days', $1, $2)
        ), records as (
            insert into list_imports (tenant_id, id, list, area_codes, as_of, sha256, count, imported_by, recorded_at)
            select $1, gen_random_uuid(), list, '{}', $2, sha256(list::bytea), 1, $1, $2
              from unnest(array['reassigned', 'lines']) as list returning id, list
        ), answers as (
            insert into reassigned_answers (tenant_id, phone, import_id, about, answer)
            select $1, phone, id, '2020-01-01', 'no' from records, unnest($4::text[]) as phone where list = 'reassigned'
        )
        insert into phone_lines (tenant_id, phone, import_id, kind, prohibited)
        select $1, phone, id, 'wireless', false from records, unnest($4::text[]) as phone where list = 'lines'",
    )
    .bind(tenant)
    .bind(as_of)
    .bind(imports)
    .bind(phones)
    .execute(&mut connection)
    .await
    .unwrap();
}
