//! Named places where a trial may end the process at once, as `kill -9` would, but at that very place.
//!
//! `SEIKETSU_CRASH_POINT=<name>` chooses the place, `<name>:<n>` its nth passage. Without the feature `trial` nothing of
//! this is compiled, so no release can be ended this way.

#[cfg(feature = "trial")]
mod chosen {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    pub(super) struct Chosen {
        pub name: String,
        /// Passages to come, this one included.
        pub left: AtomicU64,
    }

    pub(super) fn chosen() -> Option<&'static Chosen> {
        static CHOSEN: OnceLock<Option<Chosen>> = OnceLock::new();
        CHOSEN.get_or_init(|| parse(&std::env::var("SEIKETSU_CRASH_POINT").ok()?)).as_ref()
    }

    pub(super) fn parse(text: &str) -> Option<Chosen> {
        let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
        let left = AtomicU64::new(nth.parse().ok().filter(|nth| *nth > 0)?);
        Some(Chosen { name: name.to_owned(), left })
    }

    impl Chosen {
        pub fn is_now(&self, name: &str) -> bool {
            self.name == name && self.left.fetch_sub(1, SeqCst) == 1
        }
    }
}

/// Ends the process where this passage of the place is the chosen one.
#[cfg(feature = "trial")]
pub fn reached(name: &str) {
    if chosen::chosen().is_some_and(|chosen| chosen.is_now(name)) {
        eprintln!("crash point {name}");
        std::process::abort();
    }
}

#[cfg(not(feature = "trial"))]
#[inline]
pub fn reached(_: &str) {}

/// A place in the middle of `work`: it has done what it could, such as sending a request, and has to wait.
#[cfg(feature = "trial")]
pub async fn reached_within<T>(name: &str, work: impl Future<Output = T>) -> T {
    let waits = async {
        reached(name);
        std::future::pending().await
    };
    tokio::select! {
        biased;
        done = work => done,
        never = waits => never,
    }
}

#[cfg(not(feature = "trial"))]
#[inline]
pub fn reached_within<F: Future>(_: &str, work: F) -> F {
    work
}

#[cfg(all(test, feature = "trial"))]
mod tests {
    use super::chosen::parse;

    #[test]
    fn a_place_is_chosen_by_its_name_and_passage() {
        let third = parse("relay.produced:3").unwrap();
        let passages = ["relay.produced", "other", "relay.produced", "relay.produced", "relay.produced"];
        assert_eq!(passages.map(|name| third.is_now(name)), [false, false, false, true, false]);
        assert!(parse("append.committed").unwrap().is_now("append.committed"));
    }

    #[test]
    fn what_names_no_passage_chooses_nothing() {
        assert!(parse("append.committed:0").is_none());
        assert!(parse("append.committed:soon").is_none());
    }
}
