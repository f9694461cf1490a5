//! Consistency tokens: "I have written this; show me nothing older". Opaque to clients.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use seiketsu_domain::envelope::slot_of;
use seiketsu_domain::ids::TenantId;
use seiketsu_projections::arrival::Awaited;
use uuid::Uuid;

/// The position of a write and the stream it went to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyToken {
    position: i64,
    aggregate_type: String,
    slot: i16,
}

impl ConsistencyToken {
    /// The token of a write to one stream.
    #[must_use]
    pub fn new(position: i64, aggregate_type: &str, tenant: TenantId, aggregate_id: Uuid) -> Self {
        let aggregate_type = aggregate_type.to_owned();
        Self { position, aggregate_type, slot: slot_of(tenant, aggregate_id) }
    }

    #[must_use]
    pub fn encode(&self) -> String {
        BASE64.encode(format!("1.{}.{}.{}", self.position, self.aggregate_type, self.slot))
    }

    /// `None` for anything we did not make.
    #[must_use]
    pub fn decode(raw: &str) -> Option<Self> {
        if raw.len() > 128 {
            return None;
        }
        let text = String::from_utf8(BASE64.decode(raw).ok()?).ok()?;
        let mut fields = text.split('.');
        let (version, position, aggregate_type, slot) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let known = version == "1" && fields.next().is_none();
        let position: i64 = position.parse().ok()?;
        let slot: i16 = slot.parse().ok()?;
        let named = aggregate_type.bytes().all(|byte| byte.is_ascii_lowercase());
        (known && named && position >= 0 && slot >= 0).then(|| Self {
            position,
            aggregate_type: aggregate_type.to_owned(),
            slot,
        })
    }

    /// What a reader has to wait for. The partition count is the installation's, filled in by the app.
    #[must_use]
    pub fn awaited(self) -> Awaited {
        Awaited { position: self.position, partition: Some(format!("{}/{}", self.aggregate_type, self.slot)) }
    }
}

#[cfg(test)]
mod tests {
    use seiketsu_domain::ids::TenantId;
    use uuid::Uuid;

    use super::ConsistencyToken;

    #[test]
    fn a_token_comes_back_as_it_went_out() {
        let token = ConsistencyToken::new(42, "lead", TenantId(Uuid::from_u128(1)), Uuid::from_u128(2));
        assert_eq!(ConsistencyToken::decode(&token.encode()), Some(token));
    }

    #[test]
    fn what_we_did_not_make_is_no_token() {
        for raw in ["", "x", "MQ", "MS4tNS5sZWFkLjA", &"A".repeat(200)] {
            assert_eq!(ConsistencyToken::decode(raw), None, "{raw}");
        }
    }
}
