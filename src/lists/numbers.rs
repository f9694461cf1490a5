use std::collections::HashMap;

use seiketsu_domain::list::Digest;
use sha2::{Digest as _, Sha256};

/// A number of the North American numbering plan, without `+1`: area code and exchange (`415555`), and the line in it
/// (0 to 9,999).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    pub prefix: u32,
    pub line: u16,
}

/// Lines an exchange has.
const LINES: usize = 10_000;
/// A bit per line.
const BITMAP_BYTES: usize = LINES / 8;
/// So many lines take less room one by one.
const MOST_FEW: usize = BITMAP_BYTES / 2 - 1;
/// Room for lines that came twice, before they are sorted out.
const MOST_UNSORTED: usize = 2 * MOST_FEW;

impl Number {
    /// From ten digits; `None` for what no number of the plan looks like.
    #[must_use]
    pub fn of_digits(digits: &[u8]) -> Option<Self> {
        let is_code = |at: usize| matches!(digits.get(at), Some(b'2'..=b'9'));
        if digits.len() != 10 || !digits.iter().all(u8::is_ascii_digit) || !is_code(0) || !is_code(3) {
            return None;
        }
        let value = |part: &[u8]| part.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        let line = u16::try_from(value(&digits[6..])).ok()?;
        Some(Self { prefix: value(&digits[..6]), line })
    }

    /// From E.164; `None` for numbers of other plans.
    #[must_use]
    pub fn of_e164(phone: &str) -> Option<Self> {
        Self::of_digits(phone.strip_prefix("+1")?.as_bytes())
    }

    /// Its first three digits.
    #[must_use]
    pub fn area_code(self) -> u16 {
        u16::try_from(self.prefix / 1000).unwrap_or(0)
    }
}

/// The lines of one exchange while they are gathered: never more than 2,500 bytes.
enum Gathered {
    Few(Vec<u16>),
    Many(Box<[u8; BITMAP_BYTES]>),
}

impl Gathered {
    fn add(&mut self, line: u16) {
        match self {
            Self::Few(lines) => {
                lines.push(line);
                if lines.len() > MOST_UNSORTED {
                    self.tidy();
                }
            }
            Self::Many(bits) => set(bits, line),
        }
    }

    fn tidy(&mut self) {
        let Self::Few(lines) = self else { return };
        lines.sort_unstable();
        lines.dedup();
        if lines.len() > MOST_FEW {
            let mut bits = Box::new([0; BITMAP_BYTES]);
            lines.iter().for_each(|line| set(&mut bits, *line));
            *self = Self::Many(bits);
        }
    }

    fn written(mut self) -> Vec<u8> {
        self.tidy();
        match self {
            Self::Few(lines) => lines.iter().flat_map(|line| line.to_le_bytes()).collect(),
            Self::Many(bits) => bits.to_vec(),
        }
    }
}

fn set(bits: &mut [u8; BITMAP_BYTES], line: u16) {
    if let Some(byte) = bits.get_mut(usize::from(line / 8)) {
        *byte |= 1 << (line % 8);
    }
}

/// Gathers numbers in any order, each as often as it comes. Takes some 3 bytes per number at most, and 800 MB for every
/// number there can be.
#[derive(Default)]
pub struct NumbersBuilder(HashMap<u32, Gathered>);

impl NumbersBuilder {
    pub fn add(&mut self, number: Number) {
        self.0.entry(number.prefix).or_insert_with(|| Gathered::Few(Vec::new())).add(number.line);
    }

    /// What was gathered, in its written form.
    #[must_use]
    pub fn finish(self) -> Numbers {
        let mut rows: Vec<_> = self.0.into_iter().map(|(prefix, lines)| (prefix, lines.written())).collect();
        rows.sort_unstable_by_key(|(prefix, _)| *prefix);
        let (mut hash, mut count) = (Sha256::new(), 0);
        for (prefix, written) in &rows {
            let text = as_text(*prefix, written);
            count += text.len() / TEXT_BYTES;
            hash.update(&text);
        }
        Numbers { rows, count, sha256: Digest::of_bytes(hash.finalize().into()) }
    }
}

/// Ten digits and a line feed.
const TEXT_BYTES: usize = 11;

/// As `sort -u` prints them: what the digest is about, so that anybody can compute it.
fn as_text(prefix: u32, written: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(written.len() * TEXT_BYTES / 2);
    for line in lines(written) {
        let (mut rest, mut digits) = (u64::from(prefix) * 10_000 + u64::from(line), *b"0000000000\n");
        for digit in digits.iter_mut().take(TEXT_BYTES - 1).rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        text.extend_from_slice(&digits);
    }
    text
}

fn lines(written: &[u8]) -> Vec<u16> {
    if written.len() < BITMAP_BYTES {
        return written.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    }
    (0..10_000).filter(|line| contains(written, *line)).collect()
}

