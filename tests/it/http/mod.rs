//! The HTTP contract, against the binary.

mod bad_input;
mod commands;
mod compliance;
mod consents;
mod crash;
mod events;
mod freshness;
mod health;
mod lists;
mod operations;
mod outage;
mod permission;
mod roles;
mod tenancy;
