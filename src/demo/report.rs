//! What was found, for people: a line per figure, and at the end whether all of it agrees.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use super::progress::rate;

/// One figure, as it must be and as it is.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is part of; findings of one section come together.
    pub section: String,
    pub what: String,
    pub expected: String,
    pub found: String,
    pub agrees: bool,
    /// The first few differences, one sentence each.
    pub notes: Vec<String>,
}

/// What was found of one section after the other.
#[derive(Debug, Default)]
pub struct Findings {
    section: String,
    pub all: Vec<Finding>,
}

/// Differences told per finding; there are seldom more kinds than this.
const NOTES: usize = 5;

impl Findings {
    /// Begins a section.
    pub fn section(&mut self, name: impl Into<String>) {
        self.section = name.into();
    }

    /// A figure that must be the same.
    pub fn same<T: PartialEq + Display>(&mut self, what: impl Into<String>, expected: T, found: T) {
        let agrees = expected == found;
        self.push(what.into(), expected.to_string(), found.to_string(), agrees, Vec::new());
    }

    /// So many things that must all be as expected; `problems` says which are not.
    pub fn each(&mut self, what: impl Into<String>, count: usize, problems: Vec<String>) {
        let good = count.saturating_sub(problems.len());
        let agrees = problems.is_empty();
        self.push(what.into(), count.to_string(), good.to_string(), agrees, problems);
    }

    /// Sets that must be equal, told by their sizes and by what is missing or too much.
    pub fn set(&mut self, what: impl Into<String>, expected: Vec<String>, found: Vec<String>) {
        let missing =
            expected.iter().filter(|one| !found.contains(one)).map(|one| format!("{one} is missing"));
        let extra =
            found.iter().filter(|one| !expected.contains(one)).map(|one| format!("{one} is too much"));
        let problems: Vec<String> = missing.chain(extra).collect();
        let agrees = problems.is_empty() && expected.len() == found.len();
        self.push(what.into(), expected.len().to_string(), found.len().to_string(), agrees, problems);
    }

    fn push(&mut self, what: String, expected: String, found: String, agrees: bool, mut notes: Vec<String>) {
        if notes.len() > NOTES {
            let more = notes.len() - NOTES;
            notes.truncate(NOTES);
            notes.push(format!("and {more} more"));
        }
        self.all.push(Finding { section: self.section.clone(), what, expected, found, agrees, notes });
    }
}

/// How a run went.
#[derive(Debug)]
pub struct DemoReport {
    pub findings: Vec<Finding>,
    /// Scenarios played.
    pub scenarios: usize,
    /// Commands answered; those sent twice count once.
    pub commands: u64,
    /// Commands sent twice under one key.
    pub replays: u64,
    /// Commands refused as they had to be.
    pub refusals: u64,
    /// Resources read right after they were written.
    pub reads: u64,
    /// Requests that had to be sent again because the server was not ready for them.
    pub repeated: u64,
    /// How long the commands took.
    pub time: Duration,
    /// What a reader of the figures has to know.
    pub remarks: Vec<String>,
}

impl DemoReport {
    /// Whether every figure is as it must be.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.findings.iter().all(|finding| finding.agrees)
    }

    /// The table and a summary; `colour` for terminals.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let paint = |code: &str, text: &str| {
            if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        let names = self.findings.iter().flat_map(|finding| [&finding.what, &finding.section]);
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        let (mut text, mut section) = (String::new(), "");
        for finding in &self.findings {
            if finding.section != section {
                section = &finding.section;
                let heading = format!("{section:<w$}  {:>12}  {:>12}", "expected", "found", w = width + 4);
                let _ = writeln!(text, "\n{}", paint("1", &heading));
            }
            let mark = if finding.agrees { paint("32", "✓") } else { paint("31", "✗") };
            let what = &finding.what;
            let _ =
                writeln!(text, "  {mark} {what:<width$}  {:>12}  {:>12}", finding.expected, finding.found);
            for note in &finding.notes {
                let _ = writeln!(text, "      {}", paint("31", note));
            }
        }
        let _ = write!(text, "\n{}", self.summary(&paint));
        text
    }

    fn summary(&self, paint: &dyn Fn(&str, &str) -> String) -> String {
        let seconds = self.time.as_secs_f64();
        let mut text = format!(
            "{} scenarios, {} commands in {seconds:.1} s: {:.0} commands/s\n",
            self.scenarios,
            self.commands,
            rate(self.commands, self.time)
        );
        let _ = writeln!(
            text,
            "{} sent twice with one effect, {} refused as they had to be, {} read back at once, {} requests repeated",
            self.replays, self.refusals, self.reads, self.repeated
        );
        for remark in &self.remarks {
            let _ = writeln!(text, "{remark}");
        }
        let wrong = self.findings.iter().filter(|finding| !finding.agrees).count();
        let verdict = match wrong {
            0 => paint("32", &format!("All {} figures agree.", self.findings.len())),
            _ => paint("31", &format!("{wrong} of {} figures disagree.", self.findings.len())),
        };
        let _ = writeln!(text, "{verdict}");
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DemoReport, Findings};

    fn report(findings: Findings) -> DemoReport {
        let findings = findings.all;
        let time = Duration::from_secs(2);
        let (scenarios, commands, replays, refusals, reads, repeated) = (1, 10, 1, 1, 1, 0);
        DemoReport {
            findings,
            scenarios,
            commands,
            replays,
            refusals,
            reads,
            repeated,
            time,
            remarks: vec![],
        }
    }

    #[test]
    fn a_figure_that_disagrees_is_marked_and_counted() {
        let mut findings = Findings::default();
        findings.section("office");
        findings.same("calls started", 3, 3);
        findings.same("calls ended", 3, 2);
        let report = report(findings);
        let text = report.render(false);
        assert!(!report.agrees());
        assert!(text.contains("✓ calls started") && text.contains("✗ calls ended"), "{text}");
        assert!(text.contains("1 of 2 figures disagree") && text.contains("5 commands/s"), "{text}");
        assert!(!text.contains('\u{1b}'), "no colour unless asked for");
    }

    #[test]
    fn sets_say_what_is_missing() {
        let mut findings = Findings::default();
        findings.set("calls", vec!["a".into(), "b".into()], vec!["b".into(), "c".into()]);
        assert_eq!(findings.all[0].notes, ["a is missing", "c is too much"]);
    }
}
