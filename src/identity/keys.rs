use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use rand::rngs::OsRng;
use seiketsu_proof::{NoteError, Signer};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// An Ed25519 key of the installation: one signs access tokens, another one checkpoints of the audit log. All processes
/// share one file of each.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    id: String,
}

/// The public half, as others need it to verify our tokens (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PublicJwk {
    pub kty: &'static str,
    pub crv: &'static str,
    pub x: String,
    pub kid: String,
    pub alg: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
}

/// A key file that does not serve.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file cannot be read or written")]
    File(#[from] io::Error),
    #[error("the file holds no Ed25519 private key in PKCS#8 PEM")]
    Format,
}

impl SigningKey {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        Self::of(ed25519_dalek::SigningKey::generate(&mut OsRng))
    }

    /// The key in a file, such as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_pem_file(path: &Path) -> Result<Self, KeyError> {
        let pem = std::fs::read_to_string(path)?;
        ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).map(Self::of).map_err(|_| KeyError::Format)
    }

    /// Writes the key for its owner's eyes only. A file that exists is left alone.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn write_pem_file(&self, path: &Path) -> Result<(), KeyError> {
        // Without the public half: OpenSSL reads no other kind.
        let pair = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Format)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(pem.as_bytes())?;
        Ok(file.sync_all()?)
    }

    /// The public half.
    #[must_use]
    pub fn public_jwk(&self) -> PublicJwk {
        PublicJwk {
            kty: "OKP",
            crv: "Ed25519",
            x: public_text(&self.key),
            kid: self.id.clone(),
            alg: "EdDSA",
            usage: "sig",
        }
    }

    /// The key's name in a token's header: its thumbprint (RFC 7638), the same wherever the key is used.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key as one that signs checkpoints of the audit log under a name.
    ///
    /// # Errors
    /// The name has white space or a plus in it.
    pub fn signer(&self, name: &str) -> Result<Signer, NoteError> {
        Signer::new(name, self.key.clone())
    }

    pub(super) fn private_der(&self) -> Result<Vec<u8>, jsonwebtoken::errors::Error> {
        let pair = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        let der = pair.to_pkcs8_der().map_err(|_| jsonwebtoken::errors::ErrorKind::InvalidEddsaKey)?;
        Ok(der.as_bytes().to_vec())
    }

    pub(super) fn public_bytes(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn of(key: ed25519_dalek::SigningKey) -> Self {
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public_text(&key));
        let id = BASE64.encode(Sha256::digest(canonical.as_bytes()));
        Self { key, id }
    }
}

fn public_text(key: &ed25519_dalek::SigningKey) -> String {
    BASE64.encode(key.verifying_key().as_bytes())
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{KeyError, SigningKey};

    #[test]
    fn a_key_file_reads_back_and_is_its_owners_alone() {
        let path = std::env::temp_dir().join(format!("{:x}.pem", rand::random::<u128>()));
        let key = SigningKey::generate();
        key.write_pem_file(&path).expect("written");
        assert_eq!(SigningKey::from_pem_file(&path).expect("read").public_jwk(), key.public_jwk());
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        assert!(matches!(key.write_pem_file(&path), Err(KeyError::File(_))), "a key is never overwritten");
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
            .expect("damaged");
        assert!(matches!(SigningKey::from_pem_file(&path), Err(KeyError::Format)));
        std::fs::remove_file(&path).expect("removed");
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037() {
        // The example key of RFC 8037, appendix A.
        let d = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = SigningKey::of(ed25519_dalek::SigningKey::from_bytes(&d));
        assert_eq!(key.public_jwk().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn debug_output_shows_no_key() {
        let key = SigningKey::generate();
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ id: {:?}, .. }}", key.id()));
    }
}
