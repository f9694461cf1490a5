use std::collections::{BTreeMap, HashMap};

use chrono::{Duration, NaiveTime};
use seiketsu_domain::escalation::Priority;
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::lead::LeadStatus;
use seiketsu_domain::permission::rule::Rule;
use seiketsu_domain::values::{Ratio, Timestamp};
use serde::Serialize;
use sqlx::PgConnection;

use super::LiveDashboard;
use crate::page::{AsOf, QueryError, as_of};
use crate::read_models::word::{value, word};

/// How things stand and how today went; what each number means is in the module documentation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dashboard {
    pub as_of: AsOf,
    pub calls: DashboardCalls,
    pub leads: DashboardLeads,
    pub escalations: DashboardEscalations,
    pub consent: DashboardConsent,
}

/// Calls now and today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardCalls {
    pub active: i64,
    pub started_today: i64,
    pub completed_today: i64,
    pub escalated_today: i64,
    pub average_duration_seconds: Option<i64>,
    pub average_response_time_ms: Option<i64>,
}

/// Leads that are not archived, and those that came in today.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardLeads {
    pub total: i64,
    pub new_today: i64,
    /// Every status is listed.
    pub by_status: BTreeMap<LeadStatus, i64>,
    pub hot: i64,
    pub conversion_rate: Option<Ratio>,
}

/// Escalations that wait, and how long those noticed today had waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardEscalations {
    pub open: i64,
    pub overdue: i64,
    /// Of the open ones; every priority is listed.
    pub by_priority: BTreeMap<Priority, i64>,
    pub median_seconds_to_acknowledge: Option<i64>,
}

/// Consent today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardConsent {
    pub grants_today: i64,
    pub revocations_today: i64,
    pub checks_today: i64,
    pub denied_today: i64,
    /// By the primary reason; a rule that denied nothing today is not listed.
    pub denied_by_rule: BTreeMap<Rule, i64>,
}

/// The dashboard of a tenant at `now`.
///
/// # Errors
/// The database cannot be reached.
pub async fn get(read: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<Dashboard, QueryError> {
    let as_of = as_of(&mut *read, &LiveDashboard, tenant).await?;
    let numbers = Numbers::read(read, tenant, now).await?;
    Ok(Dashboard {
        as_of,
        calls: numbers.calls(),
        leads: numbers.leads()?,
        escalations: numbers.escalations()?,
        consent: numbers.consent()?,
    })
}

/// All counters, by metric and dimension.
struct Numbers(HashMap<String, HashMap<String, i64>>);

impl Numbers {
    /// One statement, so that all numbers are of the same moment.
    async fn read(read: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<Self, sqlx::Error> {
        let today = now.date().and_time(NaiveTime::MIN).and_utc();
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "select metric, dimension, value from read_models.dashboard_days where tenant_id = $1 and day = $2
             union all
             select metric, dimension, value from read_models.dashboard_totals where tenant_id = $1
             union all
             select 'escalations.open', priority, count(*)
               from read_models.dashboard_escalations where tenant_id = $1 and open group by priority
             union all
             select 'escalations.overdue', '', count(*)
               from read_models.dashboard_escalations
              where tenant_id = $1 and open and acknowledged_at is null and due_at <= $3
             union all
             select 'escalations.median_seconds', '',
                    round((percentile_cont(0.5) within group (order by waited_seconds))::numeric)::bigint
               from read_models.dashboard_escalations
              where tenant_id = $1 and acknowledged_at >= $4 and acknowledged_at < $5
             having count(*) > 0",
        )
        .bind(tenant.0)
        .bind(now.date())
        .bind(now.get())
        .bind(today)
        .bind(today + Duration::days(1))
        .fetch_all(read)
        .await?;
        let mut numbers = Self(HashMap::new());
        for (metric, dimension, value) in rows {
            numbers.0.entry(metric).or_default().insert(dimension, value);
        }
        Ok(numbers)
    }

    fn find(&self, metric: &str, dimension: &str) -> Option<i64> {
        self.0.get(metric)?.get(dimension).copied()
    }

    fn number(&self, metric: &str) -> i64 {
        self.find(metric, "").unwrap_or(0)
    }

    /// A number for each of `all`, zeros included.
    fn each<T: Ord + Serialize + Copy>(
        &self,
        metric: &str,
        all: &[T],
    ) -> Result<BTreeMap<T, i64>, serde_json::Error> {
        all.iter().map(|one| Ok((*one, self.find(metric, &word(one)?).unwrap_or(0)))).collect()
    }

    fn average(&self, sum: &str, count: &str) -> Option<i64> {
        let count = self.number(count);
        (count > 0).then(|| (self.number(sum) + count / 2) / count)
    }

    fn calls(&self) -> DashboardCalls {
        DashboardCalls {
            active: self.number("calls.active"),
            started_today: self.number("calls.started"),
            completed_today: self.number("calls.completed"),
            escalated_today: self.number("calls.escalated"),
            average_duration_seconds: self.average("calls.seconds", "calls.talks"),
            average_response_time_ms: self.average("calls.response_time_ms", "calls.turns"),
        }
    }

    fn leads(&self) -> Result<DashboardLeads, QueryError> {
        use LeadStatus as S;
        let all = [S::New, S::Contacted, S::Qualified, S::AppointmentSet, S::Converted, S::Lost];
        let by_status = self.each("leads", &all)?;
        let total = by_status.values().sum();
        Ok(DashboardLeads {
            total,
            new_today: self.number("leads.created"),
            conversion_rate: share(by_status.get(&S::Converted).copied().unwrap_or(0), total),
            by_status,
            hot: self.number("leads.hot"),
        })
    }

    fn escalations(&self) -> Result<DashboardEscalations, QueryError> {
        let all = [Priority::Critical, Priority::High, Priority::Normal];
        let by_priority = self.each("escalations.open", &all)?;
        Ok(DashboardEscalations {
            open: by_priority.values().sum(),
            overdue: self.number("escalations.overdue"),
            by_priority,
            median_seconds_to_acknowledge: self.find("escalations.median_seconds", ""),
        })
    }

    fn consent(&self) -> Result<DashboardConsent, QueryError> {
        // Rules of long ago read as those of today, so two names may be one rule.
        let mut denied_by_rule = BTreeMap::new();
        for (rule, count) in self.0.get("consent.denied_by_rule").into_iter().flatten() {
            *denied_by_rule.entry(value(rule)?).or_default() += count;
        }
        Ok(DashboardConsent {
            grants_today: self.number("consent.grants"),
            revocations_today: self.number("consent.revocations"),
            checks_today: self.number("consent.checks"),
            denied_today: self.number("consent.denied"),
            denied_by_rule,
        })
    }
}

/// A share rounded to six decimals, as all shares are; `None` of nothing.
fn share(part: i64, whole: i64) -> Option<Ratio> {
    if whole <= 0 {
        return None;
    }
    let millionths = (part as f64 / whole as f64 * 1e6).round();
    Ratio::try_new(millionths / 1e6).ok()
}
