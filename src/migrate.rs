//! The schema, brought up to date. The migrations of `migrations/` are part of the program.
//!
//! Any number of processes may do this at once: a lock in the database lets one work while the others wait and then
//! find nothing to do. Migrations only add, so that processes of the release before go on working beside the new
//! schema; what a newer release has applied is left alone.

use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};
use sqlx::{Connection, Executor, PgConnection};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long to wait for another process that migrates.
const PATIENCE: Duration = Duration::from_secs(300);

/// A step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub version: i64,
    pub description: String,
}

impl From<&Migration> for Step {
    fn from(migration: &Migration) -> Self {
        Self { version: migration.version, description: migration.description.to_string() }
    }
}

/// Why the schema is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("the database cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("another process has been migrating this database for too long")]
    Busy,
    /// The file changed after it was applied. It must become what it was; the change belongs into a new one.
    #[error("migration {0} is not what was applied to this database")]
    Changed(i64),
    #[error("migration failed")]
    Failed(#[source] MigrateError),
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMismatch(version) => Self::Changed(version),
            MigrateError::Execute(error) => Self::Database(error),
            other => Self::Failed(other),
        }
    }
}

/// Applies what is missing, as the login itself: it owns the schema. Returns what was applied.
///
/// # Errors
/// See [`SchemaError`]. Steps before the failed one stay applied; the failed one leaves nothing.
pub async fn run(url: &str) -> Result<Vec<Step>, SchemaError> {
    let mut connection = PgConnection::connect(url).await?;
    tokio::time::timeout(PATIENCE, connection.lock()).await.map_err(|_| SchemaError::Busy)??;
    let missing = pending(&mut connection).await?;
    // Not the migrator's own loop: it would refuse a schema that a newer release has extended.
    connection.ensure_migrations_table().await?;
    for migration in MIGRATIONS.iter().filter(|m| missing.iter().any(|step| step.version == m.version)) {
        connection.apply(migration).await?;
        tracing::info!(version = migration.version, description = %migration.description, "migrated");
    }
    // Readiness is asked of a pool, whose connections have given up the rights of the login.
    connection.execute("grant select on _sqlx_migrations to seiketsu_system").await?;
    connection.unlock().await?;
    connection.close().await?;
    Ok(missing)
}

/// What this release would apply: asked by the login or, once [`run`] has been, by `seiketsu_system`.
///
/// # Errors
/// [`SchemaError::Database`], and [`SchemaError::Changed`] where an applied step differs from ours.
pub async fn pending(connection: &mut PgConnection) -> Result<Vec<Step>, SchemaError> {
    let applied = applied(connection).await?;
    let mut missing = Vec::new();
    for migration in MIGRATIONS.iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => missing.push(migration.into()),
            Some((_, checksum)) if *checksum == *migration.checksum => {}
            Some((version, _)) => return Err(SchemaError::Changed(*version)),
        }
    }
    Ok(missing)
}

/// Versions that the database has and this release does not know: a newer release has been here.
///
/// # Errors
/// The database cannot be reached.
pub async fn unknown(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let applied = applied(connection).await?;
    Ok(applied
        .into_iter()
        .map(|(version, _)| version)
        .filter(|version| !MIGRATIONS.version_exists(*version))
        .collect())
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<(i64, Vec<u8>)>, sqlx::Error> {
    let migrated: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !migrated {
        return Ok(Vec::new());
    }
    sqlx::query_as("select version, checksum from _sqlx_migrations where success order by version")
        .fetch_all(&mut *connection)
        .await
}
