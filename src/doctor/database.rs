use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::{Finding, PATIENCE, causes, flow};
use crate::config::{Config, DatabaseConfig};
use crate::migrate::{self, SchemaError};

const DATABASE: &str = "database";
const DURABILITY: &str = "durability";
const SCHEMA: &str = "schema";
const ROLES: &str = "roles";
const ISOLATION: &str = "tenant isolation";
const CONNECTIONS: &str = "connections";

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let Some(url) = &config.database.url else {
        let detail = "none configured; `seiketsu dev` starts its own, every other command refuses";
        return vec![Finding::warning(DATABASE, detail, "set DATABASE_URL")];
    };
    let mut connection = match connect(url.expose()).await {
        Ok(connection) => connection,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    if let Err(error) = examine(&mut connection, config, &mut findings).await {
        let fix = "the database answered before and does not any more, or its login may not read what it should own";
        findings.push(Finding::failed(DATABASE, causes(&error), fix));
    }
    drop(connection.close().await);
    findings
}

async fn connect(url: &str) -> Result<PgConnection, Finding> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| {
            Finding::failed(DATABASE, causes(&error), "expected postgres://user:password@host:port/database")
        })?
        .application_name("seiketsu doctor")
        .options([("statement_timeout", "5s"), ("lock_timeout", "1s")]);
    let place = format!("{}:{}", options.get_host(), options.get_port());
    match tokio::time::timeout(PATIENCE, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => {
            let fix = remedy(&error);
            Err(Finding::failed(DATABASE, format!("{place}: {}", causes(&error)), fix))
        }
        Err(_) => Err(Finding::failed(
            DATABASE,
            format!("{place}: no answer in time"),
            "check host, port and firewalls",
        )),
    }
}

fn remedy(error: &sqlx::Error) -> &'static str {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        Some("28P01" | "28000") => "check user and password in database.url",
        Some("3D000") => "create the database: createdb",
        Some("53300") => "raise max_connections of the server, or lower the pools",
        _ => "check that the server runs and that host and port in database.url are right",
    }
}

async fn examine(
    connection: &mut PgConnection,
    config: &Config,
    findings: &mut Vec<Finding>,
) -> Result<(), sqlx::Error> {
    findings.push(version(connection).await?);
    findings.push(durability(connection).await?);
    findings.push(connections(connection, &config.database).await?);
    let schema = schema(connection).await;
    let migrated = schema.outcome != super::Outcome::Failed;
    findings.push(schema);
    let roles = roles(connection).await?;
    let acting = roles.outcome == super::Outcome::Ok;
    findings.push(roles);
    if migrated && acting {
        findings.push(isolation(connection).await?);
        // Row-level security is forced on the owner, too: it would see no events.
        connection.execute("set role seiketsu_system").await?;
        findings.extend(flow::look(connection, config).await?);
    }
    Ok(())
}

async fn version(connection: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let (number, text): (i32, String) = sqlx::query_as(
        "select current_setting('server_version_num')::int, current_setting('server_version')",
    )
    .fetch_one(connection)
    .await?;
    Ok(match number {
        150_000.. => Finding::ok(DATABASE, format!("PostgreSQL {text} answers")),
        _ => Finding::failed(DATABASE, format!("PostgreSQL {text} is too old"), "use PostgreSQL 15 or newer"),
    })
}

/// A command that was answered is on disk only where Postgres does what it says.
async fn durability(connection: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let off: Vec<String> = sqlx::query_scalar(
        "select name from pg_settings
          where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name",
    )
    .fetch_all(connection)
    .await?;
    if off.is_empty() {
        return Ok(Finding::ok(DURABILITY, "an answered command is on disk"));
    }
    let detail = format!("{} off: a crash may lose commands that were answered", off.join(" and "));
    Ok(Finding::failed(DURABILITY, detail, "turn them on in postgresql.conf"))
}

