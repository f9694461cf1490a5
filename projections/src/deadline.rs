//! The end of patience with a database that answers nothing.
//!
//! A connection whose other end is gone without a word stays open for as long as the system likes, and a statement on it
//! waits as long: no timeout of the server's is left to end it. Loops that run for the life of a process wait through
//! `in_time`.

use std::time::Duration;

/// Longer than any statement or transaction of ours takes that is answered at all.
const LONGEST: Duration = Duration::from_secs(30);

/// What `work` yields.
///
/// # Errors
/// What `work` fails with, or that it took too long; its connection is not to be used again then.
pub async fn in_time<T, E: From<sqlx::Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match tokio::time::timeout(LONGEST, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    }
}
