//! What is broken on purpose, each kind where it can be broken from outside: bytes on their way, processes, disks.
//!
//! Every fault counts how often it struck, because a trial whose fault did not strike has proved nothing.

/// Calls of the kernel that fail or take long, under processes that run.
pub mod disk;
/// Signals to processes.
pub mod process;
/// A TCP connection with something wrong with it.
pub mod proxy;
/// Servers of one trial alone, which can be paused, killed and started again.
pub mod service;
