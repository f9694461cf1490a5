use std::os::unix::fs::PermissionsExt;

use super::{Finding, causes};
use crate::config::AuthConfig;
use crate::identity::SigningKey;

const SUBJECT: &str = "signing key";

pub(super) fn look(auth: &AuthConfig) -> Finding {
    let Some(path) = &auth.signing_key_file else {
        let detail = "none configured; `seiketsu dev` makes one, `seiketsu serve` refuses to start";
        let fix = "openssl genpkey -algorithm ed25519 -out signing-key.pem && chmod 600 signing-key.pem, then set auth.signing_key_file";
        return Finding::warning(SUBJECT, detail, fix);
    };
    let key = match SigningKey::from_pem_file(path) {
        Ok(key) => key,
        Err(error) => {
            let fix = "auth.signing_key_file must name a PKCS#8 PEM file with an Ed25519 key, readable by this user";
            return Finding::failed(SUBJECT, format!("{}: {}", path.display(), causes(&error)), fix);
        }
    };
    // The group may: orchestrators hand secrets to a group.
    let open = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o007 != 0);
    if open {
        let detail = format!("every user of this machine can read {}, and so sign tokens", path.display());
        let fix = format!("chmod 600 {}; if others may have read it, make a new key", path.display());
        return Finding::failed(SUBJECT, detail, fix);
    }
    Finding::ok(SUBJECT, format!("{} holds key {}", path.display(), key.id()))
}
