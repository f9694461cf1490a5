//! Passwords: argon2id, a bounded number at a time.
//!
//! A login is the most expensive thing a stranger can ask of us: 19 MiB and some 20 ms of a core. As many run as
//! there are cores, a few wait, the rest are told to come back.

use std::num::NonZero;
use std::sync::Arc;

use argon2::password_hash::SaltString;
use argon2::password_hash::rand_core::OsRng;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::AuthError;

/// NIST SP 800-63B-4: the least for a password that is the only factor.
pub const MIN_CHARACTERS: usize = 15;
/// Longer ones are nobody's password.
pub const MAX_BYTES: usize = 256;

/// Verified where there is no user, so that a stranger learns nothing from the time it takes. Nobody's password.
pub(super) const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2Vpa2V0c3Utbm9ib2R5IQ$qk2xvPb9JY9vS0x0mJp2Q0ZyTnYxQ3hXbDZ0aEtqR0E";

/// How many logins wait for a core before others are turned away; a second or so of work.
const WAITING_PER_CORE: usize = 32;

/// Minimum of the OWASP password storage cheat sheet: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// The hash to store; a PHC string. Takes some 20 ms of a core.
///
/// # Errors
/// The password is too short or too long.
pub fn hash(password: &str) -> Result<String, WeakPassword> {
    if password.chars().count() < MIN_CHARACTERS || password.len() > MAX_BYTES {
        return Err(WeakPassword);
    }
    let salt = SaltString::generate(&mut OsRng);
    hasher().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(|_| WeakPassword)
}

/// A password nobody should have.
#[derive(Debug, thiserror::Error)]
#[error("a password must have at least {MIN_CHARACTERS} characters and at most {MAX_BYTES} bytes")]
pub struct WeakPassword;

/// Whether `hash` was made of `password`. Takes as long as hashing, whatever the password.
pub(crate) fn matches(password: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        tracing::error!("a stored password hash does not parse");
        return false;
    };
    // What is too long to be a password costs no more than one.
    let password = &password.as_bytes()[..password.len().min(MAX_BYTES + 1)];
    hasher().verify_password(password, &parsed).is_ok()
}

/// A place in the queue for a core, and the core.
#[derive(Clone)]
pub(super) struct Turns {
    places: Arc<Semaphore>,
    cores: Arc<Semaphore>,
}

/// The right to hash one password.
pub(super) struct Turn {
    _place: OwnedSemaphorePermit,
    _core: OwnedSemaphorePermit,
}

impl Turns {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::of(cores, cores * WAITING_PER_CORE)
    }

    fn of(cores: usize, waiting: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(cores + waiting)), cores: Arc::new(Semaphore::new(cores)) }
    }

    pub async fn take(&self) -> Result<Turn, AuthError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| AuthError::Busy)?;
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| AuthError::Busy)?;
        Ok(Turn { _place: place, _core: core })
    }
}

impl Turn {
    /// Runs `work` off the async threads. It runs to its end even if nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let worked = tokio::task::spawn_blocking(move || {
            let _turn = self;
            work()
        });
        // Only a server that is going down refuses the work.
        worked.await.map_err(|_| AuthError::Busy)
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHash;

    use super::{AuthError, MAX_BYTES, NOBODY, Turns, hash, matches};

    #[test]
    fn a_hash_is_argon2id_with_the_recommended_parameters_and_a_salt_of_its_own() {
        let (one, other) =
            (hash("correct horse battery").expect("fine"), hash("correct horse battery").expect("fine"));
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(matches("correct horse battery", &one) && matches("correct horse battery", &other));
        assert!(!matches("correct horse batterY", &one));
    }

    #[test]
    fn passwords_are_taken_as_they_are() {
        for password in [
            "  spaces around it  ",
            "пароль длинный очень",
            "🐎🔋📎🐎🔋📎🐎🔋📎🐎🔋📎🐎🔋📎",
            "nul\0 in the middle",
        ] {
            let hash = hash(password).expect("long enough");
            assert!(matches(password, &hash), "{password:?}");
            assert!(!matches(password.trim_end_matches(['e', ' ', 'ь', '📎']), &hash), "{password:?} cut");
        }
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(hash("fourteen chars").is_err());
        assert!(hash(&"x".repeat(MAX_BYTES + 1)).is_err());
        let longest = "x".repeat(MAX_BYTES);
        let hash = hash(&longest).expect("fine");
        assert!(matches(&longest, &hash));
        assert!(!matches(&format!("{longest}y"), &hash), "what is cut off counts as different");
        assert!(!matches(&"é".repeat(1_000_000), &hash));
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_anybodys() {
        let nobody = PasswordHash::new(NOBODY).expect("a PHC string");
        let somebody = hash("correct horse battery").expect("fine");
        let somebody = PasswordHash::new(&somebody).expect("a PHC string");
        assert_eq!(
            (nobody.algorithm, nobody.version, &nobody.params),
            (somebody.algorithm, somebody.version, &somebody.params)
        );
        assert_eq!(nobody.hash.map(|hash| hash.len()), somebody.hash.map(|hash| hash.len()));
    }

    #[test]
    fn a_damaged_hash_matches_nothing() {
        assert!(
            !matches("", "") && !matches("x", "plain") && !matches("x", "$argon2id$v=19$m=19456,t=2,p=1$")
        );
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_turned_away_at_once() {
        let turns = Turns::of(1, 1);
        let working = turns.take().await.expect("the core");
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take().await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(matches!(turns.take().await, Err(AuthError::Busy)));
        assert_eq!(working.run(|| 7).await.expect("runs"), 7);
        waiting.await.expect("no panic").expect("its turn came");
    }
}
