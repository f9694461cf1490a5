use std::io::{self, BufRead, Read as _};

use seiketsu_domain::list::{AreaCode, AreaCodes};

use super::numbers::{Number, Numbers, NumbersBuilder};

/// So many bad lines are told; the others are counted.
pub const MOST_TOLD: usize = 100;
/// No line with a number is longer.
const MOST_LINE_BYTES: u64 = 256;
/// Lines between two reports of progress.
const REPORT_EVERY: u64 = 1 << 16;

/// A line that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// From 1.
    pub line: u64,
    pub code: &'static str,
    /// Never repeats what is in the line.
    pub detail: &'static str,
}

/// The lines of a file that are not taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FileFaults {
    pub count: u64,
    /// The first hundred.
    pub first: Vec<LineFault>,
}

impl FileFaults {
    pub(super) fn add(&mut self, line: u64, (code, detail): Why) {
        self.count += 1;
        if self.first.len() < MOST_TOLD {
            self.first.push(LineFault { line, code, detail });
        }
    }
}

type Why = (&'static str, &'static str);

const NO_NUMBER: Why =
    ("number_invalid", "must be ten digits, an area code and seven digits (415,5552671), or E.164");
const OTHER_PLAN: Why = ("number_outside_plan", "the registries have numbers of +1 only");
const OTHER_AREA: Why =
    ("area_code_unexpected", "lies outside of the area codes the extract is said to be about");

/// Reads a file as registries deliver it: one number per line, as ten digits, as area code and seven digits, or in E.164.
/// Blank lines do not count, nor does a first line of words. `progress` is told now and then how many bytes were read.
///
/// # Errors
/// The file cannot be read.
pub fn read_numbers(
    mut file: impl BufRead,
    expected: &AreaCodes,
    mut progress: impl FnMut(u64),
) -> io::Result<(Numbers, FileFaults)> {
    let (mut numbers, mut faults) = (NumbersBuilder::default(), FileFaults::default());
    let (mut line, mut text, mut bytes) = (0, Vec::new(), 0);
    loop {
        text.clear();
        let read = next_line(&mut file, &mut text)?;
        if read == 0 {
            break;
        }
        line += 1;
        bytes += read;
        match number_in(&text) {
            Ok(Some(number)) if is_expected(expected, number) => numbers.add(number),
            Ok(Some(_)) => faults.add(line, OTHER_AREA),
            Ok(None) => {}
            Err(_) if line == 1 && text.iter().any(u8::is_ascii_alphabetic) => {}
            Err(why) => faults.add(line, why),
        }
        if line % REPORT_EVERY == 0 {
            progress(bytes);
        }
    }
    progress(bytes);
    Ok((numbers.finish(), faults))
}

fn is_expected(expected: &AreaCodes, number: Number) -> bool {
    AreaCode::try_new(number.area_code()).is_ok_and(|code| expected.contains(code))
}

/// How many bytes the next line has, 0 at the end. Of a line that is too long only the beginning is kept.
fn next_line(file: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<u64> {
    let mut read = file.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', text)?;
    let whole = text.last() == Some(&b'\n') || u64::try_from(read).is_ok_and(|read| read < MOST_LINE_BYTES);
    if !whole {
        read += skip_line(file)?;
    }
    u64::try_from(read).map_err(io::Error::other)
}

fn skip_line(file: &mut impl BufRead) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let chunk = file.fill_buf()?;
        let end = chunk.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(chunk.len());
        file.consume(used);
        skipped += used;
        if end.is_some() || used == 0 {
            return Ok(skipped);
        }
    }
}

/// The number in a line; `None` for a blank one.
fn number_in(line: &[u8]) -> Result<Option<Number>, Why> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let mut fields = line.split(|byte| *byte == b',').map(unquoted);
    let number = match (fields.next(), fields.next(), fields.next()) {
        (Some(whole), None, None) => match whole.strip_prefix(b"+") {
            Some(foreign) if !foreign.starts_with(b"1") => return Err(OTHER_PLAN),
            Some(e164) => Number::of_digits(&e164[1..]),
            None => Number::of_digits(whole),
        },
        (Some(area), Some(rest), None) if area.len() == 3 && rest.len() == 7 => {
            Number::of_digits(&[area, rest].concat())
        }
        _ => None,
    };
    number.map(Some).ok_or(NO_NUMBER)
}

fn unquoted(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    field.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use seiketsu_domain::list::{AreaCode, AreaCodes};

    use super::{FileFaults, Number, Numbers, read_numbers};

    fn read(text: &[u8]) -> (Numbers, FileFaults) {
        read_numbers(text, &AreaCodes::default(), |_| {}).expect("memory is readable")
    }

    #[test]
    fn every_form_a_registry_writes_is_the_same_number() {
        let forms =
            b"\xef\xbb\xbf415,5552671\r\n4155552671\n+14155552671\n\"415\",\"5552671\"\n\n 415 , 5552671 ";
        let (numbers, faults) = read(forms);
        assert_eq!((numbers.count, faults.count), (1, 0), "{faults:?}");
        assert!(numbers.contains(Number { prefix: 415_555, line: 2671 }));
    }

    #[test]
    fn a_first_line_of_words_names_the_columns_and_a_later_one_is_a_fault() {
        assert_eq!(read(b"area code,number\n4155552671\n").1.count, 0);
        let (numbers, faults) = read(b"4155552671\narea code,number\n");
        assert_eq!((numbers.count, faults.first[0].line), (1, 2));
    }

    #[test]
    fn lines_that_are_no_number_are_told_with_their_place() {
        let bad = [
            "415,555267",
            "41,55552671",
            "415,5552671,x",
            "14155552671",
            "415-555-2671",
            "0155552671",
            "+1415555267",
            "4155552671;",
            "\0",
            ",",
        ];
        for line in bad {
            let (numbers, faults) = read(format!("4155550000\n{line}\n").as_bytes());
            assert_eq!((numbers.count, faults.count, faults.first[0].line), (1, 1, 2), "{line}");
            assert_eq!(faults.first[0].code, "number_invalid", "{line}");
        }
        assert_eq!(read(b"4155550000\n+442079460958\n").1.first[0].code, "number_outside_plan");
    }

    #[test]
    fn a_line_without_end_takes_no_memory_and_is_one_fault() {
        let mut text = vec![b'4'; 1 << 20];
        text.extend_from_slice(b"\n4155552671\n");
        let (numbers, faults) = read(&text);
        assert_eq!((numbers.count, faults.count, faults.first[0].line), (1, 1, 1));
    }

    #[test]
    fn the_first_hundred_bad_lines_are_told_and_all_are_counted() {
        let (_, faults) = read("7\n".repeat(250).as_bytes());
        assert_eq!((faults.count, faults.first.len(), faults.first[99].line), (250, 100, 100));
    }

    #[test]
    fn numbers_of_other_area_codes_do_not_belong_in_the_file() {
        let expected: AreaCodes = [AreaCode::try_new(415).expect("valid")].into_iter().collect();
        let (numbers, faults) =
            read_numbers(&b"4155552671\n2125550000\n"[..], &expected, |_| {}).expect("read");
        assert_eq!((numbers.count, faults.first[0].code), (1, "area_code_unexpected"));
    }
}
