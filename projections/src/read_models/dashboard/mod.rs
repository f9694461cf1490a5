//! How things stand right now, and how today went: for whoever keeps an eye on an organization. Fresh within moments.
//!
//! **Today** is the UTC day of `now`. An event counts on the UTC day it occurred, which is not always the day we
//! heard of it: a consent given last week and recorded today counts last week.
//!
//! | number | meaning |
//! |---|---|
//! | `calls.active` | calls whose line is open |
//! | `calls.completedToday` | calls that ended today as `completed` |
//! | `calls.escalatedToday` | calls for which a human was called for the first time today, or that ended handed over |
//! | `calls.averageDurationSeconds` | over the calls that ended today, cancelled ones included, if somebody had picked up |
//! | `calls.averageResponseTimeMs` | over the turns measured today |
//! | `leads` | leads that are not archived; `newToday` counts archived ones too |
//! | `leads.hot` | leads somebody should act on: hot, neither won nor lost |
//! | `leads.conversionRate` | the share of `total` that is converted |
//! | `escalations.overdue` | open ones that nobody has noticed although they are due |
//! | `escalations.medianSecondsToAcknowledge` | over those first noticed today: acknowledged, assigned or connected |
//!
//! Averages, medians and rates are null where there is nothing to take them of. They are rounded half up: averages and
//! medians to whole units, rates to six decimals.
//!
//! All counters are sums of what single events add, and an event tells all that is needed to know it. So the numbers
//! depend neither on how streams interleave nor on where batches end.

mod count;
mod project;
mod query;

pub use project::LiveDashboard;
pub use query::{Dashboard, DashboardCalls, DashboardConsent, DashboardEscalations, DashboardLeads, get};
