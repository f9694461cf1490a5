use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::values::{CapturedUrl, DisclosureText, Timestamp, Token, UserAgent, ValueError};

/// What proves a consent: the words shown or read, and the traces of the person agreeing to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The disclosure as the person saw or heard it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure_text: Option<DisclosureText>,
    /// The disclosure where its text is kept elsewhere; names one exact version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure_id: Option<Token>,
    /// The page it was given on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<CapturedUrl>,
    /// The address it was given from, IPv4 or IPv6.
    #[serde(default, deserialize_with = "ip_address", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "203.0.113.7"))]
    pub ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<UserAgent>,
    /// The recording in which it was spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_ref: Option<Token>,
    /// The signed paper, the text message or whatever else stands for a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_ref: Option<Token>,
    pub captured_at: Timestamp,
}

impl Evidence {
    /// Whether it says what the person agreed to.
    #[must_use]
    pub fn has_disclosure(&self) -> bool {
        self.disclosure_text.is_some() || self.disclosure_id.is_some()
    }

    /// Whether it shows an act that counts as signing: a form sent, words recorded, a signature (15 USC 7006(5)).
    #[must_use]
    pub fn has_signature(&self) -> bool {
        self.url.is_some() || self.recording_ref.is_some() || self.signature_ref.is_some()
    }
}

fn ip_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IpAddr>, D::Error> {
    let invalid = |_| ValueError::new("ip_invalid", "must be an IPv4 or IPv6 address");
    Option::<Cow<'de, str>>::deserialize(deserializer)?
        .map(|raw| raw.parse().map_err(invalid).map_err(serde::de::Error::custom))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::Evidence;
    use crate::values::ValueError;

    fn read(json: &str) -> Result<Evidence, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn the_time_of_capture_is_all_it_must_have() {
        let evidence = read(r#"{"capturedAt":"2026-11-24T15:00:00Z","ip":"2001:db8::1"}"#).expect("evidence");
        assert!(!evidence.has_disclosure() && !evidence.has_signature());
        assert!(read(r#"{"disclosureId":"web-7"}"#).is_err());
    }

    #[test]
    fn an_address_that_is_none_is_refused_by_code() {
        let error =
            read(r#"{"capturedAt":"2026-11-24T15:00:00Z","ip":"300.1.1.1"}"#).expect_err("no address");
        assert_eq!(ValueError::from_serde(&error.to_string()).expect("marked").0, "ip_invalid");
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(read(r#"{"capturedAt":"2026-11-24T15:00:00Z","ipAddress":"203.0.113.7"}"#).is_err());
    }
}
