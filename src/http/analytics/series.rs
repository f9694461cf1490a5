use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::values::Timestamp;
use seiketsu_projections::read_models::analytics::{
    self, AgentMetrics, AnalyticsError, CallMetrics, ConsentMetrics, EscalationMetrics, Interval,
    LeadMetrics, Period, Rollups, Series, Subject,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::clock;
use crate::http::answer::shown;
use crate::http::problem::Problem;
use crate::http::request::{AnalyticsRead, Ask};

/// Which period to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SeriesParams {
    /// Where absent: an hour, a day or thirty days before `to`, by the interval.
    from: Option<Timestamp>,
    /// Where absent: now. The period ends before it.
    to: Option<Timestamp>,
    /// Width of a bucket; `hour` where absent.
    #[param(inline)]
    interval: Option<Interval>,
}

impl SeriesParams {
    fn period(&self) -> Result<Period, Problem> {
        let interval = self.interval.unwrap_or(Interval::Hour);
        let to = self.to.unwrap_or_else(|| clock::now().plus_seconds(1));
        let from = self.from.unwrap_or_else(|| to.plus_seconds(-usual_seconds(interval)));
        Ok(Period::new(from, to, interval)?)
    }
}

/// How far back one looks who does not say.
fn usual_seconds(interval: Interval) -> i64 {
    match interval {
        Interval::Minute => 3600,
        Interval::Hour => 24 * 3600,
        Interval::Day => 30 * 24 * 3600,
    }
}

impl From<AnalyticsError> for Problem {
    fn from(error: AnalyticsError) -> Self {
        let detail = error.to_string();
        match error {
            AnalyticsError::EmptyPeriod => Self::unacceptable("?from", "period_empty", detail),
            AnalyticsError::TooManyBuckets { .. } => {
                Self::unacceptable("?interval", "period_too_long", detail)
            }
            AnalyticsError::TooManyFigures => Self::unacceptable("?interval", "answer_too_large", detail),
            AnalyticsError::Query(error) => error.into(),
        }
    }
}

async fn answer(
    app: &App,
    ask: Ask<AnalyticsRead, SeriesParams>,
    subject: Subject,
) -> Result<Response, Problem> {
    let period = ask.filter.period()?;
    let arrived = app.arrive(&ask.freshness, &Rollups).await?;
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let series = analytics::series(&mut read, ask.tenant(), subject, &period).await?;
    read.commit().await?;
    Ok(shown(arrived, &series))
}

macro_rules! subjects {
    ($($(#[$meta:meta])* $name:ident($path:literal, $subject:ident, $metrics:ty);)+) => {$(
        $(#[$meta])*
        #[utoipa::path(get, path = $path, tag = "analytics", params(SeriesParams),
            responses((status = 200, description = "Bucket by bucket", body = Series<$metrics>)))]
        pub async fn $name(
            State(app): State<App>,
            ask: Ask<AnalyticsRead, SeriesParams>,
        ) -> Result<Response, Problem> {
            answer(&app, ask, Subject::$subject).await
        }
    )+};
}

subjects! {
    /// Get what happened in calls
    get_calls("/analytics/calls", Calls, CallMetrics);
    /// Get what happened to leads
    get_leads("/analytics/leads", Leads, LeadMetrics);
    /// Get what happened in the calls of each agent
    get_agents("/analytics/agents", Agents, AgentMetrics);
    /// Get what happened to escalations
    get_escalations("/analytics/escalations", Escalations, EscalationMetrics);
    /// Get what happened to consent
    get_consent("/analytics/consent", Consent, ConsentMetrics);
}
