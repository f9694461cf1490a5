//! A log with many events in it, written past the server: what a server finds after years.

use sqlx::{Connection as _, Executor, PgConnection};
use uuid::Uuid;

/// Events per statement.
const CHUNK: i64 = 200_000;

/// New leads of `tenants`, each a stream of one event, with names, sources and phone numbers of some variety.
const LEADS: &str = "
    insert into events
    select p, $3[1 + p % cardinality($3)], 'lead', id, 1, (p % 1024)::smallint, gen_random_uuid(), 'lead.created', 1,
           format('{\"leadId\":\"%s\",\"organizationId\":\"%s\",\"firstName\":\"%s\",\"lastName\":\"%s\",\"email\":\"lead%s@example.com\",\"phone\":\"+1415%s\",\"source\":\"%s\",\"preferences\":{\"budget\":%s,\"area\":\"Mission\"},\"tags\":[\"%s\"],\"at\":\"%s\"}',
                  id, $3[1 + p % cardinality($3)], first[1 + p % 20], initcap(syllable[1 + p % 16] || syllable[1 + p / 16 % 16] || syllable[1 + p / 256 % 16]),
                  p, 2000000 + p % 8000000, source[1 + p / 7 % 5], 100000 + p % 900 * 1000, tag[1 + p / 3 % 4],
                  to_char(at, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'))::json,
           '{\"commandId\":\"0193a1b2-0000-7000-8000-000000000002\",\"actor\":\"0193a1b2-0000-7000-8000-000000000003\",\"correlationId\":\"0193a1b2-0000-7000-8000-000000000004\"}',
           at, at
      from (select p, (lpad(to_hex(p), 12, '0') || '7' || substr(md5(p::text), 1, 3) || '8' || substr(md5(p::text), 4, 15))::uuid as id,
                   (timestamptz '2024-01-01 00:00:00Z' + p * interval '5 seconds') at time zone 'UTC' at time zone 'UTC' as at,
                   array['Ada','Grace','Alan','Edsger','Barbara','Donald','Leslie','Tony','Niklaus','Dennis','Ken','Brian','Bjarne','James','Guido','Larry','Radia','Frances','Adele','Jean'] as first,
                   array['ba','ce','do','fi','ga','he','jo','ki','la','me','no','pi','ra','se','to','vi'] as syllable,
                   array['website','referral','zillow','facebook','walk_in'] as source,
                   array['buyer','seller','investor','first home'] as tag
              from generate_series($1::bigint, $2::bigint) as p) as leads";

/// Notes on `streams` leads in turn; what they are about does not matter.
const NOTES: &str = "
    insert into events
    select p, $3, 'lead', $4[1 + (p - $5) % cardinality($4)], 2 + (p - $5) / cardinality($4), ((p - $5) % cardinality($4) % 1024)::smallint,
           gen_random_uuid(), 'lead.note_added', 1,
           '{\"text\":\"prefers to be called in the evening\",\"by\":\"00000000-0000-0000-0000-00000000000b\",\"at\":\"2026-11-24T15:00:00.000Z\"}',
           '{\"commandId\":\"0193a1b2-0000-7000-8000-000000000002\",\"actor\":\"0193a1b2-0000-7000-8000-000000000003\",\"correlationId\":\"0193a1b2-0000-7000-8000-000000000004\"}',
           now(), now()
      from generate_series($1::bigint, $2::bigint) as p";

/// Writes straight into a database.
pub struct Log {
    connection: PgConnection,
}

impl Log {
    pub async fn open(url: &str) -> Self {
        let mut connection = PgConnection::connect(url).await.expect("the database");
        connection.execute("set synchronous_commit = off; set timezone = 'UTC'").await.expect("set");
        Self { connection }
    }

    /// The organization whose people log in by this name.
    pub async fn tenant(&mut self, domain: &str) -> Uuid {
        sqlx::query_scalar("select tenant_id from organizations where domain = $1")
            .bind(domain)
            .fetch_one(&mut self.connection)
            .await
            .expect("the organization")
    }

    /// As many new leads, dealt out to the tenants in turn.
    pub async fn add_leads(&mut self, count: i64, tenants: &[Uuid]) {
        let first = self.next().await;
        let mut from = first;
        while from < first + count {
            let to = (from + CHUNK - 1).min(first + count - 1);
            sqlx::query(LEADS)
                .bind(from)
                .bind(to)
                .bind(tenants)
                .execute(&mut self.connection)
                .await
                .expect("written");
            self.reached(to).await;
            from = to + 1;
        }
    }

    /// As many notes on leads of a tenant that have one event each.
    pub async fn add_notes(&mut self, count: i64, tenant: Uuid, leads: &[Uuid]) {
        let first = self.next().await;
        sqlx::query(NOTES)
            .bind(first)
            .bind(first + count - 1)
            .bind(tenant)
            .bind(leads)
            .bind(first)
            .execute(&mut self.connection)
            .await
            .expect("written");
        self.reached(first + count - 1).await;
    }

    /// Leads of a tenant from all over the log, to which nothing has happened since they were created.
    pub async fn sample(&mut self, tenant: Uuid, count: i64) -> Vec<Uuid> {
        let head = self.next().await - 1;
        sqlx::query_scalar(
            "select aggregate_id from events as created
              where position = any (select (random() * $3)::bigint from generate_series(1, $2 * 4))
                and tenant_id = $1 and event_type = 'lead.created'
                and not exists (select from events later where later.aggregate_id = created.aggregate_id
                                   and later.tenant_id = $1 and later.sequence = 2)
              limit $2",
        )
        .bind(tenant)
        .bind(count)
        .bind(head)
        .fetch_all(&mut self.connection)
        .await
        .expect("leads")
    }

    /// Statistics as they are on a database that lives.
    pub async fn settle(&mut self) {
        self.connection.execute("vacuum analyze events").await.expect("vacuumed");
        self.connection.execute("checkpoint").await.expect("a checkpoint");
    }

    /// Statistics of everything.
    pub async fn analyze(&mut self) {
        self.connection.execute("vacuum analyze").await.expect("vacuumed");
    }

    /// A number the database knows.
    pub async fn number(&mut self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.connection).await.expect("a number")
    }

    async fn next(&mut self) -> i64 {
        self.number("select coalesce(max(position), 0) + 1 from events").await
    }

    async fn reached(&mut self, position: i64) {
        sqlx::query("select setval('event_position', $1), make_room_for_events()")
            .bind(position)
            .execute(&mut self.connection)
            .await
            .expect("moved");
    }
}
