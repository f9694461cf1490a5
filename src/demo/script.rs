//! What a scenario is written in: commands in their order, what is said on the phone, and what must come of each.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Body;
use super::day::Day;
use super::hours::{self, Hours};
use super::kind::Kind;

/// A command of a scenario. Its path and its body may name what came up before: `{call}`, `{lead}`, `{escalation}`,
/// `{permit}`, `{phone}`, `{user}`, and `{item0}` and so on for the leads of a bulk change.
#[derive(Debug, Clone)]
pub struct Step {
    pub kind: Kind,
    pub body: Body,
    pub manner: Manner,
    pub expect: Expect,
    /// How long the person takes first.
    pub pause: Duration,
}

/// How a command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Plain,
    /// Again under the same key: the second answer is the first one's replay.
    Twice,
    /// Insisting on the version it was told last.
    Insisting,
    /// Insisting on a version that has passed.
    Outdated,
}

/// What must come of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// It takes effect.
    Done,
    /// It succeeds and changes nothing: things are so already.
    Unchanged,
    /// It is refused, with this status and code.
    Refused(u16, &'static str),
    /// The contact is permitted.
    Allowed,
    /// The contact is denied, for one of these rules first.
    Denied(&'static [&'static str]),
    /// A bulk change has these statuses, item by item.
    Items(&'static [u16]),
}

/// What somebody says.
#[derive(Debug, Clone)]
pub struct Line {
    speaker: &'static str,
    text: String,
}

/// The voice agent says.
pub fn agent(text: impl Into<String>) -> Line {
    Line { speaker: "agent", text: text.into() }
}

/// The person on the phone says.
pub fn caller(text: impl Into<String>) -> Line {
    Line { speaker: "caller", text: text.into() }
}

/// A colleague who joined says.
pub fn human(text: impl Into<String>) -> Line {
    Line { speaker: "human", text: text.into() }
}

/// A scenario as it goes on a certain day.
pub struct Script {
    /// The number of the person it is about.
    pub phone: String,
    pub steps: Vec<Step>,
    /// Milliseconds into the call.
    spoken_until: i64,
}

/// A person speaks about 15 characters a second.
const MS_PER_CHARACTER: i64 = 66;
/// Segments sent with one command.
const SEGMENTS_AT_ONCE: usize = 3;

impl Script {
    #[must_use]
    pub fn new(day: &Day) -> Self {
        Self { phone: day.phone(), steps: Vec::new(), spoken_until: 0 }
    }

    /// Adds a command.
    #[must_use]
    pub fn then(mut self, kind: Kind, body: Value) -> Self {
        let expect = if kind == Kind::CheckPermission { Expect::Allowed } else { Expect::Done };
        let (body, pause) = (Body::Json(body), Duration::ZERO);
        self.steps.push(Step { kind, body, manner: Manner::Plain, expect, pause });
        self
    }

    /// Adds the import of a list.
    #[must_use]
    pub fn import(mut self, csv: String) -> Self {
        self = self.then(Kind::ImportNumbers, Value::Null);
        self.change(|step| step.body = Body::Csv(csv))
    }

    fn change(mut self, change: impl FnOnce(&mut Step)) -> Self {
        if let Some(step) = self.steps.last_mut() {
            change(step);
        }
        self
    }

    /// The command before is sent twice.
    #[must_use]
    pub fn twice(self) -> Self {
        self.change(|step| step.manner = Manner::Twice)
    }

    /// The command before insists on the version it knows.
    #[must_use]
    pub fn insisting(self) -> Self {
        self.change(|step| step.manner = Manner::Insisting)
    }

    /// The command before insists on a version that has passed, and is refused.
    #[must_use]
    pub fn outdated(self) -> Self {
        self.change(|step| {
            step.manner = Manner::Outdated;
            step.expect = Expect::Refused(412, "version_mismatch");
        })
    }

    /// What must come of the command before.
    #[must_use]
    pub fn expect(self, expect: Expect) -> Self {
        self.change(|step| step.expect = expect)
    }

