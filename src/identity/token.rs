//! Access tokens: JWTs signed with Ed25519, profile `at+jwt` (RFC 9068), rules of RFC 8725.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::AuthError;
use super::keys::SigningKey;
use super::role::Role;

/// Whom our access tokens are for.
pub(super) const AUDIENCE: &str = "seiketsu-api";
/// The longest token that is looked at, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// How far the clocks of our machines may differ.
const LEEWAY_SECONDS: i64 = 10;

/// What an access token says. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub tenant: TenantId,
    pub role: Role,
    pub name: String,
    pub email: String,
    /// The user's token epoch when the token was issued.
    pub epoch: i32,
    pub jti: Uuid,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

impl Claims {
    /// The moment from which the token is refused.
    pub fn end(&self) -> Timestamp {
        let end = DateTime::from_timestamp(self.exp.saturating_add(LEEWAY_SECONDS), 0);
        Timestamp::new(end.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    fn check(self, now: Timestamp) -> Result<Self, AuthError> {
        let now = now.get().timestamp();
        if self.nbf > now + LEEWAY_SECONDS {
            return Err(AuthError::TokenInvalid);
        }
        if self.exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(AuthError::TokenExpired);
        }
        Ok(self)
    }
}

/// Signs and verifies with one key, one algorithm, one issuer.
pub(super) struct Tokens {
    header: Header,
    /// What every token of ours begins with.
    prefix: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

impl Tokens {
    pub fn new(issuer: &str, key: &SigningKey) -> Result<Self, AuthError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.id().to_owned());
        let json = serde_json::to_vec(&header).map_err(|error| AuthError::Signing(error.into()))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // Times are checked by `Claims::check`, against the clock that the cache uses too.
        validation.validate_exp = false;
        Ok(Self {
            header,
            prefix: format!("{}.", BASE64.encode(json)),
            signing: EncodingKey::from_ed_der(&key.private_der().map_err(AuthError::Signing)?),
            verifying: DecodingKey::from_ed_der(&key.public_bytes()),
            validation,
        })
    }

    pub fn sign(&self, claims: &Claims) -> Result<String, AuthError> {
        jsonwebtoken::encode(&self.header, claims, &self.signing).map_err(AuthError::Signing)
    }

    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, AuthError> {
        // We are the only issuer, so a header that is not ours byte for byte is a forgery: no algorithm, key id,
        // type or extension of a stranger's choosing is even parsed.
        if token.len() > MAX_BYTES || !token.starts_with(&self.prefix) {
            return Err(AuthError::TokenInvalid);
        }
        jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation)
            .map_err(|_| AuthError::TokenInvalid)?
            .claims
            .check(now)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    use ed25519_dalek::Signer as _;
    use ed25519_dalek::pkcs8::DecodePrivateKey as _;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use seiketsu_domain::values::Timestamp;
    use serde_json::{Value, json};

    use super::{AUDIENCE, AuthError, Claims, LEEWAY_SECONDS, Role, SigningKey, Tokens};

