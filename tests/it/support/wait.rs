use std::time::{Duration, Instant};

/// Looks again and again until `condition` holds; fails the test, naming `what`, when `deadline` has passed.
pub async fn until(what: &str, deadline: Duration, mut condition: impl AsyncFnMut() -> bool) {
    some(what, deadline, async || condition().await.then_some(())).await;
}

/// As [`until`], for a condition that yields something.
pub async fn some<T>(what: &str, deadline: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < deadline, "waited {deadline:?} in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
