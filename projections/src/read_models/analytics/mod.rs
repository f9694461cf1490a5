//! What happened in each minute, hour or day, and in the period before: for charts and comparisons. Fresh within
//! moments.
//!
//! Buckets are minutes, hours and days of UTC; an event counts in the bucket it occurred in. A period is widened to
//! whole buckets, and every bucket of it is listed, empty ones with zeros.
//!
//! | subject | metrics |
//! |---|---|
//! | calls | `started`, `connected`; ended as `completed` or `failed`; `escalated`: a human was called for, or it ended handed over; `byOutcome` of all that ended; `durationSeconds` of those where somebody had picked up; `responseTimeMs` per turn |
//! | leads | `created`; how many went on to be `contacted`, `qualified`, have an appointment (`appointments`), be `converted`, be `lost`; `valueCents` of the conversions, by currency |
//! | agents | those of calls, for each agent whose calls made news |
//! | escalations | `raised`, `acknowledged` (first noticed), `resolved`, `cancelled`, `timedOut`; `secondsToAcknowledge` |
//! | consent | `grants`, `revocations`, `checks`, those `allowed` and `denied`, `deniedByRule` by primary reason |
//!
//! A lead counts once in each status it goes through. Breakdowns list what is not zero. Every row is a sum of what
//! single events add, so nothing depends on how streams interleave or where batches end. Rows of minutes may be deleted
//! when they are old; hours and days have rows of their own.

mod count;
mod metrics;
mod period;
mod project;
mod query;

pub use metrics::{AgentMetrics, CallMetrics, ConsentMetrics, EscalationMetrics, LeadMetrics, Measured};
pub use period::{Interval, MAX_BUCKETS, Period};
pub use project::Rollups;
pub use query::{Analytics, AnalyticsError, MAX_FIGURES, Point, Series, Subject, series};
