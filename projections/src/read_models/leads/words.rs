//! The words a lead is found by, and the searches for them.
//!
//! A word is a lexeme of a `tsvector`, and the search looks for its beginning. Each carries a code of its tenant, so
//! that the words of a tenant lie side by side in the index and a search reads no others.
//!
//! | of | words | found by |
//! |---|---|---|
//! | names, source, tags | each word; `O'Brien` also as `obrien` | `bri`, `obri` |
//! | email | the whole, the domain, each word of the mailbox | `ada@ex`, `example.com`, `lovelace` |
//! | phone | all digits, the last ten, all from the end | `+1415`, `415`, `(415) 555-0123`, `0123` |
//! | tag | the whole, for the filter | exactly |

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::lead::Lead;
use seiketsu_domain::values::{Email, Phone, Tag};

/// What a search reads at most: characters, and words of them.
const MAX_QUERY: usize = 200;
const MAX_TERMS: usize = 10;
/// Fewer digits than these are no end of a phone number.
const PHONE_END: usize = 4;
/// Digits of a number within North America, and of many others within their countries.
const NATIONAL: usize = 10;
/// Before the digits of a phone number from its end.
const FROM_END: char = '~';
/// Before a whole tag.
const WHOLE_TAG: char = ':';

/// Between the words of [`of`]; no value has it.
pub(super) const SEPARATOR: &str = "\n";

/// The words of a lead.
pub(super) fn of(tenant: TenantId, lead: &Lead) -> String {
    let mut words: Vec<String> = Vec::new();
    for name in [&lead.first_name, &lead.last_name].into_iter().flatten() {
        words.extend(of_text(name.as_str()));
    }
    words.extend(lead.source.iter().flat_map(|source| of_text(source.as_str())));
    words.extend(lead.tags.iter().flat_map(|tag| of_text(tag.as_str())));
    words.extend(lead.tags.iter().map(whole_tag));
    words.extend(lead.email.iter().flat_map(of_email));
    words.extend(lead.phone.iter().flat_map(of_phone));
    let code = code(tenant);
    words.iter().map(|word| format!("{code}{word}")).collect::<Vec<_>>().join(SEPARATOR)
}

/// The terms of a search for leads that have all words of `text`, and the tag: `tsquery`s, all of which must match.
/// `None` where the text has no words, which no lead has.
pub(super) fn terms(tenant: TenantId, text: Option<&str>, tag: Option<&Tag>) -> Option<Vec<String>> {
    let code = code(tenant);
    let mut terms = Vec::new();
    if let Some(text) = text {
        terms = terms_of(&code, text);
        if terms.is_empty() {
            return None;
        }
    }
    terms.extend(tag.map(|tag| lexeme(&code, &whole_tag(tag))));
    Some(terms)
}

fn terms_of(code: &str, text: &str) -> Vec<String> {
    let text: String = text.chars().take(MAX_QUERY).collect::<String>().to_lowercase();
    let mut chunks =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|chunk| has_word(chunk)).peekable();
    let mut terms = Vec::new();
    while let Some(chunk) = chunks.next() {
        if !is_number(chunk) {
            terms.push(term_of_chunk(code, chunk));
            continue;
        }
        // People write one number in several pieces.
        let mut pieces = vec![chunk];
        while let Some(piece) = chunks.next_if(|chunk| is_number(chunk)) {
            pieces.push(piece);
        }
        terms.push(term_of_number(code, &pieces));
    }
    terms.truncate(MAX_TERMS);
    terms
}

fn term_of_chunk(code: &str, chunk: &str) -> String {
    let words = split(chunk).map(|word| beginning(code, word)).collect::<Vec<_>>().join(" & ");
    if chunk.contains('@') {
        beginning(code, chunk.trim_start_matches('@'))
    } else if chunk.contains('.') {
        // Half of an address is a word as it is written; everything else is not.
        format!("({} | ({words}))", beginning(code, chunk))
    } else {
        format!("({words})")
    }
}

fn term_of_number(code: &str, pieces: &[&str]) -> String {
    let digits: String = pieces.iter().flat_map(|piece| piece.chars()).filter(char::is_ascii_digit).collect();
    let words = pieces.iter().flat_map(|piece| split(piece)).map(|word| beginning(code, word));
    let mut ways = vec![format!("({})", words.collect::<Vec<_>>().join(" & ")), beginning(code, &digits)];
    // Within a country a number often begins with a zero that its international form lacks.
    for end in [digits.as_str(), digits.trim_start_matches('0')] {
        if end.len() >= PHONE_END {
            ways.push(beginning(code, &from_end(end)));
        }
    }
    ways.dedup();
    format!("({})", ways.join(" | "))
}

