//! `make bench`: how fast the product is, as ratios against peers measured in the same run on the same machine.
//!
//! Every chapter starts its own servers, release binaries on databases of their own, and stops them. Postgres runs with
//! fsync on. `BENCH_ONLY=commands,visibility` runs some chapters, `BENCH_SECONDS` sets how long one measurement of a
//! round takes. What the figures mean, and those of our machine: `docs/PERFORMANCE.md`.
#![expect(clippy::expect_used, reason = "a measurement ends at the first surprise")]

mod chapters;
mod rig;

use std::time::Duration;

#[tokio::main]
async fn main() {
    // `cargo test` runs benches too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let admin = std::env::var("SEIKETSU_TEST_DATABASE_URL").expect("run this through `make bench`");
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let wanted = |name: &str| only.is_empty() || only.split(',').any(|one| one.trim() == name);
    let known = |name: &str| name.is_empty() || chapters::NAMES.contains(&name.trim());
    if let Some(unknown) = only.split(',').find(|name| !known(name)) {
        eprintln!("there is no chapter {unknown}; there are {}", chapters::NAMES.join(", "));
        std::process::exit(2);
    }
    for name in chapters::NAMES {
        if wanted(name) {
            println!("\n## {name}\n");
            chapters::run(name, &admin).await;
        }
    }
}

/// How long each measurement of a round takes.
fn seconds() -> Duration {
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|raw| raw.parse().ok()).unwrap_or(3);
    Duration::from_secs(seconds)
}
