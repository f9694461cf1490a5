//! Values as the words they are on the wire (`no_answer`, an id, `USD`), for text columns and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The word of a value that serialises as a string.
///
/// # Errors
/// It serialises as something else.
pub fn word(value: impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(value)?)
}

/// The value of a word.
///
/// # Errors
/// No value has this word.
pub fn value<T: DeserializeOwned>(word: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(Value::String(word.to_owned()))
}
