use std::collections::HashMap;

use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::metrics::{Figure, Metrics};
use super::{AgentMetrics, CallMetrics, ConsentMetrics, EscalationMetrics, LeadMetrics, MAX_BUCKETS, Period};
use crate::page::QueryError;

/// What a series is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Subject {
    Calls,
    Leads,
    Agents,
    Escalations,
    Consent,
}

impl Subject {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Leads => "leads",
            Self::Agents => "agents",
            Self::Escalations => "escalations",
            Self::Consent => "consent",
        }
    }
}

/// The most figures an answer is made of. Only very many agents over very many buckets come to more.
pub const MAX_FIGURES: usize = 100_000;

/// Why there is no series.
#[derive(Debug, thiserror::Error)]
pub enum AnalyticsError {
    #[error("the period must start before it ends")]
    EmptyPeriod,
    #[error(
        "the period has {buckets} buckets, more than {MAX_BUCKETS}; choose a longer interval or a shorter period"
    )]
    TooManyBuckets { buckets: i64 },
    #[error("the answer has more than {MAX_FIGURES} figures; choose a longer interval or a shorter period")]
    TooManyFigures,
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// The series of a subject, in the metrics of that subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Analytics {
    Calls(Series<CallMetrics>),
    Leads(Series<LeadMetrics>),
    Agents(Series<AgentMetrics>),
    Escalations(Series<EscalationMetrics>),
    Consent(Series<ConsentMetrics>),
}

/// A period bucket by bucket and as a whole, and the period of the same length before it as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Series<M> {
    /// Every bucket, in order.
    pub series: Vec<Point<M>>,
    pub totals: M,
    pub previous: M,
}

/// One bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point<M> {
    /// Its first moment.
    pub at: Timestamp,
    #[serde(flatten)]
    pub metrics: M,
}

/// What happened to `subject` in the period, bucket by bucket.
///
/// # Errors
/// [`AnalyticsError::TooManyFigures`], or the database cannot be reached.
pub async fn series(
    read: &mut PgConnection,
    tenant: TenantId,
    subject: Subject,
    period: &Period,
) -> Result<Analytics, AnalyticsError> {
    let figures = figures(read, tenant, subject, period).await.map_err(QueryError::from)?;
    if figures.len() > MAX_FIGURES {
        return Err(AnalyticsError::TooManyFigures);
    }
    let analytics = match subject {
        Subject::Calls => assemble(period, &figures).map(Analytics::Calls),
        Subject::Leads => assemble(period, &figures).map(Analytics::Leads),
        Subject::Agents => assemble(period, &figures).map(Analytics::Agents),
        Subject::Escalations => assemble(period, &figures).map(Analytics::Escalations),
        Subject::Consent => assemble(period, &figures).map(Analytics::Consent),
    };
    Ok(analytics.map_err(QueryError::from)?)
}

/// One statement, so that the two periods are of the same moment; the previous one is added up on the way.
async fn figures(
    read: &mut PgConnection,
    tenant: TenantId,
    subject: Subject,
    period: &Period,
) -> Result<Vec<Figure>, sqlx::Error> {
    sqlx::query_as(
        "select case when r.bucket >= $5 then r.bucket end as at, r.dimension, r.metric,
                sum(r.count)::bigint as count, least(sum(r.sum), 9223372036854775807)::bigint as sum
           from read_models.analytics_rollups r
          where r.tenant_id = $1 and r.subject = $2 and r.grain = $3 and r.bucket >= $4 and r.bucket < $6
          group by 1, 2, 3
          limit $7",
    )
    .bind(tenant.0)
    .bind(subject.name())
    .bind(period.interval().name())
    .bind(period.previous_from())
    .bind(period.from())
    .bind(period.to())
    .bind(i64::try_from(MAX_FIGURES).unwrap_or(i64::MAX).saturating_add(1))
    .fetch_all(read)
    .await
}

fn assemble<M: Metrics>(period: &Period, figures: &[Figure]) -> Result<Series<M>, serde_json::Error> {
    let (mut totals, mut previous) = (M::default(), M::default());
    let mut buckets: HashMap<_, M> = HashMap::new();
    for figure in figures {
        match figure.at {
            Some(at) => {
                buckets.entry(at).or_default().add(figure)?;
                totals.add(figure)?;
            }
            None => previous.add(figure)?,
        }
    }
    let point = |at| Point { at: Timestamp::new(at), metrics: buckets.remove(&at).unwrap_or_default() };
    Ok(Series { series: period.starts().map(point).collect(), totals, previous })
}