async fn connections(connection: &mut PgConnection, config: &DatabaseConfig) -> Result<Finding, sqlx::Error> {
    let available: i32 = sqlx::query_scalar(
        "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int",
    )
    .fetch_one(connection)
    .await?;
    let wanted = i64::from(config.tenant_connections) + i64::from(config.system_connections);
    let processes = i64::from(available) / wanted.max(1);
    let detail = format!(
        "a process takes up to {wanted}, the server gives {available}: enough for {processes} processes"
    );
    Ok(match processes {
        0 => Finding::failed(
            CONNECTIONS,
            detail,
            "lower database.tenant_connections, or raise max_connections of the server",
        ),
        1 => Finding::warning(
            CONNECTIONS,
            detail,
            "a second process, or a release that overlaps the last, needs more",
        ),
        _ => Finding::ok(CONNECTIONS, detail),
    })
}

async fn schema(connection: &mut PgConnection) -> Finding {
    let pending = match migrate::pending(connection).await {
        Ok(pending) => pending,
        Err(error @ SchemaError::Changed(_)) => {
            let fix = "restore the file of that migration as it was released; put the change into a new one";
            return Finding::failed(SCHEMA, causes(&error), fix);
        }
        Err(error) => return Finding::failed(SCHEMA, causes(&error), "use the login that owns the schema"),
    };
    if !pending.is_empty() {
        let names: Vec<_> =
            pending.iter().map(|step| format!("{:04} {}", step.version, step.description)).collect();
        return Finding::failed(
            SCHEMA,
            format!("not applied: {}", names.join(", ")),
            "run `seiketsu migrate`",
        );
    }
    match migrate::unknown(connection).await {
        Ok(unknown) if unknown.is_empty() => Finding::ok(SCHEMA, "up to date"),
        Ok(unknown) => {
            let detail = format!(
                "a newer release has migrated this database (to {})",
                unknown.iter().max().unwrap_or(&0)
            );
            Finding::warning(SCHEMA, detail, "finish the release: bring every process to the newer version")
        }
        Err(error) => Finding::failed(SCHEMA, causes(&error), ""),
    }
}

/// Tried rather than read from the catalogue: what being a member means differs between versions.
async fn roles(connection: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    for role in ["seiketsu_app", "seiketsu_system"] {
        let Err(error) = connection.execute(format!("set role {role}").as_str()).await else { continue };
        let login: String = sqlx::query_scalar("select session_user").fetch_one(&mut *connection).await?;
        let code = error.as_database_error().and_then(|error| error.code()).map(String::from);
        return Ok(match code.as_deref() {
            Some("22023") => Finding::failed(
                ROLES,
                format!("{role} does not exist"),
                "run `seiketsu migrate` as a login that may create roles",
            ),
            _ => Finding::failed(
                ROLES,
                format!("{login} may not act as {role}"),
                format!("as a superuser: grant {role} to \"{login}\""),
            ),
        });
    }
    connection.execute("reset role").await?;
    Ok(Finding::ok(ROLES, "the login may act as seiketsu_app and seiketsu_system"))
}

/// Every table with a tenant must be behind the second wall.
async fn isolation(connection: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let (tables, open): (i64, Vec<String>) = sqlx::query_as(
        "select count(*), coalesce(array_agg(c.oid::regclass::text order by c.oid::regclass::text)
                              filter (where not (c.relrowsecurity and c.relforcerowsecurity)), '{}')
           from pg_class c
           join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
           join pg_namespace n on n.oid = c.relnamespace
          where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema|rebuild_|retired_)'",
    )
    .fetch_one(connection)
    .await?;
    if open.is_empty() {
        return Ok(Finding::ok(
            ISOLATION,
            format!("row-level security is forced on all {tables} tables with a tenant"),
        ));
    }
    let detail = format!("without forced row-level security: {}", open.join(", "));
    let fix = format!("alter table {} enable row level security, force row level security", open[0]);
    Ok(Finding::failed(ISOLATION, detail, fix))
}