    const ISSUER: &str = "https://seiketsu.example";
    const ISSUED: i64 = 1_800_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::default().plus_seconds(seconds)
    }

    fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: uuid::Uuid::from_u128(2).into(),
            tenant: uuid::Uuid::from_u128(1).into(),
            role: Role::Agent,
            name: "Intake agent".to_owned(),
            email: "agent@harbor.example".to_owned(),
            epoch: 0,
            jti: uuid::Uuid::from_u128(3),
            iat: ISSUED,
            nbf: ISSUED,
            exp: ISSUED + 600,
        }
    }

    /// A key, and all that may be forged with it or without.
    struct Forge {
        key: SigningKey,
        tokens: Tokens,
    }

    impl Forge {
        fn new() -> Self {
            let key = SigningKey::generate();
            let tokens = Tokens::new(ISSUER, &key).expect("a key");
            Self { key, tokens }
        }

        fn header(&self) -> Value {
            json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.key.id()})
        }

        /// Any header and claims, rightly signed.
        fn signed(&self, header: &Value, claims: &Value) -> String {
            self.signed_behind(&format!("{}.", BASE64.encode(header.to_string())), claims)
        }

        fn signed_behind(&self, prefix: &str, claims: &Value) -> String {
            let message = format!("{prefix}{}", BASE64.encode(claims.to_string()));
            let der = self.key.private_der().expect("a key");
            let key = ed25519_dalek::SigningKey::from_pkcs8_der(&der).expect("a key");
            format!("{message}.{}", BASE64.encode(key.sign(message.as_bytes()).to_bytes()))
        }

        /// Our own header, rightly signed, with one claim changed (or left out, where it is null).
        fn claiming(&self, name: &str, value: Value) -> String {
            let mut claims = serde_json::to_value(claims()).expect("json");
            let object = claims.as_object_mut().expect("an object");
            object.remove(name);
            if !value.is_null() {
                object.insert(name.to_owned(), value);
            }
            self.signed_behind(&self.tokens.prefix, &claims)
        }

        fn verify(&self, token: &str) -> Result<Claims, AuthError> {
            self.tokens.verify(token, at(ISSUED + 1))
        }

        fn refuses(&self, what: &str, token: &str) {
            assert!(matches!(self.verify(token), Err(AuthError::TokenInvalid)), "{what}");
        }
    }

    #[test]
    fn a_token_says_what_was_signed() {
        let forge = Forge::new();
        let token = forge.tokens.sign(&claims()).expect("signed");
        assert_eq!(forge.verify(&token).expect("ours"), claims());
        assert_eq!(
            jsonwebtoken::decode_header(&token)
                .map(|header| serde_json::to_value(header).expect("json"))
                .expect("one"),
            forge.header()
        );
    }

    #[test]
    fn no_algorithm_but_ours_is_accepted() {
        let forge = Forge::new();
        let claims = serde_json::to_value(claims()).expect("json");
        for algorithm in ["none", "None", "NONE", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa"] {
            let mut header = forge.header();
            header["alg"] = algorithm.into();
            let token = forge.signed(&header, &claims);
            forge.refuses(algorithm, &token);
            let unsigned =
                token.rsplit_once('.').map(|(message, _)| format!("{message}.")).expect("three parts");
            forge.refuses(algorithm, &unsigned);
        }
    }

    #[test]
    fn the_public_key_is_no_shared_secret() {
        let forge = Forge::new();
        let public = forge.key.public_bytes();
        for secret in [public.to_vec(), BASE64.encode(public).into_bytes()] {
            let mut header = Header::new(Algorithm::HS256);
            (header.typ, header.kid) = (Some("at+jwt".to_owned()), Some(forge.key.id().to_owned()));
            let token =
                jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&secret)).expect("signed");
            forge.refuses("HS256 with the public key", &token);
        }
    }

    #[test]
    fn a_signature_of_zeros_another_key_or_another_text_is_refused() {
        let forge = Forge::new();
        let token = forge.tokens.sign(&claims()).expect("signed");
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        forge.refuses("zeros", &format!("{message}.{}", BASE64.encode([0_u8; 64])));
        forge.refuses("short", &format!("{message}.{}", BASE64.encode([1_u8; 63])));
        forge.refuses("none", message);
        forge.refuses("empty", &format!("{message}."));
        forge.refuses("twice", &format!("{token}.{signature}"));
        let other = Forge::new();
        let theirs = other.signed(&forge.header(), &serde_json::to_value(claims()).expect("json"));
        forge.refuses("another key", &theirs);
        forge.refuses("another key and its id", &other.tokens.sign(&claims()).expect("signed"));
        let mut promoted = claims();
        promoted.role = Role::SuperAdmin;
        let payload = BASE64.encode(serde_json::to_vec(&promoted).expect("json"));
        let (header, _) = token.split_once('.').expect("three parts");
        forge.refuses("another text", &format!("{header}.{payload}.{signature}"));
    }

    #[test]
    fn a_key_id_is_no_path_no_query_and_no_choice() {
        let forge = Forge::new();
        let claims = serde_json::to_value(claims()).expect("json");
        for kid in ["", "../../etc/passwd", "' or 1=1 --", "\0", &"k".repeat(10_240), &"k".repeat(100)] {
            let mut header = forge.header();
            header["kid"] = kid.into();
            forge.refuses(kid, &forge.signed(&header, &claims));
        }
        let mut header = forge.header();
        header.as_object_mut().expect("an object").remove("kid");
        forge.refuses("no key id", &forge.signed(&header, &claims));
    }

    #[test]
    fn headers_that_bring_their_own_key_or_rules_are_refused() {
        let forge = Forge::new();
        let claims = serde_json::to_value(claims()).expect("json");
        for (name, value) in [
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/chain")),
            ("jwk", serde_json::to_value(Forge::new().key.public_jwk()).expect("json")),
            ("x5c", json!(["AAAA"])),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
            ("cty", json!("JWT")),
        ] {
            let mut header = forge.header();
            header[name] = value;
            forge.refuses(name, &forge.signed(&header, &claims));
        }
        for typ in [json!("JWT"), json!("id+jwt"), json!("AT+JWT"), json!(1), Value::Null] {
            let mut header = forge.header();
            header["typ"] = typ.clone();
            forge.refuses(&format!("typ {typ}"), &forge.signed(&header, &claims));
        }
    }

    #[test]
    fn tokens_of_others_and_for_others_are_refused() {
        let forge = Forge::new();
        assert!(
            forge.verify(&forge.claiming("jti", json!(uuid::Uuid::from_u128(9)))).is_ok(),
            "the forge works"
        );
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("iss", json!([ISSUER])),
            ("iss", Value::Null),
            ("aud", json!("another-api")),
            ("aud", json!([AUDIENCE, "another-api"])),
            ("aud", Value::Null),
            ("sub", Value::Null),
            ("sub", json!("somebody")),
            ("tenant", Value::Null),
            ("role", json!("root")),
            ("role", json!(["agent"])),
            ("epoch", Value::Null),
        ] {
            forge.refuses(&format!("{name} {value}"), &forge.claiming(name, value.clone()));
        }
    }

    #[test]
    fn a_token_is_good_between_its_times_and_a_little_beyond() {
        let forge = Forge::new();
        let token = forge.tokens.sign(&claims()).expect("signed");
        let verify = |seconds| forge.tokens.verify(&token, at(ISSUED + seconds));
        assert!(verify(0).is_ok() && verify(600 + LEEWAY_SECONDS - 1).is_ok());
        assert!(matches!(verify(600 + LEEWAY_SECONDS), Err(AuthError::TokenExpired)));
        assert!(verify(-LEEWAY_SECONDS).is_ok());
        assert!(matches!(verify(-LEEWAY_SECONDS - 1), Err(AuthError::TokenInvalid)));
    }

    #[test]
    fn times_must_be_there_and_be_whole_numbers() {
        let forge = Forge::new();
        for (name, value) in [
            ("exp", Value::Null),
            ("exp", json!((ISSUED + 600).to_string())),
            ("exp", json!(1_800_000_600.5)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(-1)),
            ("nbf", Value::Null),
            ("nbf", json!("0")),
        ] {
            forge.refuses(&format!("{name} {value}"), &forge.claiming(name, value.clone()));
        }
        let endless = forge.verify(&forge.claiming("exp", json!(i64::MAX))).expect("rightly signed");
        assert!(endless.end() > at(ISSUED), "no overflow");
    }

    #[test]
    fn garbage_is_refused_whatever_its_size() {
        let forge = Forge::new();
        let token = forge.tokens.sign(&claims()).expect("signed");
        for garbage in ["", ".", "..", "...", "a.b.c", "Bearer", "\0", "é.é.é", " ", &"x".repeat(10_240)] {
            forge.refuses(garbage, garbage);
        }
        forge.refuses("space before", &format!(" {token}"));
        forge.refuses("space after", &format!("{token} "));
        forge.refuses("padding", &format!("{token}="));
        forge.refuses("10 KiB after our header", &format!("{}{}", forge.tokens.prefix, "x".repeat(10_240)));
        forge.refuses("10 KiB of name", &forge.claiming("name", json!("x".repeat(10_240))));
    }
}
