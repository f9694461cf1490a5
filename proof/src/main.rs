//! `seiketsu-verify`: is this evidence true? Needs the file and the public key; no network, no server.

use std::process::ExitCode;

use seiketsu_proof::{Evidence, VerifierKey};

const USAGE: &str = "\
seiketsu-verify --key <KEY> [--kept <CHECKPOINT FILE>] <EVIDENCE FILE>

  --key   the public key, <name>+<id>+<base64>, or a file that contains it. Get it from somebody you trust, not from
          the evidence.
  --kept  a checkpoint you kept earlier: the evidence must prove that the log has only grown since.

Exit code: 0 everything is proven, 1 something is not, 2 the question was not understood.";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(code) => code,
        Err(complaint) => {
            eprintln!("seiketsu-verify: {complaint}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let Some(question) = Question::parse(arguments)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    let key = if question.key.contains('+') { question.key } else { read(&question.key)? };
    let key: VerifierKey = key.trim().parse().map_err(|error| format!("--key: {error}"))?;
    let kept = question.kept.as_deref().map(read).transpose()?;
    let evidence = read(&question.evidence)?;
    let evidence: Evidence =
        serde_json::from_str(&evidence).map_err(|error| format!("{}: {error}", question.evidence))?;
    Ok(report(&evidence, &key, kept.as_deref()))
}

fn report(evidence: &Evidence, key: &VerifierKey, kept: Option<&str>) -> ExitCode {
    let verdict = evidence.verify(key, kept);
    if let Some(checkpoint) = &verdict.checkpoint {
        println!("checkpoint of {} events of {}", checkpoint.size, checkpoint.origin);
    }
    for fault in &verdict.faults {
        println!("FALSE  {fault}");
    }
    if !verdict.holds() {
        return ExitCode::FAILURE;
    }
    for event in &evidence.events {
        println!("TRUE   event {} ({}) is in the log", event.event.event_id, event.event.event_type);
    }
    if evidence.grown_from.is_some() {
        println!("TRUE   the log has only grown since the earlier checkpoint");
    }
    ExitCode::SUCCESS
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// What is asked.
struct Question {
    key: String,
    kept: Option<String>,
    evidence: String,
}

impl Question {
    /// Nothing where help is asked for.
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let (mut key, mut kept, mut evidence) = (None, None, None);
        while let Some(argument) = arguments.next() {
            let slot = match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--key" => &mut key,
                "--kept" => &mut kept,
                unknown if unknown.starts_with('-') => {
                    return Err(format!("{unknown} is not known; see --help"));
                }
                _ => {
                    evidence = Some(argument);
                    continue;
                }
            };
            *slot = Some(arguments.next().ok_or_else(|| format!("{argument} needs a value"))?);
        }
        let (Some(key), Some(evidence)) = (key, evidence) else {
            return Err(format!("--key and a file are needed\n\n{USAGE}"));
        };
        Ok(Some(Self { key, kept, evidence }))
    }
}
