/// The accept loop.
pub mod server;
