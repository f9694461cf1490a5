//! A database per test, copied from a template that has been migrated once.

use std::path::Path;
use std::time::Duration;

use seiketsu::command::{Commands, StateCache};
use seiketsu::event_store::{AppendLanes, EventStore, PoolSizes, Pools};
use seiketsu::hint::Hint;
use seiketsu::ids;
use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Keeps several test processes from making the template at the same time; any number will do.
const TEMPLATE_LOCK: i64 = 7_310_900;

/// A migrated, empty database; dropped with this value.
pub struct TestDatabase {
    /// URL of its superuser.
    pub url: String,
    /// Pools as the server has them, small.
    pub pools: Pools,
    name: String,
    /// The login that was made for it.
    owner: Option<String>,
}

/// Makes a database for the calling test.
pub async fn create() -> TestDatabase {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    create_from(TEMPLATE.get_or_init(template).await).await
}

/// Makes a database without a schema.
pub async fn create_empty() -> TestDatabase {
    create_from("template0").await
}

async fn create_from(template: &str) -> TestDatabase {
    let name = format!("seiketsu_test_{}", ids::new::<Uuid>().simple());
    let mut admin = admin().await;
    admin.execute(format!("create database {name} template {template}").as_str()).await.unwrap();
    let url = url_of(&name);
    let pools = Pools::new(&url, PoolSizes { tenant: 3, system: 6 }).unwrap();
    TestDatabase { url, pools, name, owner: None }
}

/// As [`create`], but of a login that owns the database and is no superuser: what a careful installation has.
pub async fn create_for_plain_owner() -> TestDatabase {
    let own = ids::new::<Uuid>().simple();
    let (name, owner) = (format!("seiketsu_test_{own}"), format!("seiketsu_owner_{own}"));
    let mut admin = admin().await;
    // The roles exist: a template was made by somebody who may create them.
    drop(create().await);
    let make = format!(
        "create role {owner} login password '{own}'; grant seiketsu_app, seiketsu_system to {owner};"
    );
    admin.execute(make.as_str()).await.unwrap();
    admin.execute(format!("create database {name} owner {owner}").as_str()).await.unwrap();
    let (_, host) =
        url_of(&name).rsplit_once('@').map(|(user, host)| (user.to_owned(), host.to_owned())).unwrap();
    let url = format!("postgres://{owner}:{own}@{host}");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    migrator().await.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let pools = Pools::new(&url, PoolSizes { tenant: 3, system: 6 }).unwrap();
    TestDatabase { url, pools, name, owner: Some(owner) }
}

impl TestDatabase {
    /// More pools on this database, as another process would have them.
    pub fn more_pools(&self) -> Pools {
        Pools::new(&self.url, PoolSizes { tenant: 2, system: 4 }).unwrap()
    }

    /// A store with lanes of its own on this database.
    pub fn store(&self) -> EventStore {
        self.store_hinting(&Hint::default())
    }

    /// A store that hints after its commits.
    pub fn store_hinting(&self, hint: &Hint) -> EventStore {
        self.start_store(2, hint)
    }

    /// A store whose appends share this many connections.
    pub fn store_with_lanes(&self, lanes: usize) -> EventStore {
        self.start_store(lanes, &Hint::default())
    }

    fn start_store(&self, lanes: usize, hint: &Hint) -> EventStore {
        let pools = self.more_pools();
        let lanes = AppendLanes::start(&pools, lanes, hint);
        EventStore::new(pools, lanes)
    }

    /// Commands on a store of their own.
    pub fn commands(&self) -> Commands {
        self.commands_hinting(&Hint::default())
    }

    /// Commands whose store hints after its commits.
    pub fn commands_hinting(&self, hint: &Hint) -> Commands {
        Commands::new(self.store_hinting(hint), StateCache::new(10_000))
    }

