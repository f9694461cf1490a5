//! Whether somebody's words withdraw: keywords and natural language, in texts and in speech.
//!
//! Promises: the same words give the same answer; case, punctuation, accents, apostrophes, look-alike letters and
//! invisible characters do not matter; any input is read in bounded time. Errs on the side of hearing a withdrawal:
//! what may be one is taken as one, and marked for somebody to look at (47 CFR 64.1200(a)(10)).
//!
//! The words are those of pack `ctia`, so that they are dated, versioned and cited like any other rule. There is no
//! model in it: what it says can be repeated and explained.

mod matcher;
mod normal;
mod pattern;
#[cfg(test)]
mod spec;

pub use matcher::{Matcher, Medium, Reading, Verdict};

/// Whether a phrase of a pack can be looked for.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(in crate::permission) fn check(phrase: &str) -> Result<(), String> {
    pattern::Pattern::try_new(phrase).map(drop)
}
