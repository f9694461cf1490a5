//! `sqlx::migrate!` reads the folder when the crate is compiled, and cannot tell Cargo that a file was added.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
