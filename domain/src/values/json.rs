//! Free-form data whose shape an organization chooses, within limits.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::ValueError;

/// A JSON object of at most 64 KiB, 16 levels and no NUL characters (which Postgres text cannot hold).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Object))]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    pub const MAX_BYTES: usize = 64 * 1024;
    pub const MAX_DEPTH: usize = 16;

    /// # Errors
    /// Too large, too deep, or with a NUL character in a key or string.
    pub fn try_new(map: Map<String, Value>) -> Result<Self, ValueError> {
        let mut bytes = 0;
        for (key, value) in &map {
            check(key, value, 1, &mut bytes)?;
        }
        Ok(Self(map))
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every entry of `part` is here with the same value.
    #[must_use]
    pub fn contains(&self, part: &Self) -> bool {
        part.0.iter().all(|(key, value)| self.0.get(key) == Some(value))
    }

    /// A copy that took over every entry of `newer`.
    ///
    /// # Errors
    /// Too large together, where each alone is not.
    pub fn merged(&self, newer: &Self) -> Result<Self, ValueError> {
        let mut both = self.clone();
        both.merge(newer);
        Self::try_new(both.0)
    }

    /// Takes over every entry of `newer`, replacing entries of the same name.
    pub fn merge(&mut self, newer: &Self) {
        self.0.extend(newer.0.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

fn check(key: &str, value: &Value, depth: usize, bytes: &mut usize) -> Result<(), ValueError> {
    if depth > JsonObject::MAX_DEPTH {
        return Err(ValueError::new("object_too_deep", "must nest at most 16 levels"));
    }
    *bytes += key.len() + 4;
    let nul = || ValueError::new("text_control_character", "must not contain NUL characters");
    if key.contains('\0') {
        return Err(nul());
    }
    match value {
        Value::String(text) if text.contains('\0') => return Err(nul()),
        Value::String(text) => *bytes += text.len() + 2,
        Value::Array(items) => items.iter().try_for_each(|item| check("", item, depth + 1, bytes))?,
        Value::Object(map) => map.iter().try_for_each(|(key, item)| check(key, item, depth + 1, bytes))?,
        Value::Null | Value::Bool(_) | Value::Number(_) => *bytes += 8,
    }
    if *bytes > JsonObject::MAX_BYTES {
        return Err(ValueError::new("object_too_large", "must take at most 64 KiB"));
    }
    Ok(())
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(Map::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::JsonObject;

    #[test]
    fn limits_hold() {
        let mut deep = json!(1);
        for _ in 0..20 {
            deep = json!({ "a": deep });
        }
        for bad in
            [deep, json!({"a": "x".repeat(70_000)}), json!({"a\0": 1}), json!({"a": ["\0"]}), json!([1])]
        {
            assert!(serde_json::from_value::<JsonObject>(bad).is_err());
        }
        assert!(
            serde_json::from_value::<JsonObject>(json!({"budget": 450_000, "areas": ["Mission"]})).is_ok()
        );
    }
}
