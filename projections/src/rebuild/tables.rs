use sqlx::{Connection, Executor, PgConnection};

/// Makes sure that no other rebuild fills the same schema while this connection lives.
pub(super) async fn claim(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    connection.execute("set role seiketsu_system; set statement_timeout = 0").await?;
    sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended($1, 0))")
        .bind(schema)
        .fetch_one(connection)
        .await
}

/// Makes empty tables with the columns, keys and indexes of the live ones.
pub(super) async fn create(
    connection: &mut PgConnection,
    schema: &str,
    tables: &[&str],
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN; SET LOCAL ROLE NONE").await?;
    let mut sql = format!(
        "drop schema if exists {schema} cascade; create schema {schema};
         grant usage on schema {schema} to seiketsu_system;"
    );
    for table in tables {
        sql.push_str(&format!(
            "create table {schema}.{table} (like read_models.{table} including all);
             grant select, insert, update, delete on {schema}.{table} to seiketsu_system;"
        ));
    }
    transaction.execute(sql.as_str()).await?;
    for table in tables {
        copy_options(&mut transaction, schema, table).await?;
    }
    transaction.commit().await
}

/// `like` leaves out storage parameters.
async fn copy_options(connection: &mut PgConnection, schema: &str, table: &str) -> Result<(), sqlx::Error> {
    let options: Option<String> = sqlx::query_scalar(
        "select array_to_string(reloptions, ', ') from pg_class where oid = ('read_models.' || $1)::regclass",
    )
    .bind(table)
    .fetch_one(&mut *connection)
    .await?;
    if let Some(options) = options {
        connection.execute(format!("alter table {schema}.{table} set ({options})").as_str()).await?;
    }
    Ok(())
}

/// Puts the new tables in the place of the live ones, with the same walls and the same grants.
pub(super) async fn exchange(
    transaction: &mut PgConnection,
    schema: &str,
    tables: &[&str],
) -> Result<(), sqlx::Error> {
    transaction.execute("set local role none").await?;
    for table in tables {
        let grants: Vec<String> = sqlx::query_scalar(
            "select format('grant %s on read_models.%I to %I', privilege_type, table_name, grantee)
               from information_schema.role_table_grants
              where table_schema = 'read_models' and table_name = $1 and grantee <> current_user",
        )
        .bind(table)
        .fetch_all(&mut *transaction)
        .await?;
        let exchange = format!(
            "drop table read_models.{table};
             alter table {schema}.{table} set schema read_models;
             select protect_tenant_table('read_models.{table}', '');"
        );
        transaction.execute(exchange.as_str()).await?;
        for grant in grants {
            transaction.execute(grant.as_str()).await?;
        }
    }
    transaction.execute(format!("drop schema {schema}").as_str()).await.map(drop)
}
