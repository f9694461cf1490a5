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
/// Shorter beginnings are too common to be looked up; they only narrow down what longer ones find.
const TELLING: usize = 3;
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

/// Which leads to find: `tsquery`s of a search, of a tag, or of both.
#[derive(Debug, PartialEq)]
pub(super) struct Search {
    /// For the index.
    pub telling: String,
    /// For the rows it leads to.
    pub whole: String,
}

/// The search for leads that have all words of `text`, and the tag. `None` where the text has no words, which no
/// lead has.
pub(super) fn search(tenant: TenantId, text: Option<&str>, tag: Option<&Tag>) -> Option<Search> {
    let code = code(tenant);
    let mut terms: Vec<Term> = Vec::new();
    if let Some(text) = text {
        terms.extend(terms_of(&code, text));
        if terms.is_empty() {
            return None;
        }
    }
    terms.extend(tag.map(|tag| Term { tsquery: lexeme(&code, &whole_tag(tag)), length: TELLING }));
    let all =
        |terms: &[&Term]| terms.iter().map(|term| term.tsquery.as_str()).collect::<Vec<_>>().join(" & ");
    let telling: Vec<&Term> = terms.iter().filter(|term| term.length >= TELLING).collect();
    let whole = all(&terms.iter().collect::<Vec<_>>());
    Some(Search { telling: if telling.is_empty() { whole.clone() } else { all(&telling) }, whole })
}

struct Term {
    tsquery: String,
    /// In characters, of what is looked for.
    length: usize,
}

fn terms_of(code: &str, text: &str) -> Vec<Term> {
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

fn term_of_chunk(code: &str, chunk: &str) -> Term {
    let words: Vec<&str> = split(chunk).collect();
    let length = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
    let apart = words.iter().map(|word| beginning(code, word)).collect::<Vec<_>>().join(" & ");
    let tsquery = if chunk.contains('@') {
        beginning(code, chunk.trim_start_matches('@'))
    } else if chunk.contains('.') {
        // Half of an address is a word as it is written; everything else is not.
        format!("({} | ({apart}))", beginning(code, chunk))
    } else {
        format!("({apart})")
    };
    Term { tsquery, length }
}

fn term_of_number(code: &str, pieces: &[&str]) -> Term {
    let digits: String = pieces.iter().flat_map(|piece| piece.chars()).filter(char::is_ascii_digit).collect();
    let apart = pieces.iter().flat_map(|piece| split(piece)).map(|word| beginning(code, word));
    let mut ways = vec![format!("({})", apart.collect::<Vec<_>>().join(" & ")), beginning(code, &digits)];
    // Within a country a number often begins with a zero that its international form lacks.
    for end in [digits.as_str(), digits.trim_start_matches('0')] {
        if end.len() >= PHONE_END {
            ways.push(beginning(code, &from_end(end)));
        }
    }
    Term { tsquery: format!("({})", ways.join(" | ")), length: digits.len() }
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

    use super::{Search, of_email, of_phone, of_text, search};

    const TENANT: TenantId = TenantId(Uuid::nil());

    fn found_by(text: &str) -> Option<Search> {
        let plain = |tsquery: String| tsquery.replace("AAAAAAAA", "");
        search(TENANT, Some(text), None)
            .map(|found| Search { telling: plain(found.telling), whole: plain(found.whole) })
    }

    fn whole(text: &str) -> String {
        found_by(text).expect("words").whole
    }

    #[test]
    fn a_name_with_punctuation_is_found_with_and_without_it() {
        assert_eq!(of_text("Mary-Jane O'Brien"), ["mary", "jane", "o", "brien", "maryjane", "obrien"]);
        assert_eq!(whole("o'brien"), "('o':* & 'brien':*)");
    }

    #[test]
    fn an_address_is_found_whole_and_by_its_parts() {
        let email = "Ada.Lovelace@Example.com".parse().expect("an email");
        assert_eq!(of_email(&email), ["ada", "lovelace", "example.com", "ada.lovelace@example.com"]);
        assert_eq!(whole("ADA@ex"), "'ada@ex':*");
        assert_eq!(whole("@example.com"), "'example.com':*");
        assert_eq!(whole("ada.love"), "('ada.love':* | ('ada':* & 'love':*))");
    }

    #[test]
    fn a_phone_number_is_found_from_either_end_in_any_notation() {
        let phone = "+14155552671".parse().expect("a number");
        assert_eq!(of_phone(&phone), ["14155552671", "~17625555141", "4155552671"]);
        assert_eq!(
            whole("(415) 555-2671"),
            "(('415':* & '555':* & '2671':*) | '4155552671':* | '~1762555514':* | '~1762555514':*)"
        );
        assert_eq!(whole("415"), "(('415':*) | '415':*)");
    }

    #[test]
    fn common_beginnings_only_narrow_down() {
        let found = found_by("j smith").expect("words");
        assert_eq!(found.telling, "('smith':*)");
        assert_eq!(found.whole, "('j':*) & ('smith':*)");
        assert_eq!(found_by("jo").expect("words").telling, "('jo':*)");
    }

    #[test]
    fn what_has_no_words_finds_nothing_and_quotes_stay_quotes() {
        assert_eq!(found_by("  !!! & | :* "), None);
        assert_eq!(whole("a'b\\c@d"), "'a''b\\\\c@d':*");
    }

    #[test]
    fn a_search_has_bounds() {
        assert!(whole(&"x".repeat(10_000)).len() < 300);
        assert_eq!(whole(&"x ".repeat(100)).matches("':*").count(), 10);
    }
}
