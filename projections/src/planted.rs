//! Bugs that a trial plants on purpose, to see that its checks find them.
//!
//! `SEIKETSU_PLANTED_BUG=<name>` chooses one. Without the feature `trial` no bug is ever planted, and the compiler leaves
//! out what each of them would do.

/// Whether the bug of this name is planted in this process.
#[cfg(feature = "trial")]
#[must_use]
pub fn bug(name: &str) -> bool {
    static PLANTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    PLANTED.get_or_init(|| std::env::var("SEIKETSU_PLANTED_BUG").ok()).as_deref() == Some(name)
}

#[cfg(not(feature = "trial"))]
#[must_use]
pub const fn bug(_: &str) -> bool {
    false
}
