//! A store full of events, written as plain rows: how they came there is not what is measured.

/// What processors were busy with.
pub mod cost;

use sqlx::{Connection as _, Executor, PgConnection};

/// A database of its own whose read models are empty.
pub struct Store {
    pub url: String,
    pub events: i64,
    /// The last position.
    pub head: i64,
    connection: PgConnection,
}

/// The first event of a lead has a name, an address and a number of its own; of those after it, most leave the lists as
/// they are.
const FILL: &str = r#"
    insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                        event_version, payload, metadata, occurred_at, recorded_at)
    select nextval('event_position'), tenant, 'lead', lead, sequence, number % 1024, gen_random_uuid(),
           case when sequence = 1 then 'lead.created' when sequence % 5 = 0 then 'lead.contacted'
                when sequence % 5 = 3 then 'lead.qualified' else 'lead.note_added' end,
           1,
           case when sequence = 1 then replace(replace(replace($3, 'Lovelace', 'Number ' || number),
                         'ada@example.com', 'lead' || number || '@example.com'), '+14155552671', '+1415' || 2000000 + number)
                when sequence % 5 = 0 then $4 when sequence % 5 = 3 then $5 else $6 end::json,
           json_build_object('commandId', gen_random_uuid(), 'actor', tenant, 'correlationId', gen_random_uuid()),
           now(), now()
      from (select '00000000-0000-0000-0000-00000000000a'::uuid as tenant, n % $1 as number, n / $1 + 1 as sequence,
                   (lpad(to_hex(1763750000000 + n % $1), 12, '0') || '7' || substr(md5((n % $1)::text), 1, 19))::uuid as lead
              from generate_series($7, $7 + $2 - 1) n order by n) e
    returning position"#;

/// An example of an event, as the domain's own tests have it.
macro_rules! example {
    ($event:literal) => {
        include_str!(concat!("../../domain/tests/golden/lead.", $event, ".v1.json"))
    };
}

impl Store {
    /// In a database of this name: so many events in turn of so many leads, the first of each its creation.
    pub async fn fill(admin: &str, name: &str, leads: i64, events: i64) -> Self {
        let url = fresh_database(admin, name).await;
        seiketsu::migrate::run(&url).await.expect("migrated");
        let connection = PgConnection::connect(&url).await.expect("connected");
        let mut store = Self { url, events: 0, head: 0, connection };
        store.append(leads, events).await;
        store.connection.execute("vacuum analyze events").await.expect("vacuumed");
        store
    }

    /// Further events of as many leads as before, or of leads that are all new where there are as many as events.
    pub async fn append(&mut self, leads: i64, events: i64) {
        let positions: Vec<i64> = sqlx::query_scalar(FILL)
            .bind(leads)
            .bind(events)
            .bind(minified(example!("created")))
            .bind(minified(example!("contacted")))
            .bind(minified(example!("qualified")))
            .bind(minified(example!("note_added")))
            .bind(self.events)
            .fetch_all(&mut self.connection)
            .await
            .expect("appended");
        self.events += events;
        self.head = positions.into_iter().max().unwrap_or(self.head);
    }
}

async fn fresh_database(admin: &str, name: &str) -> String {
    let mut connection = PgConnection::connect(admin).await.expect("the Postgres server of this run");
    connection
        .execute(format!("drop database if exists {name} with (force)").as_str())
        .await
        .expect("dropped");
    connection.execute(format!("create database {name}").as_str()).await.expect("created");
    let (base, _) = admin.rsplit_once('/').expect("a URL with a database");
    format!("{base}/{name}")
}

fn minified(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).expect("JSON").to_string()
}
