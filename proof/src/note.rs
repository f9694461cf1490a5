use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::hash::Hash;

/// The size and root of a log at a moment (C2SP `tlog-checkpoint`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `<installation>/<tenant>`.
    pub origin: String,
    /// How many events it has.
    pub size: u64,
    pub root: Hash,
    /// Further lines, none of them empty; ours are `position <n>` and `time <RFC 3339>`.
    pub extensions: Vec<String>,
}

/// A note that is not a checkpoint signed with this key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoteError {
    #[error("this is not a signed checkpoint")]
    Form,
    #[error("this is not a verifier key: <name>+<id>+<base64>")]
    Key,
    #[error("the checkpoint bears no signature of {0}")]
    Unsigned(String),
    #[error("the signature of {0} is not one of this checkpoint")]
    Forged(String),
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
        let size = lines.next().filter(|size| canonical(size))?.parse().ok()?;
        let root = lines.next()?.parse().ok()?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        let fine = extensions.iter().all(|line| !line.is_empty());
        fine.then_some(Self { origin, size, root, extensions })
    }
}

/// A number has one way to be written.
fn canonical(number: &str) -> bool {
    number == "0" || (!number.starts_with('0') && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Signs checkpoints under a name.
pub struct Signer {
    key: SigningKey,
    verifier: VerifierKey,
}

impl Signer {
    /// # Errors
    /// The name is empty, or has white space or a plus in it.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteError> {
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// The checkpoint as a signed note (C2SP `signed-note`).
    #[must_use]
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.text();
        let mut signature = self.verifier.id.to_vec();
        signature.extend(self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {} {}\n", self.verifier.name, BASE64.encode(signature))
    }

    /// What others verify the notes with.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// The algorithm of a key: Ed25519.
const ED25519: u8 = 1;

/// A public key under a name; `<name>+<id>+<base64>` as text (C2SP `signed-note`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(NoteError::Key);
        }
        let hash =
            Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// The checkpoint in a note, where this key signed it.
    ///
    /// # Errors
    /// See [`NoteError`].
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let text = format!("{text}\n");
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
        for line in signatures.split('\n') {
            let signed = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '));
            let (name, signature) = signed.ok_or(NoteError::Form)?;
            let bytes = BASE64.decode(signature).map_err(|_| NoteError::Form)?;
            if let Some(signature) = bytes.strip_prefix(&self.id).filter(|_| name == self.name) {
                self.verify(&text, signature)?;
                return Checkpoint::parse(&text).ok_or(NoteError::Form);
            }
        }
        Err(NoteError::Unsigned(self.name.clone()))
    }

    fn verify(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::Form)?;
        let verified = self.key.verify_strict(text.as_bytes(), &signature);
        verified.map_err(|_| NoteError::Forged(self.name.clone()))
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = u32::from_be_bytes(self.id);
        let mut key = vec![ED25519];
        key.extend(self.key.as_bytes());
        write!(f, "{}+{id:08x}+{}", self.name, BASE64.encode(key))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = BASE64.decode(key).map_err(|_| NoteError::Key)?;
        let key = bytes.strip_prefix(&[ED25519]).and_then(|key| key.try_into().ok()).ok_or(NoteError::Key)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key)?;
        let made = Self::new(name, key)?;
        let same = id.len() == 8 && u32::from_str_radix(id, 16) == Ok(u32::from_be_bytes(made.id));
        if same { Ok(made) } else { Err(NoteError::Key) }
    }
}
