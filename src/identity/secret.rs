use rand::RngCore as _;
use rand::rngs::OsRng;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Text that opens a door and is handed out: it serializes into the answer it belongs to, and shows up nowhere else.
#[derive(Clone, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. Not for logs, errors or metrics.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// 256 random bits as 64 hexadecimal digits: survives every kind of quoting.
pub(super) fn random() -> String {
    let mut bytes = [0_u8; 32];
    OsRng.fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is stored of a random secret. A fast hash is enough: there is nothing to guess in 256 random bits.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
