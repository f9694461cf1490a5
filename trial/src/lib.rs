//! Trials of the running server.
//!
//! A **trial** drives the real server over HTTP, records what its clients saw (the **history**), breaks something on
//! purpose (the **fault**), lets everything heal, collects what the system holds (the **evidence**: event table, topics,
//! read models, logs) and **checks** history against evidence. A trial whose fault did not fire, or whose load lacked a
//! kind of operation, has failed; a check that never caught a planted bug proves nothing.

/// What is broken on purpose.
pub mod fault;
