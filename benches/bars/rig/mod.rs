//! What measurements are made with.

pub mod client;
pub mod external;
pub mod figures;
pub mod log;
pub mod peers;
pub mod server;