fn has_word(chunk: &str) -> bool {
    chunk.chars().any(char::is_alphanumeric)
}

fn is_number(chunk: &str) -> bool {
    chunk.chars().any(|c| c.is_ascii_digit())
        && chunk.chars().all(|c| c.is_ascii_digit() || !c.is_alphanumeric())
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn of_text(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut words: Vec<String> = split(&text).map(str::to_owned).collect();
    for chunk in text.split_whitespace().filter(|chunk| split(chunk).nth(1).is_some()) {
        words.push(split(chunk).collect());
    }
    words
}

fn of_email(email: &Email) -> Vec<String> {
    let email = email.as_str().to_lowercase();
    let (mailbox, domain) = email.rsplit_once('@').unwrap_or((&email, ""));
    let mut words: Vec<String> = split(mailbox).map(str::to_owned).collect();
    words.push(domain.to_owned());
    words.push(email);
    words
}

fn of_phone(phone: &Phone) -> Vec<String> {
    let digits = phone.as_str().trim_start_matches('+');
    let national = digits.len().checked_sub(NATIONAL).and_then(|start| digits.get(start..));
    [digits.to_owned(), from_end(digits)].into_iter().chain(national.map(str::to_owned)).collect()
}

fn from_end(digits: &str) -> String {
    std::iter::once(FROM_END).chain(digits.chars().rev()).collect()
}

fn whole_tag(tag: &Tag) -> String {
    format!("{WHOLE_TAG}{tag}")
}

/// Eight characters that few tenants share. Rows are told apart by their tenant; this only keeps words apart.
fn code(tenant: TenantId) -> String {
    let [.., a, b, c, d, e, f] = *tenant.0.as_bytes();
    BASE64.encode([a, b, c, d, e, f])
}

fn beginning(code: &str, word: &str) -> String {
    format!("{}:*", lexeme(code, word))
}

fn lexeme(code: &str, word: &str) -> String {
    format!("'{code}{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use seiketsu_domain::ids::TenantId;
    use uuid::Uuid;

    use super::{of_email, of_phone, of_text, terms};

    const TENANT: TenantId = TenantId(Uuid::nil());

    fn found_by(text: &str) -> String {
        terms(TENANT, Some(text), None).expect("words").join(" & ").replace("AAAAAAAA", "")
    }

    #[test]
    fn a_name_with_punctuation_is_found_with_and_without_it() {
        assert_eq!(of_text("Mary-Jane O'Brien"), ["mary", "jane", "o", "brien", "maryjane", "obrien"]);
        assert_eq!(found_by("o'brien"), "('o':* & 'brien':*)");
    }

    #[test]
    fn an_address_is_found_whole_and_by_its_parts() {
        let email = "Ada.Lovelace@Example.com".parse().expect("an email");
        assert_eq!(of_email(&email), ["ada", "lovelace", "example.com", "ada.lovelace@example.com"]);
        assert_eq!(found_by("ADA@ex"), "'ada@ex':*");
        assert_eq!(found_by("@example.com"), "'example.com':*");
        assert_eq!(found_by("ada.love"), "('ada.love':* | ('ada':* & 'love':*))");
    }

    #[test]
    fn a_phone_number_is_found_from_either_end_in_any_notation() {
        let phone = "+14155552671".parse().expect("a number");
        assert_eq!(of_phone(&phone), ["14155552671", "~17625555141", "4155552671"]);
        assert_eq!(
            found_by("(415) 555-2671"),
            "(('415':* & '555':* & '2671':*) | '4155552671':* | '~1762555514':*)"
        );
        assert_eq!(found_by("415"), "(('415':*) | '415':*)");
    }

    #[test]
    fn what_has_no_words_finds_nothing_and_quotes_stay_quotes() {
        assert_eq!(terms(TENANT, Some("  !!! & | :* "), None), None);
        assert_eq!(found_by("a'b\\c@d"), "'a''b\\\\c@d':*");
    }

    #[test]
    fn a_search_has_bounds() {
        assert!(found_by(&"x".repeat(10_000)).len() < 300);
        assert_eq!(found_by(&"x ".repeat(100)).matches("':*").count(), 10);
    }
}
