//! Trials of the running server.
//!
//! A **trial** drives the real server over HTTP, records what its clients saw (the **history**), breaks something on
//! purpose (the **fault**), lets everything heal, collects what the system holds (the **evidence**: event table, topics,
//! read models, logs) and **checks** history against evidence. A trial whose fault did not fire, or whose load lacked a
//! kind of operation, has failed; a check that never caught a planted bug proves nothing.
//!
//! ```text
//! let load = Load::start(config).await?;        // clients work from here on
//! load.until(2_000).await;                      // break something, heal it
//! let settled = load.settle(deadline).await?;   // stop, and learn every outcome
//! let evidence = Evidence::collect(&sources, &settled.tenants).await?;
//! let report = check::all(&History::read(&settled.history)?, &evidence);
//! assert!(report.is_clean(), "{report}");
//! ```

/// What must hold between history and evidence.
pub mod check;
/// What the system holds when all is over.
pub mod evidence;
/// What is broken on purpose.
pub mod fault;
/// What the clients did and saw.
pub mod history;
/// Clients at work.
pub mod load;
/// From the beginning of a trial to its verdict.
pub mod run;
