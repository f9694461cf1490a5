//! Feed cursors and type filters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::http::problem::Problem;

/// Where a consumer continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    After(i64),
    /// Only what comes from now on.
    Latest,
}

/// The cursor behind a position; the same in the feed and in the stream.
pub fn encode(position: i64) -> String {
    BASE64.encode(format!("e1.{position}"))
}

/// Reads `after`: a cursor, `earliest` (also where absent) or `latest`.
///
/// # Errors
/// 400 for anything else.
pub fn decode(raw: Option<&str>, pointer: &str) -> Result<Start, Problem> {
    let invalid =
        || Problem::malformed(pointer, "cursor_invalid", "must be a cursor of this feed, earliest or latest");
    match raw {
        None | Some("earliest" | "") => Ok(Start::After(0)),
        Some("latest") => Ok(Start::Latest),
        Some(raw) if raw.len() <= 64 => {
            let text = BASE64
                .decode(raw)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(invalid)?;
            let position =
                text.strip_prefix("e1.").and_then(|digits| digits.parse().ok()).filter(|p| *p >= 0);
            position.map(Start::After).ok_or_else(invalid)
        }
        Some(_) => Err(invalid()),
    }
}

/// Most types one request may name.
const MOST_TYPES: usize = 50;

/// Turns `lead.*,consent.revoked` into patterns for SQL `like`; empty means everything.
///
/// # Errors
/// 400 for anything that cannot be an event type.
pub fn patterns(raw: Option<&str>) -> Result<Vec<String>, Problem> {
    let Some(raw) = raw else { return Ok(Vec::new()) };
    let types: Vec<&str> = raw.split(',').map(str::trim).collect();
    let shaped = |kind: &&str| {
        (1..=100).contains(&kind.len())
            && kind
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'*'))
    };
    if types.len() > MOST_TYPES || !types.iter().all(shaped) {
        let detail = "must be event types such as lead.created or lead.*, separated by commas";
        return Err(Problem::malformed("?types", "event_types_invalid", detail));
    }
    Ok(types.into_iter().map(|kind| kind.replace('_', "\\_").replace('*', "%")).collect())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::{Start, decode, encode, patterns};

    #[test]
    fn a_cursor_comes_back_as_it_went_out() {
        assert_eq!(decode(Some(&encode(17)), "?after").expect("ours"), Start::After(17));
        assert!(decode(Some("17"), "?after").is_err());
        assert!(decode(Some(&super::BASE64.encode("e1.-1")), "?after").is_err());
    }

    #[test]
    fn types_become_patterns_and_nothing_else_passes() {
        assert_eq!(
            patterns(Some("lead.*,call.phase_changed")).expect("types"),
            ["lead.%", "call.phase\\_changed"]
        );
        for bad in ["", "Lead.created", "lead.%", "a,,b", "'"] {
            assert!(patterns(Some(bad)).is_err(), "{bad}");
        }
    }
}
