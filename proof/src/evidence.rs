use serde::{Deserialize, Serialize};

use crate::event::LoggedEvent;
use crate::hash::Hash;
use crate::note::{Checkpoint, VerifierKey};
use crate::verify::{verify_consistency, verify_inclusion};

/// The name and version of the format of evidence.
pub const FORMAT: &str = "seiketsu-evidence/1";

/// A file that proves what it says to whoever has the public key: events as stored, that they are in the log as signed,
/// and that the log has only grown since an earlier checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// [`FORMAT`].
    pub format: String,
    /// The signed note everything is proven against.
    pub checkpoint: String,
    /// The key it is signed with; a verifier compares it with the one it was given elsewhere.
    pub public_key: String,
    pub events: Vec<ProvenEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grown_from: Option<Grown>,
}

/// An event and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvenEvent {
    pub event: LoggedEvent,
    /// Counted from 0.
    pub leaf_index: u64,
    pub proof: Vec<Hash>,
}

/// An earlier checkpoint, and the proof that the log began as it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grown {
    pub checkpoint: String,
    pub proof: Vec<Hash>,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The checkpoint, where its signature holds.
    pub checkpoint: Option<Checkpoint>,
    /// What is wrong, in sentences; nothing where everything is proven.
    pub faults: Vec<String>,
}

impl Verdict {
    /// Whether everything in the file is proven.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Evidence {
    /// Verifies everything in the file with a key that came by another way, and, where one was kept, against a
    /// checkpoint of one's own: it must be the file's, or the one the log is proven to have grown from.
    #[must_use]
    pub fn verify(&self, key: &VerifierKey, kept: Option<&str>) -> Verdict {
        let mut faults = Vec::new();
        if self.format != FORMAT {
            faults.push(format!("the format is not {FORMAT}"));
        }
        let checkpoint = match key.open(&self.checkpoint) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                faults.push(format!("checkpoint: {error}"));
                return Verdict { checkpoint: None, faults };
            }
        };
        faults.extend(self.events.iter().filter_map(|event| event.fault(&checkpoint)));
        let earlier = self.grown_from.as_ref().map(|grown| grown.check(key, &checkpoint));
        faults.extend(earlier.iter().filter_map(|earlier| earlier.as_ref().err().cloned()));
        if let Some(kept) = kept {
            let proven: Vec<_> = earlier.iter().flatten().chain([&checkpoint]).collect();
            faults.extend(fault_of_kept(key, kept, &proven));
        }
        if self.events.is_empty() && self.grown_from.is_none() && kept.is_none() {
            faults.push("there is nothing in the file to verify but a checkpoint".to_owned());
        }
        Verdict { checkpoint: Some(checkpoint), faults }
    }
}

impl ProvenEvent {
    fn fault(&self, checkpoint: &Checkpoint) -> Option<String> {
        let event = &self.event;
        let whose = format!("event {} at position {}", event.event_id, event.position);
        let tenant = checkpoint.origin.rsplit_once('/').map(|(_, tenant)| tenant);
        if tenant != Some(event.tenant_id.to_string().as_str()) {
            return Some(format!("{whose}: belongs to another log than {}", checkpoint.origin));
        }
        let (size, root) = (checkpoint.size, checkpoint.root);
        let proven = verify_inclusion(event.leaf_hash(), self.leaf_index, size, &self.proof, root);
        proven.err().map(|error| format!("{whose}: {error}"))
    }
}

impl Grown {
    fn check(&self, key: &VerifierKey, later: &Checkpoint) -> Result<Checkpoint, String> {
        let earlier = key.open(&self.checkpoint).map_err(|error| format!("earlier checkpoint: {error}"))?;
        if earlier.origin != later.origin {
            return Err(format!("earlier checkpoint: of another log, {}", earlier.origin));
        }
        let ends = ((earlier.size, earlier.root), (later.size, later.root));
        let proven = verify_consistency(ends.0, ends.1, &self.proof);
        proven.map_err(|error| {
            format!("the log of {} events did not grow from {}: {error}", later.size, earlier.size)
        })?;
        Ok(earlier)
    }
}

fn fault_of_kept(key: &VerifierKey, kept: &str, proven: &[&Checkpoint]) -> Option<String> {
    let kept = match key.open(kept) {
        Ok(kept) => kept,
        Err(error) => return Some(format!("kept checkpoint: {error}")),
    };
    let same = |one: &&Checkpoint| (&one.origin, one.size, one.root) == (&kept.origin, kept.size, kept.root);
    let known = proven.iter().copied().any(|one| same(&one));
    (!known).then(|| format!("the file proves nothing about the kept checkpoint of {} events", kept.size))
}
