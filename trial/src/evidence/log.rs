use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use super::{Alarm, Evidence, EvidenceError, Sources};

/// What no server should ever write: a panic, a statement in a transaction that had failed already (SQLSTATE 25P02),
/// an error of its own.
const SIGNS: &[&str] =
    &["panicked", "25P02", "current transaction is aborted", " ERROR ", "\"level\":\"ERROR\""];

/// The longest part of a line that is kept.
const KEPT: usize = 400;

/// Looks through the logs for signs of trouble that the trial's faults do not explain.
pub fn read(sources: &Sources, evidence: &mut Evidence) -> Result<(), EvidenceError> {
    for file in &sources.logs {
        let unreadable = |source| EvidenceError::Log { file: file.clone(), source };
        let lines = BufReader::new(File::open(file).map_err(unreadable)?).split(b'\n');
        for (number, line) in lines.enumerate() {
            let line = line.map_err(unreadable)?;
            evidence.log_lines += 1;
            evidence.alarms.extend(alarm(
                file,
                number + 1,
                &String::from_utf8_lossy(&line),
                &sources.explained,
            ));
        }
    }
    Ok(())
}

fn alarm(file: &Path, line: usize, text: &str, explained: &[String]) -> Option<Alarm> {
    let troubling = SIGNS.iter().any(|sign| text.contains(sign));
    let explained = explained.iter().any(|part| text.contains(part.as_str()));
    (troubling && !explained).then(|| Alarm {
        file: file.to_owned(),
        line,
        text: text.chars().take(KEPT).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::alarm;

    #[test]
    fn a_panic_is_alarming_whatever_the_format_and_a_warning_is_not() {
        let look = |text: &str| alarm(Path::new("server.log"), 7, text, &["append failed".to_owned()]);
        for text in
            ["thread 'x' panicked at y", "2026 ERROR seiketsu: oh", r#"{"level":"ERROR"}"#, "code 25P02"]
        {
            assert_eq!(look(text).expect(text).line, 7);
        }
        assert!(look("2026 WARN seiketsu: relay resumes").is_none());
        assert!(look("2026 ERROR seiketsu: append failed").is_none(), "the trial explains it");
    }
}
