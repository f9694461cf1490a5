//! Phrases as the pack writes them: words, `a|b` for a choice, `*` for a few words in between.

use super::normal::{HARD, SOFT};

/// One phrase, ready to be looked for.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    OneOf(Vec<Box<str>>),
    Gap,
}

/// How a phrase may be spread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// How many words a star may stand for.
    pub(super) gap: usize,
    /// Whether commas may stand between its words.
    pub(super) over_commas: bool,
}

impl Pattern {
    /// More stars would make the search slow on hostile input.
    const GAPS: usize = 3;

    /// # Errors
    /// What is wrong with it, in a sentence.
    pub(super) fn try_new(phrase: &str) -> Result<Self, String> {
        let part = |word: &str| match word {
            "*" => Some(Part::Gap),
            _ => word.split('|').map(plain).collect::<Option<Vec<_>>>().map(Part::OneOf),
        };
        let parts: Option<Vec<Part>> = phrase.split(' ').map(part).collect();
        let parts =
            parts.ok_or_else(|| format!("`{phrase}` has other signs than small letters, bars and stars"))?;
        let gaps = parts.iter().filter(|part| matches!(part, Part::Gap)).count();
        let ends = [parts.first(), parts.last()].into_iter().flatten().any(|part| matches!(part, Part::Gap));
        if ends || gaps > Self::GAPS {
            return Err(format!("`{phrase}` begins or ends with a star, or has more than three"));
        }
        Ok(Self { parts })
    }

    /// The places of its words, where it occurs for the first time.
    pub(super) fn find(&self, tokens: &[&str], spread: Spread) -> Option<Vec<usize>> {
        (0..tokens.len()).find_map(|start| self.at(tokens, start, spread))
    }

    /// The places of its words, where it begins at `start`.
    pub(super) fn at(&self, tokens: &[&str], start: usize, spread: Spread) -> Option<Vec<usize>> {
        let mut places = vec![];
        matches(&self.parts, tokens, start, spread, &mut places).then_some(places)
    }

    /// Whether it is all there is.
    pub(super) fn is_all(&self, words: &[&str]) -> bool {
        let exactly = Spread { gap: 0, over_commas: false };
        self.at(words, 0, exactly).is_some_and(|places| places.len() == words.len())
    }
}

fn plain(word: &str) -> Option<Box<str>> {
    let fine = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fine.then(|| word.into())
}

fn matches(parts: &[Part], tokens: &[&str], at: usize, spread: Spread, places: &mut Vec<usize>) -> bool {
    let Some((part, rest)) = parts.split_first() else { return true };
    match part {
        Part::OneOf(words) => {
            // A comma may precede any word but the first.
            let skips = spread.over_commas && !places.is_empty() && tokens.get(at) == Some(&SOFT);
            let at = at + usize::from(skips);
            let Some(token) = tokens.get(at) else { return false };
            if !words.iter().any(|word| word.as_ref() == *token) {
                return false;
            }
            places.push(at);
            let found = matches(rest, tokens, at + 1, spread, places);
            if !found {
                places.pop();
            }
            found
        }
        Part::Gap => {
            let mut at = at;
            for _ in 0..=spread.gap {
                if matches(rest, tokens, at, spread, places) {
                    return true;
                }
                match tokens.get(at) {
                    None | Some(&HARD) => return false,
                    Some(&SOFT) if !spread.over_commas => return false,
                    _ => at += 1,
                }
            }
            false
        }
    }
}
