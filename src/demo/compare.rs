//! JSON beside JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// Where `found` differs from `expected`, one sentence each. What `found` has beyond it does not count: a query may
/// say how fresh it is.
#[must_use]
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut told = Vec::new();
    compare("", expected, found, &mut told);
    told
}

fn compare(place: &str, expected: &Value, found: &Value, told: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(fields), Value::Object(_)) => {
            for (key, value) in fields {
                compare(&format!("{place}/{key}"), value, found.get(key).unwrap_or(&Value::Null), told);
            }
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        _ if expected == found => {}
        _ => told.push(format!("{place}: {} expected, {} found", short(expected), short(found))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Every whole number in an object, by its JSON pointer.
#[must_use]
pub fn figures(value: &Value) -> BTreeMap<String, i64> {
    let mut figures = BTreeMap::new();
    collect("", value, &mut figures);
    figures
}

fn collect(place: &str, value: &Value, figures: &mut BTreeMap<String, i64>) {
    match value {
        Value::Number(number) => {
            figures.extend(number.as_i64().map(|number| (place.to_owned(), number)));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, field)| collect(&format!("{place}/{key}"), field, figures));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differences, figures};

    #[test]
    fn differences_are_told_with_their_place_and_additions_are_none() {
        let expected = json!({ "a": 1, "b": { "c": "x" }, "d": null });
        assert!(differences(&expected, &json!({ "a": 1.0, "b": { "c": "x" }, "e": 7 })).is_empty());
        let told = differences(&expected, &json!({ "a": 1, "b": { "c": "y" } }));
        assert_eq!(told, [r#"/b/c: "x" expected, "y" found"#]);
    }

    #[test]
    fn figures_are_found_at_any_depth() {
        let found = figures(&json!({ "calls": { "active": 2, "average": null }, "asOf": { "time": "now" } }));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("/calls/active".to_owned(), 2)]);
    }
}
