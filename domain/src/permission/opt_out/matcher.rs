use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::normal::{HARD, SOFT, tokens};
use super::pattern::{Pattern, Spread};
use crate::permission::pack::{Meaning, Pack, PackId, Says};

/// How the words reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Written.
    Text,
    /// Said, and transcribed: without punctuation to rely on.
    Speech,
}

/// What the words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A keyword and nothing else: a withdrawal per se.
    Keyword,
    /// A reasonable person would understand a withdrawal.
    Phrase,
    /// It may be one: taken as one, and somebody looks at it.
    Ambiguous,
    /// A keyword that opts in again with the carrier; no written consent to a seller.
    OptIn,
    /// A keyword that asks for help, which must be answered.
    Help,
    /// Nothing of the kind.
    Nothing,
}

impl Verdict {
    /// Whether it is to be recorded as a withdrawal.
    #[must_use]
    pub fn withdraws(self) -> bool {
        matches!(self, Self::Keyword | Self::Phrase | Self::Ambiguous)
    }

    /// Whether somebody should look at it.
    #[must_use]
    pub fn needs_review(self) -> bool {
        self == Self::Ambiguous
    }
}

/// A verdict and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    pub verdict: Verdict,
    /// The row of the pack, such as `ctia/words.opt-out`; absent where nothing was found.
    pub row: Option<Arc<str>>,
    /// The phrase of the row.
    pub phrase: Option<Arc<str>>,
    pub pack: PackId,
}

/// The words of a pack, ready to be looked for.
#[derive(Debug, Clone)]
pub struct Matcher {
    pack: PackId,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    meaning: Meaning,
    row: Arc<str>,
    phrase: Arc<str>,
    pattern: Pattern,
}

/// Of words that withdraw: people put words in between.
const LOOSE: Spread = Spread { gap: 3, over_commas: true };
/// Of words that are harmless: only just as written, so that they hide nothing else.
const TIGHT: Spread = Spread { gap: 1, over_commas: false };

/// Stands where a harmless word stood; no pattern has it.
const MASKED: &str = "\u{0}";

impl Matcher {
    /// The words in force on a day. Reads a pack once; keep it.
    ///
    /// # Errors
    /// A phrase that is none, in a sentence.
    pub fn try_new(pack: &Pack, day: chrono::NaiveDate) -> Result<Self, String> {
        let mut entries = vec![];
        for row in pack.rows.iter().filter(|row| row.is_in_force(day)) {
            let Says::Words(words) = &row.says else { continue };
            let name: Arc<str> = format!("{}/{}", pack.name.as_str(), row.id).into();
            for phrase in &words.phrases {
                entries.push(Entry {
                    meaning: words.meaning,
                    row: name.clone(),
                    phrase: phrase.as_str().into(),
                    pattern: Pattern::try_new(phrase)?,
                });
            }
        }
        Ok(Self { pack: pack.id(), entries })
    }

    /// What somebody's words say.
    #[must_use]
    pub fn read(&self, text: &str, medium: Medium) -> Reading {
        let tokens = tokens(text);
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        self.keyword(&tokens, medium).or_else(|| self.phrase(&tokens, medium)).unwrap_or_else(|| Reading {
            verdict: Verdict::Nothing,
            row: None,
            phrase: None,
            pack: self.pack.clone(),
        })
    }

    /// A message of just a keyword. Said aloud it may also be meant for the voice that speaks, not for the caller.
    fn keyword(&self, tokens: &[&str], medium: Medium) -> Option<Reading> {
        let words: Vec<&str> =
            tokens.iter().copied().filter(|token| *token != HARD && *token != SOFT).collect();
        let verdict = |meaning| match (meaning, medium) {
            (Meaning::OptOutKeyword, Medium::Text) => Some(Verdict::Keyword),
            (Meaning::OptOutKeyword, Medium::Speech) => Some(Verdict::Ambiguous),
            (Meaning::OptInKeyword, Medium::Text) => Some(Verdict::OptIn),
            (Meaning::HelpKeyword, Medium::Text) => Some(Verdict::Help),
            _ => None,
        };
        self.entries.iter().find_map(|entry| {
            let verdict = verdict(entry.meaning)?;
            entry.pattern.is_all(&words).then(|| self.reading(verdict, entry))
        })
    }

    fn phrase(&self, tokens: &[&str], medium: Medium) -> Option<Reading> {
        let masked = self.mask(tokens);
        if let Some(entry) = self.find(&masked, Meaning::OptOut) {
            return Some(self.reading(Verdict::Phrase, entry));
        }
        if let Some(entry) = self.find(&masked, Meaning::Ambiguous) {
            return Some(self.reading(Verdict::Ambiguous, entry));
        }
        // Without punctuation `don't, stop calling` and `don't stop calling` are the same words.
        let hidden = if medium == Medium::Speech { self.find(tokens, Meaning::OptOut) } else { None };
        hidden.map(|entry| self.reading(Verdict::Ambiguous, entry))
    }

    fn find(&self, tokens: &[&str], meaning: Meaning) -> Option<&Entry> {
        let mut entries = self.entries.iter().filter(|entry| entry.meaning == meaning);
        entries.find(|entry| entry.pattern.find(tokens, LOOSE).is_some())
    }

    /// The words with harmless ones taken out.
    fn mask<'a>(&self, tokens: &[&'a str]) -> Vec<&'a str> {
        let mut masked = tokens.to_vec();
        for entry in self.entries.iter().filter(|entry| entry.meaning == Meaning::Harmless) {
            for start in 0..tokens.len() {
                for place in entry.pattern.at(tokens, start, TIGHT).into_iter().flatten() {
                    masked[place] = MASKED;
                }
            }
        }
        masked
    }

    fn reading(&self, verdict: Verdict, entry: &Entry) -> Reading {
        Reading {
            verdict,
            row: Some(entry.row.clone()),
            phrase: Some(entry.phrase.clone()),
            pack: self.pack.clone(),
        }
    }
}
