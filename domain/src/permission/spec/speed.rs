//! How long a decision takes. No assertion: the figure depends on the machine. To see it:
//! `cargo test --release -p seiketsu-domain speed -- --ignored --nocapture`

use super::*;

#[test]
#[ignore = "a measurement, not a test"]
#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn the_median_of_a_decision() {
    let mut many = call("+14152345678", TUESDAY);
    let past = before(&many, 30 * 86_400);
    ledger(&mut many).grants = (0..50).map(|number| written(past.plus_seconds(number))).collect();
    for (name, facts) in [
        ("allowed, one zone", call("+14152345678", TUESDAY)),
        ("allowed, fifty grants", many),
        ("denied, two zones, with the next moment", call("+18502345678", "2026-11-24T13:30:00Z")),
        ("toll-free, every zone and state", call("+18002345678", "2026-11-24T22:30:00Z")),
        ("toll-free, with the next moment", call("+18002345678", TUESDAY)),
    ] {
        let mut nanoseconds: Vec<u128> = (0..20_000)
            .map(|_| {
                let start = std::time::Instant::now();
                std::hint::black_box(decide(packs(), std::hint::black_box(&facts)));
                start.elapsed().as_nanos()
            })
            .collect();
        nanoseconds.sort_unstable();
        println!("{name}: median {} ns, p99 {} ns", nanoseconds[10_000], nanoseconds[19_800]);
    }
}
