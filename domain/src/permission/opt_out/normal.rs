//! Words as they are compared: lower case, without accents and apostrophes, with sentence ends and commas kept.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The end of a sentence.
pub(super) const HARD: &str = ".";
/// A comma.
pub(super) const SOFT: &str = ",";

/// How much of each end of a text is read; withdrawals stand at an end, and nobody writes more by hand.
const END: usize = 8 * 1024;

/// The words and breaks of a text. Of a very long one, its beginning and its end.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut found = Tokens::default();
    if text.len() <= 2 * END {
        found.read(text);
    } else {
        found.read(&text[..boundary(text, END)]);
        found.push(HARD);
        found.read(&text[boundary(text, text.len() - END)..]);
    }
    contract(spelt_out(found.done))
}

/// The last place at or before `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

#[derive(Default)]
struct Tokens {
    done: Vec<String>,
    word: String,
}

impl Tokens {
    fn read(&mut self, text: &str) {
        for letter in text.nfkd().filter(|letter| !is_invisible(*letter)) {
            match letter {
                '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{02BC}' | '\u{00B4}' => {}
                '.' | '!' | '?' | ';' | ':' | '\n' | '\r' => self.push(HARD),
                ',' => self.push(SOFT),
                _ if letter.is_alphanumeric() => self.word.extend(letter.to_lowercase().map(latin)),
                _ => self.end_word(),
            }
        }
        self.end_word();
    }

    fn push(&mut self, token: &str) {
        self.end_word();
        self.done.push(token.to_owned());
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.done.push(without_runs(&self.word));
            self.word.clear();
        }
    }
}

/// Leaves one of three or more of the same letter, so that `stoppp` is `stop`.
fn without_runs(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let runs = letters.chunk_by(|a, b| a == b);
    runs.flat_map(|run| if run.len() < 3 { run } else { &run[..1] }).collect()
}

/// Accents, and characters that show nothing: they are put into words to slip past filters.
fn is_invisible(letter: char) -> bool {
    is_combining_mark(letter)
        || matches!(letter, '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// The Latin letter a Cyrillic or Greek one looks like.
fn latin(letter: char) -> char {
    const ALIKE: [(char, char); 22] = [
        ('а', 'a'),
        ('в', 'b'),
        ('е', 'e'),
        ('і', 'i'),
        ('ј', 'j'),
        ('к', 'k'),
        ('м', 'm'),
        ('н', 'h'),
        ('о', 'o'),
        ('р', 'p'),
        ('с', 'c'),
        ('ѕ', 's'),
        ('т', 't'),
        ('у', 'y'),
        ('х', 'x'),
        ('α', 'a'),
        ('ε', 'e'),
        ('ι', 'i'),
        ('ο', 'o'),
        ('ρ', 'p'),
        ('τ', 't'),
        ('υ', 'u'),
    ];
    ALIKE.iter().find(|(other, _)| *other == letter).map_or(letter, |(_, latin)| *latin)
}

/// Joins letters that stand alone: `s t o p` and `S.T.O.P.` are `stop`.
fn spelt_out(tokens: Vec<String>) -> Vec<String> {
    let alone = |token: &String| token.chars().nth(1).is_none() && token.chars().all(char::is_alphabetic);
    let is_break = |token: &String| token == HARD || token == SOFT;
    let mut joined = vec![];
    let mut rest = tokens.as_slice();
    while let Some(first) = rest.first() {
        let span = rest.iter().take_while(|token| alone(token) || is_break(token)).count();
        let word: String = rest[..span].iter().filter(|token| alone(token)).map(String::as_str).collect();
        if alone(first) && word.chars().count() >= 3 {
            joined.push(word);
            rest = &rest[span..];
        } else {
            joined.push(first.clone());
            rest = &rest[1..];
        }
    }
    joined
}

/// Writes negations in one word, as the patterns have them: `do not` is `dont`.
fn contract(tokens: Vec<String>) -> Vec<String> {
    let mut contracted: Vec<String> = vec![];
    for token in tokens {
        let before = contracted.last().map(String::as_str);
        let one = match (before, token.as_str()) {
            (Some("do"), "not") | (Some("don"), "t") => "dont",
            (Some("can"), "not") => "cant",
            (Some("did"), "not") => "didnt",
            (Some("have"), "not") => "havent",
            (_, "cannot") => {
                contracted.push("cant".to_owned());
                continue;
            }
            _ => {
                contracted.push(token);
                continue;
            }
        };
        contracted.pop();
        contracted.push(one.to_owned());
    }
    contracted
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn words_are_compared_without_what_only_dresses_them() {
        for (raw, expected) in [
            ("STOP.", "stop ."),
            ("Don\u{2019}t  call,me", "dont call , me"),
            ("do not", "dont"),
            ("opt-out", "opt out"),
            ("ｓｔｏｐ", "stop"),
            ("s\u{200b}to\u{301}p", "stop"),
            ("ѕтор", "stop"),
            ("stoppp", "stop"),
            ("S.T.O.P.", "stop"),
            ("s t o p", "stop"),
            ("🛑 stop 🛑", "stop"),
            ("I am a b", "i am a b"),
        ] {
            assert_eq!(tokens(raw).join(" "), expected, "{raw}");
        }
    }

    #[test]
    fn of_a_very_long_text_both_ends_are_read() {
        let long = format!("first {} last", "é".repeat(1_000_000));
        let tokens = tokens(&long);
        assert_eq!(
            (tokens.first().map(String::as_str), tokens.last().map(String::as_str)),
            (Some("first"), Some("last"))
        );
    }
}
