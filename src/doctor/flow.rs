use chrono::{DateTime, Utc};
use seiketsu_projections::{Projection, read_models, store};
use sqlx::{FromRow, PgConnection};

use super::Finding;
use crate::clock;
use crate::config::Config;

const PROJECTIONS: &str = "projections";
const DEAD_LETTERS: &str = "dead letters";
const RELAY: &str = "relay";

/// An event that waits longer than this was forgotten, not queued.
const SLOW_SECONDS: i64 = 60;

/// How far events have come, as `seiketsu_system` sees it.
pub(super) async fn look(
    connection: &mut PgConnection,
    config: &Config,
) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = Vec::new();
    let only = &config.projections.only;
    for projection in
        read_models::all().iter().filter(|p| only.is_empty() || only.iter().any(|name| name == p.name()))
    {
        findings.extend(lagging(connection, projection.as_ref()).await?);
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PROJECTIONS, "every read model is current"));
    }
    findings.push(dead_letters(connection).await?);
    if config.kafka.brokers.is_some() {
        findings.push(relay(connection).await?);
    }
    Ok(findings)
}

/// What there is to say about a read model that is not current.
async fn lagging(
    connection: &mut PgConnection,
    projection: &dyn Projection,
) -> Result<Option<Finding>, sqlx::Error> {
    let (name, version) = (projection.name(), projection.version());
    let versions: Vec<i32> =
        sqlx::query_scalar("select distinct version from projection_checkpoints where projection = $1")
            .bind(name)
            .fetch_all(&mut *connection)
            .await?;
    if !versions.is_empty() && !versions.contains(&version) {
        let detail = format!("{name} was built by version {}, this release has {version}", versions[0]);
        return Ok(Some(Finding::failed(PROJECTIONS, detail, format!("run `seiketsu rebuild {name}`"))));
    }
    let position: i64 = sqlx::query_scalar("select projection_watermark($1, $2)")
        .bind(name)
        .bind(version)
        .fetch_one(&mut *connection)
        .await?;
    let seconds = waiting_seconds(connection, position).await?;
    Ok((seconds > SLOW_SECONDS).then(|| {
        let detail = format!(
            "{name} has not applied an event that is {seconds} s old (it stands at position {position})"
        );
        Finding::failed(
            PROJECTIONS,
            detail,
            "is `seiketsu project` (or `serve --with-projections`) running? Its log says what holds it up",
        )
    }))
}

/// The age of the first event after a position; 0 where there is none.
async fn waiting_seconds(connection: &mut PgConnection, position: i64) -> Result<i64, sqlx::Error> {
    let oldest: Option<DateTime<Utc>> =
        sqlx::query_scalar("select recorded_at from events where position > $1 order by position limit 1")
            .bind(position)
            .fetch_optional(connection)
            .await?;
    Ok(oldest.map_or(0, |oldest| (clock::now().get() - oldest).num_seconds().max(0)))
}

#[derive(FromRow)]
struct Parked {
    projection: String,
    failed: i64,
    held_back: i64,
}

async fn dead_letters(connection: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let parked: Vec<Parked> = sqlx::query_as(
        "select projection, count(*) filter (where error is not null) as failed,
                count(*) filter (where error is null) as held_back
           from dead_letters where projection !~ '^(rebuild|retired)_' group by projection order by projection",
    )
    .fetch_all(connection)
    .await?;
    let Some(first) = parked.first() else { return Ok(Finding::ok(DEAD_LETTERS, "none")) };
    let lines = parked
        .iter()
        .map(|p| format!("{}: {} failed, {} wait behind them", p.projection, p.failed, p.held_back));
    let detail = lines.collect::<Vec<_>>().join("; ");
    let then = match read_models::find(&first.projection) {
        Some(_) => format!("; after the fix, run `seiketsu parked retry {}`", first.projection),
        None => String::new(),
    };
    let fix = format!("`seiketsu parked list` says why{then}");
    Ok(Finding::failed(DEAD_LETTERS, detail, fix))
}

async fn relay(connection: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let found: Option<(i64, bool)> =
        sqlx::query_as("select position, lease_until > now() from relay order by position desc limit 1")
            .fetch_optional(&mut *connection)
            .await?;
    let (position, active) = found.unwrap_or((0, false));
    let seconds = waiting_seconds(connection, position).await?;
    let head = store::head(connection).await?;
    let detail = format!("at position {position} of {head}");
    Ok(match (active, seconds > SLOW_SECONDS) {
        (true, false) => Finding::ok(RELAY, detail),
        (true, true) => Finding::failed(
            RELAY,
            format!("{detail}, an event waits for {seconds} s"),
            "its log says what holds it up",
        ),
        (false, false) => {
            Finding::warning(RELAY, format!("{detail}, but none is running"), "start `seiketsu relay`")
        }
        (false, true) => Finding::failed(
            RELAY,
            format!("none is running, and an event waits for {seconds} s"),
            "start `seiketsu relay`",
        ),
    })
}
