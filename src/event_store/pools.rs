use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;

use seiketsu_domain::ids::TenantId;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, Postgres, Transaction};

use crate::admission::{Admission, Place, Room};

/// Two pools over one database: one that sees a single tenant at a time, one that sees all.
///
/// Every connection gives up the rights of its login for one of the two roles before it is used.
#[derive(Clone, Debug)]
pub struct Pools {
    tenant: PgPool,
    /// Shares the tenant connections out, so that one tenant's queries do not keep the others waiting.
    turns: Admission,
    system: PgPool,
    /// Connections for whoever only looks single keys up; see [`KEY_PLANS`].
    keyed: PgConnectOptions,
}

/// How many connections a process may hold, and how long it waits for one.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    pub tenant: u32,
    pub system: u32,
}

/// A transaction in one tenant, and the tenant's place among those who share the connections. Undone unless committed.
#[derive(Debug)]
pub struct TenantTransaction {
    transaction: Transaction<'static, Postgres>,
    /// Nothing can have been written.
    only_reads: bool,
    _place: Place,
}

impl TenantTransaction {
    /// Commits; the connection and the place are free then. Where nothing was written nobody waits for the end.
    ///
    /// # Errors
    /// The database says no, or cannot be reached.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        if self.only_reads { Ok(()) } else { self.transaction.commit().await }
    }

    /// Undoes it now: what it has locked is free when this returns, and not some time after it was dropped.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.transaction.rollback().await
    }
}

impl Deref for TenantTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.transaction
    }
}

impl DerefMut for TenantTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

const READ_ONLY: &str = "BEGIN READ ONLY";

/// Queries of one tenant that may wait for a connection; none waits longer than [`ACQUIRE_TIMEOUT`].
const LONGEST_LINE: usize = 1024;

/// A request does not wait longer than this for a connection: better a clear 503 than a queue.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// Appends and projections look single keys up. Their plans are made once, when the tables may still be empty and
/// reading them whole looks cheap, and then kept: so they must go through the indexes from the first day.
const KEY_PLANS: [(&str, &str); 3] =
    [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("enable_bitmapscan", "off")];

/// A connection that rested longer than this is asked whether it still lives before it is used: a server that
/// restarted meanwhile shall not cost a request, and asking every time would cost each a round trip.
pub(super) const RESTED: Duration = Duration::from_secs(1);

impl Pools {
    /// Pools that connect on first use.
    ///
    /// # Errors
    /// Where `url` is not a Postgres URL.
    pub fn new(url: &str, sizes: PoolSizes) -> Result<Self, sqlx::Error> {
        let connections = usize::try_from(sizes.tenant).unwrap_or(usize::MAX);
        let room = Room { places: connections, contended: connections, line: LONGEST_LINE };
        Ok(Self {
            turns: Admission::new(room),
            tenant: role_pool(options(url, "5s")?, "seiketsu_app", sizes.tenant, ACQUIRE_TIMEOUT),
            system: role_pool(options(url, "60s")?, "seiketsu_system", sizes.system, ACQUIRE_TIMEOUT),
            keyed: options(url, "60s")?.options(KEY_PLANS),
        })
    }

    /// A read-only transaction that sees the rows of one tenant: one round trip, then the query.
    ///
    /// # Errors
    /// The database cannot be reached, or no connection is free in time.
    pub async fn read_as(&self, tenant: TenantId) -> Result<TenantTransaction, sqlx::Error> {
        self.begin_as(tenant, READ_ONLY).await
    }

    /// A transaction that may write what the tenant role may write, in one tenant.
    ///
    /// # Errors
    /// See [`Pools::read_as`].
    pub async fn write_as(&self, tenant: TenantId) -> Result<TenantTransaction, sqlx::Error> {
        self.begin_as(tenant, "BEGIN").await
    }

    async fn begin_as(&self, tenant: TenantId, begin: &str) -> Result<TenantTransaction, sqlx::Error> {
        let turn = tokio::time::timeout(ACQUIRE_TIMEOUT, self.turns.enter(tenant)).await;
        let place = turn.ok().and_then(Result::ok).ok_or(sqlx::Error::PoolTimedOut)?;
        // A UUID prints hexadecimal digits and dashes only, so it needs no quoting.
        let only_reads = begin == READ_ONLY;
        let begin = format!("{begin}; SET LOCAL seiketsu.tenant_id = '{}'", tenant.0);
        let transaction = self.tenant.begin_with(begin).await?;
        Ok(TenantTransaction { transaction, only_reads, _place: place })
    }

    /// Connections that see all tenants: append, relay, projections, login. Never for a request's query.
    #[must_use]
    pub fn system(&self) -> &PgPool {
        &self.system
    }

    /// A connection of its own for a lane of appends, outside the pools.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(super) async fn connect_to_append(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.keyed).await?;
        connection.execute("SET ROLE seiketsu_system").await?;
        Ok(connection)
    }

    /// Connections of its own for a worker of projections, outside the pools: the worker takes one for each of its
    /// groups and keeps it, and reads over another.
    #[must_use]
    pub fn for_projections(&self) -> PgPool {
        role_pool(self.keyed.clone(), "seiketsu_system", 2, ACQUIRE_TIMEOUT)
    }

    /// Connections that see all tenants, for a job that runs for long: it waits a minute for one where a request gives up.
    ///
    /// # Errors
    /// Where `url` is not a Postgres URL.
    pub fn for_a_job(url: &str, size: u32) -> Result<PgPool, sqlx::Error> {
        Ok(role_pool(options(url, "60s")?, "seiketsu_system", size, Duration::from_secs(60)))
    }

    /// Ends the connections of both pools; lanes and workers end theirs when they end.
    pub async fn close(&self) {
        self.tenant.close().await;
        self.system.close().await;
    }
}

fn role_pool(options: PgConnectOptions, role: &'static str, size: u32, patience: Duration) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(patience)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move { Ok(about.idle_for < RESTED || connection.ping().await.is_ok()) })
        })
        .after_release(|connection, _| {
            // Whoever gave up waiting gives back a connection whose other end may be gone without a word; it would be
            // asked for ever, and keep its place in the pool.
            Box::pin(async move {
                let answer = tokio::time::timeout(ACQUIRE_TIMEOUT, connection.ping()).await;
                answer.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(format!("SET ROLE {role}").as_str()).await.map(drop) })
        })
        .connect_lazy_with(options)
}

fn options(url: &str, statement_timeout: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(url)?.application_name("seiketsu").options([
        ("statement_timeout", statement_timeout),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
        // Postgres compiles large plans to machine code, which costs more than our short queries.
        ("jit", "off"),
    ]))
}