    /// The command before comes after a while.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        self.change(|step| step.pause = pause)
    }

    /// The person calls in and the voice agent picks up.
    #[must_use]
    pub fn rings(self, voice_agent: usize) -> Self {
        self.then(Kind::StartCall, json!({
            "phoneNumber": "{phone}", "direction": "inbound", "agentId": format!("{{agent{voice_agent}}}"),
        }))
        .then(Kind::ConnectCall, json!({}))
    }

    /// Asks whether the person may be called, and dials with the permit. At an hour at which nobody may be called there,
    /// the person is so told by a colleague, and calls in.
    #[must_use]
    pub fn dials(self, day: &Day, voice_agent: usize) -> Self {
        let agent = format!("{{agent{voice_agent}}}");
        let call = |direction| json!({ "phoneNumber": "{phone}", "direction": direction, "agentId": agent, "leadId": "{lead}" });
        let script = self.may_be_called(day);
        if day.hours() != Hours::Open {
            return script.then(Kind::StartCall, call("inbound"));
        }
        let mut outbound = call("outbound");
        outbound["purpose"] = json!("informational");
        outbound["permitId"] = json!("{permit}");
        script.then(Kind::StartCall, outbound)
    }

    /// Asks whether the person may be called, which consent allows: then the hour decides. Where that turns about now,
    /// nobody asks.
    #[must_use]
    pub fn may_be_called(self, day: &Day) -> Self {
        match day.hours() {
            Hours::Open => self.checks(),
            Hours::Shut => self.checks().expect(Expect::Denied(hours::SHUT)),
            Hours::Turning => self,
        }
    }

    /// Asks whether the person may be called by a voice agent, about something that sells nothing.
    #[must_use]
    pub fn checks(self) -> Self {
        let body = json!({
            "contact": { "phone": "{phone}" }, "channel": "voice", "purpose": "informational", "content": "other",
        });
        self.then(Kind::CheckPermission, body)
    }

    /// The person agreed to be called and texted, on paper or on a page. The evidence is of the moment the run began,
    /// so it is younger than whatever earlier runs recorded about the number.
    #[must_use]
    pub fn agreed(self, day: &Day, purpose: &str, level: &str) -> Self {
        self.then(Kind::GrantConsent, json!({
            "contact": { "phone": "{phone}" }, "channels": ["voice", "sms"], "purposes": [purpose],
            "level": level, "method": "web_form",
            "evidence": {
                "disclosureText": "I agree to receive automated and artificial-voice calls and texts about my \
                                   inquiry at the number above. Consent is not a condition of any purchase.",
                "url": "https://www.example.com/contact", "ip": "203.0.113.7", "capturedAt": day.in_hours(0),
            },
        }))
    }

    /// Moves the conversation on.
    #[must_use]
    pub fn phase(self, phase: &str) -> Self {
        self.then(Kind::SetPhase, json!({ "phase": phase }))
    }

    /// Notes what the person told so far.
    #[must_use]
    pub fn intake(self, data: Value) -> Self {
        self.then(Kind::RecordIntake, json!({ "data": data }))
    }

    /// Notes the last of what the person told.
    #[must_use]
    pub fn intake_final(self, data: Value) -> Self {
        self.then(Kind::RecordIntake, json!({ "data": data, "final": true }))
    }

    /// The call ends.
    #[must_use]
    pub fn ends(self, outcome: &str, summary: &str) -> Self {
        self.then(Kind::EndCall, json!({ "outcome": outcome, "summary": summary }))
    }

    /// A stretch of conversation: the transcript in parts as it comes in, and after each a measure of how fast and
    /// how well the voice agent answered, where it did.
    #[must_use]
    pub fn talk(mut self, day: &mut Day, lines: &[Line]) -> Self {
        for part in lines.chunks(SEGMENTS_AT_ONCE) {
            let segments: Vec<Value> = part.iter().map(|line| self.segment(day, line)).collect();
            self = self.then(Kind::AddTranscript, json!({ "segments": segments }));
            if part.windows(2).any(|pair| pair[0].speaker == "caller" && pair[1].speaker == "agent") {
                self = self.measured(day);
            }
        }
        self
    }

    fn segment(&mut self, day: &mut Day, line: &Line) -> Value {
        let length = i64::try_from(line.text.chars().count()).unwrap_or(0) * MS_PER_CHARACTER;
        let start = self.spoken_until + day.between(180, 900);
        self.spoken_until = start + length.max(400);
        let mut segment = json!({
            "speaker": line.speaker, "text": line.text, "startMs": start, "endMs": self.spoken_until,
        });
        if line.speaker != "agent" {
            segment["confidence"] = json!(day.share(0.82));
        }
        segment
    }

    fn measured(self, day: &mut Day) -> Self {
        let (hears, thinks, speaks) = (day.between(60, 180), day.between(240, 900), day.between(80, 210));
        self.then(
            Kind::RecordQuality,
            json!({
                "responseTimeMs": hears + thinks + speaks,
                "transcriptionAccuracy": day.share(0.88), "intentConfidence": day.share(0.6),
                "audioQualityScore": day.share(0.75),
                "stages": { "speech-to-text": hears, "language": thinks, "text-to-speech": speaks },
            }),
        )
    }
}