/// Whether a row of `list_numbers` has this line. Anything but what [`NumbersBuilder`] writes has none.
#[must_use]
pub fn contains(written: &[u8], line: u16) -> bool {
    if written.len() >= BITMAP_BYTES {
        return written.get(usize::from(line / 8)).is_some_and(|byte| byte & (1 << (line % 8)) != 0);
    }
    let at = |index: usize| u16::from_le_bytes([written[index * 2], written[index * 2 + 1]]);
    let (mut low, mut high) = (0, written.len() / 2);
    while low < high {
        let middle = low.midpoint(high);
        match at(middle).cmp(&line) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// A set of numbers in its written form.
pub struct Numbers {
    /// By prefix, as `list_numbers` holds them.
    pub rows: Vec<(u32, Vec<u8>)>,
    /// How many numbers.
    pub count: usize,
    /// Of all numbers: ten digits and a line feed each, in ascending order. That is `sort -u file | sha256sum`.
    pub sha256: Digest,
}

impl Numbers {
    /// Whether it has this number.
    #[must_use]
    pub fn contains(&self, number: Number) -> bool {
        let row = self.rows.binary_search_by_key(&number.prefix, |(prefix, _)| *prefix);
        row.is_ok_and(|at| contains(&self.rows[at].1, number.line))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::{BITMAP_BYTES, MOST_FEW, Number, Numbers, NumbersBuilder};

    fn of(numbers: impl IntoIterator<Item = (u32, u16)>) -> Numbers {
        let mut builder = NumbersBuilder::default();
        numbers.into_iter().for_each(|(prefix, line)| builder.add(Number { prefix, line }));
        builder.finish()
    }

    proptest! {
        #[test]
        fn a_set_has_what_was_put_in_and_nothing_else(
            given in prop::collection::vec((415_200..415_203_u32, 0..10_000_u16), 0..4000),
            asked in prop::collection::vec((415_199..415_204_u32, 0..10_000_u16), 200),
        ) {
            let set: BTreeSet<_> = given.iter().copied().collect();
            let numbers = of(given.iter().copied());
            prop_assert_eq!(numbers.count, set.len());
            for (prefix, line) in asked.into_iter().chain(given) {
                prop_assert_eq!(numbers.contains(Number { prefix, line }), set.contains(&(prefix, line)));
            }
        }

        #[test]
        fn order_and_repetition_make_no_difference(
            given in prop::collection::vec((415_200..415_202_u32, 0..900_u16), 1..3000), seed in any::<prop::sample::Index>(),
        ) {
            let mut turned = given.clone();
            turned.rotate_left(seed.index(given.len()));
            turned.extend(given.iter().rev().copied());
            let (first, second) = (of(given), of(turned));
            prop_assert_eq!(&first.sha256, &second.sha256);
            prop_assert_eq!(first.rows, second.rows);
        }
    }

    #[test]
    fn the_written_form_is_the_smaller_of_the_two_at_its_border() {
        let few = u16::try_from(MOST_FEW).unwrap();
        let written = |count: u16| of((0..count).map(|line| (212_555, line))).rows[0].1.len();
        assert_eq!(written(1), 2);
        assert_eq!((written(few), written(few + 1)), (BITMAP_BYTES - 2, BITMAP_BYTES));
        assert_eq!(written(10_000), BITMAP_BYTES);
        for count in [few, few + 1] {
            let numbers = of((0..count).map(|line| (212_555, 9_999 - line)));
            assert!((0..10_000).all(|line| {
                numbers.contains(Number { prefix: 212_555, line }) == (line > 9_999 - count)
            }));
        }
    }

    #[test]
    fn a_number_that_comes_over_and_over_is_one() {
        let numbers = of((0..5000).map(|n| (212_555, n % 3)));
        assert_eq!((numbers.count, numbers.rows[0].1.len()), (3, 6));
    }

    #[test]
    fn the_digest_is_that_of_the_sorted_file() {
        let numbers = of([(999_999, 9_999), (212_555, 7), (415_555, 2_671), (212_555, 7)]);
        let hash: [u8; 32] = Sha256::digest("2125550007\n4155552671\n9999999999\n").into();
        assert_eq!(numbers.sha256, super::Digest::of_bytes(hash));
    }

    #[test]
    fn ten_digits_of_the_plan_are_a_number() {
        assert_eq!(Number::of_digits(b"4155552671"), Some(Number { prefix: 415_555, line: 2671 }));
        assert_eq!(Number::of_e164("+14155552671").map(Number::area_code), Some(415));
        for digits in ["", "415555267", "41555526711", "1155552671", "4151552671", "415555267a"] {
            assert_eq!(Number::of_digits(digits.as_bytes()), None, "{digits}");
        }
        assert_eq!(Number::of_e164("+442079460958"), None);
    }
}
