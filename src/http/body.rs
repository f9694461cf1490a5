//! Reading bodies: bounded, strict, and with a pointer to what is wrong.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use seiketsu_domain::values::ValueError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Problem;
use super::strict::Strict;

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// 413 beyond the limit, 400 where the connection broke off.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("a body has at most {limit} bytes");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail))
        }
        Err(_) => Err(Problem::malformed("", "body_incomplete", "the body ended early")),
    }
}

/// Parses a JSON body; an absent body counts as `{}`.
///
/// # Errors
/// 415 for another content type, 400 for what does not parse, 422 for values that are refused.
pub fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return from_slice(b"{}");
    }
    require_json(headers)?;
    from_slice(bytes)
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let is_json = declared.next().and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let mime = value.split(';').next().unwrap_or_default().trim();
        mime.eq_ignore_ascii_case("application/json")
    });
    if is_json && declared.next().is_none() {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "send the body as application/json",
    )
    .at("#Content-Type", "unsupported_media_type", "must be application/json, once"))
}

/// Checks that a body says it is CSV.
///
/// # Errors
/// 415 for another content type.
pub fn require_csv(headers: &HeaderMap) -> Result<(), Problem> {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if mime.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "send the body as text/csv",
    )
    .at("#Content-Type", "unsupported_media_type", "must be text/csv"))
}

/// Parses JSON strictly.
///
/// # Errors
/// See [`parse`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    refuse_nul(bytes)?;
    strictly(bytes).map_err(|_| explain::<T>(bytes))
}

fn strictly<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict(&mut deserializer))?;
    deserializer.end()?;
    Ok(value)
}

/// Parses once more to find the place: errors may cost more than successes.
fn explain<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize::<_, T>(Strict(&mut deserializer)) {
        Err(error) => error,
        Ok(_) => {
            return Problem::malformed("", "trailing_characters", "something follows the JSON value");
        }
    };
    let pointer = pointer_of(error.path());
    let inner = error.into_inner();
    if inner.is_syntax() || inner.is_eof() || inner.is_io() {
        return Problem::malformed(pointer, "json_invalid", format!("not valid JSON: {inner}"));
    }
    explain_field(pointer, &inner.to_string())
}

/// Turns serde's message about a field into pointer, code and sentence.
pub(super) fn explain_field(mut pointer: String, message: &str) -> Problem {
    if let Some((code, detail)) = ValueError::from_serde(message) {
        return Problem::unacceptable(pointer, code, detail);
    }
    let plain = message.split(" at line ").next().unwrap_or(message);
    let code = if let Some(field) = quoted_after(plain, "unknown field ") {
        append(&mut pointer, field);
        "unknown_field"
    } else if let Some(field) = quoted_after(plain, "missing field ") {
        append(&mut pointer, field);
        "missing_field"
    } else if let Some(field) = quoted_after(plain, "duplicate field ") {
        append(&mut pointer, field);
        "duplicate_field"
    } else if plain.starts_with("unknown variant ") {
        "unknown_value"
    } else {
        "invalid_type"
    };
    Problem::malformed(pointer, code, bounded(plain))
}

/// Serde repeats the offending value; a client does not need a megabyte of its own input back.
fn bounded(message: &str) -> String {
    let mut short: String = message.chars().filter(|c| !c.is_control()).take(200).collect();
    if short.len() < message.len() {
        short.push('…');
    }
    short
}

fn append(pointer: &mut String, field: &str) {
    let field: String = field.chars().take(100).collect();
    let step = format!("/{}", field.replace('~', "~0").replace('/', "~1"));
    if !pointer.ends_with(&step) {
        pointer.push_str(&step);
    }
}

fn quoted_after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.strip_prefix('`')?.split('`').next()
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => append(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// Postgres cannot hold NUL in text, and nobody needs it: refused everywhere, with its place.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    let escaped = bytes.windows(6).any(|window| window == b"\\u0000");
    if !escaped {
        return Ok(());
    }
    // `\\u0000` may also be a backslash followed by text, so look at the values themselves.
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    let mut pointer = String::new();
    if find_nul(&value, &mut pointer) {
        return Err(Problem::malformed(pointer, "nul_character", "must not contain NUL characters"));
    }
    Ok(())
}

fn find_nul(value: &Value, pointer: &mut String) -> bool {
    let here = pointer.len();
    let found = match value {
        Value::String(text) => return text.contains('\0'),
        Value::Array(items) => items.iter().enumerate().any(|(index, item)| {
            pointer.truncate(here);
            pointer.push_str(&format!("/{index}"));
            find_nul(item, pointer)
        }),
        Value::Object(map) => map.iter().any(|(key, item)| {
            pointer.truncate(here);
            pointer.push_str(&format!("/{}", key.replace('\0', "").replace('~', "~0").replace('/', "~1")));
            key.contains('\0') || find_nul(item, pointer)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    if !found {
        pointer.truncate(here);
    }
    found
}

#[cfg(test)]
mod tests {
    use seiketsu_domain::values::Phone;
    use serde::Deserialize;

    use super::from_slice;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only its parsing matters")]
        phone_number: Phone,
        #[expect(dead_code, reason = "only its parsing matters")]
        #[serde(default)]
        tags: Vec<String>,
    }

    fn refused(body: &str) -> (u16, String, String) {
        let problem = from_slice::<Body>(body.as_bytes()).expect_err("refused").into_body();
        let first = problem.errors.into_iter().next().expect("a field to blame");
        (problem.status, first.pointer, first.code)
    }

    #[test]
    fn each_kind_of_bad_body_is_told_with_its_place() {
        let cases = [
            (r#"{"phoneNumber":"12"}"#, 422, "/phoneNumber", "phone_invalid"),
            (r#"{"phoneNumber":12}"#, 400, "/phoneNumber", "invalid_type"),
            (r#"{"phoneNumber":"+14155552671","x":1}"#, 400, "/x", "unknown_field"),
            (r#"{}"#, 400, "/phoneNumber", "missing_field"),
            (r#"{"phoneNumber":"+14155552671","tags":["a",1]}"#, 400, "/tags/1", "invalid_type"),
            (r#"{"phoneNumber":"+14155552671","tags":["a","\u0000"]}"#, 400, "/tags/1", "nul_character"),
            (r#"{"phoneNumber":"+14155552671"} x"#, 400, "", "trailing_characters"),
            (r#"{"phoneNumber":"#, 400, "/phoneNumber", "json_invalid"),
            (
                r#"{"phoneNumber":"+14155552671","phoneNumber":"+14155552671"}"#,
                400,
                "/phoneNumber",
                "duplicate_field",
            ),
        ];
        for (body, status, pointer, code) in cases {
            assert_eq!(refused(body), (status, pointer.to_owned(), code.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_backslash_before_u0000_is_text() {
        assert!(from_slice::<Body>(br#"{"phoneNumber":"+14155552671","tags":["\\u0000"]}"#).is_ok());
    }
}