    /// A connection of the superuser: bound by neither role nor row-level security.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// A pool of the superuser.
    pub async fn superuser_pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(2).connect(&self.url).await.unwrap()
    }

    /// Waits until some connection waits for a lock.
    pub async fn waits_for_a_lock(&self) {
        let mut superuser = self.superuser().await;
        super::wait::until("a connection waits for a lock", Duration::from_secs(10), async || {
            sqlx::query_scalar("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')")
                .fetch_one(&mut superuser)
                .await
                .unwrap()
        })
        .await;
    }

    /// How many events are stored.
    pub async fn event_count(&self) -> i64 {
        sqlx::query_scalar("select count(*) from events")
            .fetch_one(&mut self.superuser().await)
            .await
            .unwrap()
    }

    /// Makes the database unreachable: what is connected is cut off, and nobody connects anew.
    pub async fn take_away(&self) {
        admin()
            .await
            .execute(format!("alter database {} allow_connections false", self.name).as_str())
            .await
            .unwrap();
        assert!(self.kill_connections().await > 0);
    }

    /// Makes it reachable again.
    pub async fn give_back(&self) {
        admin()
            .await
            .execute(format!("alter database {} allow_connections true", self.name).as_str())
            .await
            .unwrap();
    }

    /// Ends every other connection to this database; returns how many there were.
    pub async fn kill_connections(&self) -> i64 {
        let mut admin = admin().await;
        sqlx::query_scalar("select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity where datname = $1")
            .bind(&self.name)
            .fetch_one(&mut admin)
            .await
            .unwrap()
    }
}

impl Drop for TestDatabase {
    /// On a thread with a runtime of its own: the test's may be gone. What is left over goes with the server.
    fn drop(&mut self) {
        let mut drops = vec![format!("drop database if exists {} with (force)", self.name)];
        drops.extend(self.owner.iter().map(|owner| format!("drop role {owner}")));
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let dropped = runtime.block_on(async {
                let mut admin = PgConnection::connect(&super::service(SERVER)).await?;
                for statement in drops {
                    admin.execute(statement.as_str()).await?;
                }
                Ok::<_, sqlx::Error>(())
            });
            dropped.map_err(std::io::Error::other)
        });
        if !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("database {} was not dropped", self.name);
        }
    }
}

const SERVER: &str = "SEIKETSU_TEST_DATABASE_URL";

async fn admin() -> PgConnection {
    let url = super::service(SERVER);
    let connected = tokio::time::timeout(Duration::from_secs(10), PgConnection::connect(&url)).await;
    connected.expect("Postgres did not answer").unwrap()
}

/// The server's URL with another database; credentials and parameters stay.
fn url_of(database: &str) -> String {
    let server = super::service(SERVER);
    let (path, parameters) =
        server.split_once('?').map_or((server.as_str(), None), |(path, rest)| (path, Some(rest)));
    let (authority, _) = path.rsplit_once('/').expect("the URL of the server names a database");
    let parameters = parameters.map(|rest| format!("?{rest}")).unwrap_or_default();
    format!("{authority}/{database}{parameters}")
}

/// Read at run time: the macro does not notice a new file before something recompiles.
async fn migrator() -> Migrator {
    Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).await.unwrap()
}

/// The migrated template; its name tells the migrations it was made of.
async fn template() -> String {
    let migrator = migrator().await;
    let name = format!("seiketsu_template_{}", fingerprint(&migrator));
    let mut admin = admin().await;
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut admin).await.unwrap();
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    if !exists {
        make_template(&mut admin, &migrator, &name).await;
    }
    admin.close().await.unwrap();
    name
}

/// Migrated under another name and then renamed: the template is whole or absent.
async fn make_template(admin: &mut PgConnection, migrator: &Migrator, name: &str) {
    let making = format!("{name}_making");
    admin.execute(format!("drop database if exists {making} with (force)").as_str()).await.unwrap();
    admin.execute(format!("create database {making}").as_str()).await.unwrap();
    let mut connection = PgConnection::connect(&url_of(&making)).await.unwrap();
    migrator.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    super::wait::until("the template is free to be renamed", Duration::from_secs(10), async || {
        admin.execute(format!("alter database {making} rename to {name}").as_str()).await.is_ok()
    })
    .await;
}

fn fingerprint(migrator: &Migrator) -> String {
    let mut hash = Sha256::new();
    for migration in migrator.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
