use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Matcher, Medium, Verdict};
use crate::permission::pack::{Pack, PackName, SHIPPED};

fn matcher() -> &'static Matcher {
    static MATCHER: LazyLock<Matcher> = LazyLock::new(shipped);
    &MATCHER
}

fn shipped() -> Matcher {
    let text = SHIPPED.iter().find(|(name, _)| *name == PackName::Ctia).expect("shipped").1;
    let day = "2026-11-24".parse().expect("a day");
    Matcher::try_new(&Pack::parse(text).expect("valid"), day).expect("phrases")
}

fn written(text: &str) -> Verdict {
    matcher().read(text, Medium::Text).verdict
}

fn said(text: &str) -> Verdict {
    matcher().read(text, Medium::Speech).verdict
}

/// One line per example: verdict, tab, words. The verdicts of speech stand under `speech`.
const CORPUS: &str = include_str!("corpus.tsv");

#[test]
fn the_corpus_is_read_as_people_mean_it() {
    let matcher = matcher();
    let mut wrong = vec![];
    for line in CORPUS.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (medium, expected, words) =
            (fields.next().expect("medium"), fields.next().expect("verdict"), fields.next().expect("words"));
        let medium = if medium == "speech" { Medium::Speech } else { Medium::Text };
        let expected: Verdict = serde_json::from_str(&format!("\"{expected}\"")).expect("a verdict");
        let reading = matcher.read(words, medium);
        if reading.verdict != expected {
            wrong.push(format!("{words}: {:?} by {:?}, not {expected:?}", reading.verdict, reading.phrase));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(CORPUS.lines().count() > 150);
}

#[test]
fn every_keyword_of_the_rule_withdraws_in_any_dress() {
    for word in
        ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe", "optout", "stopall", "stop all"]
    {
        for dressed in [word.to_owned(), word.to_uppercase(), format!("  {word}!! "), format!("\"{word}.\"")]
        {
            assert_eq!(written(&dressed), Verdict::Keyword, "{dressed}");
        }
    }
}

#[test]
fn a_reading_names_the_row_and_phrase_it_rests_on() {
    let reading = matcher().read("please dont text me anymore thx", Medium::Text);
    assert_eq!(reading.verdict, Verdict::Phrase);
    assert_eq!(reading.row.as_deref(), Some("ctia/words.opt-out"));
    assert!(reading.phrase.expect("a phrase").contains("dont"));
    assert_eq!(reading.pack.to_string(), "ctia@2026.11");
}

#[test]
fn a_single_stop_said_aloud_withdraws_and_is_looked_at() {
    assert_eq!(said("Stop."), Verdict::Ambiguous);
    assert!(said("stop").withdraws() && said("stop").needs_review());
}

#[test]
fn what_a_comma_would_change_is_looked_at_where_there_are_no_commas() {
    assert_eq!(written("Don't stop texting me"), Verdict::Nothing);
    assert_eq!(written("Don't, stop texting me"), Verdict::Phrase);
    assert_eq!(said("don't stop calling me"), Verdict::Ambiguous);
}

#[test]
fn hostile_text_is_read_in_bounded_time() {
    let matcher = matcher();
    for text in [
        "stop ".repeat(400_000),
        "dont ".repeat(400_000),
        "take me ".repeat(400_000),
        "s t o p ".repeat(400_000),
        "a".repeat(3_000_000),
        "\u{FDFA}".repeat(500_000),
        "e\u{301}\u{302}\u{303}".repeat(300_000),
        "\u{200B}".repeat(1_000_000),
        "\0\u{FFFF}\u{10FFFF}".repeat(100_000),
        String::new(),
    ] {
        assert_eq!(matcher.read(&text, Medium::Text), matcher.read(&text, Medium::Text));
        assert_eq!(matcher.read(&text, Medium::Speech), matcher.read(&text, Medium::Speech));
    }
}

#[test]
fn a_withdrawal_at_the_end_of_an_endless_text_is_heard() {
    let text = format!("{} please stop texting me", "lorem ipsum ".repeat(100_000));
    assert_eq!(written(&text), Verdict::Phrase);
}

#[test]
fn a_phrase_that_is_none_is_refused() {
    let text = SHIPPED.iter().find(|(name, _)| *name == PackName::Ctia).expect("shipped").1;
    let text = text.replacen("\"revoke\"", "\"Révoke!\"", 1);
    let pack = Pack::parse(&text);
    assert_eq!(pack.expect_err("refused")[0].code, "phrase_invalid");
}

proptest! {
    #[test]
    fn any_text_is_read_and_the_same_way_again(text in "\\PC{0,200}") {
        let matcher = matcher();
        prop_assert_eq!(matcher.read(&text, Medium::Text), matcher.read(&text, Medium::Text));
    }

    #[test]
    fn words_before_and_after_a_sentence_do_not_hide_a_withdrawal(
        before in "([a-z]{1,8} ){0,6}", after in "( [a-z]{1,8}){0,6}"
    ) {
        let text = format!("{before}. Stop calling me. {after}");
        prop_assert!(written(&text).withdraws(), "{}", text);
        prop_assert!(said(&text).withdraws(), "{}", text);
    }
}
