use std::time::Duration;

/// How long trials take, and the seed of their loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    pub seed: u64,
    /// Faults come again and again for so long; zero for once.
    pub length: Duration,
}

impl Course {
    /// As `SEIKETSU_TRIAL_SEED` and `SEIKETSU_TRIAL_SECONDS` say; by default, any seed and one round.
    #[must_use]
    pub fn from_env() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let seed = number("SEIKETSU_TRIAL_SEED").unwrap_or_else(|| u64::from(rand::random::<u32>()));
        Self { seed, length: Duration::from_secs(number("SEIKETSU_TRIAL_SECONDS").unwrap_or(0)) }
    }
}
