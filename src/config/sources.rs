//! Where values come from, lowest priority first: `default.toml`, the file, conventional variables, our own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::util::nest;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::error::ConfigError;

/// The built-in values; also the list of all settings there are.
pub(super) const DEFAULTS: &str = include_str!("default.toml");

/// Read where present and no `--config` was given.
const USUAL_FILE: &str = "seiketsu.toml";

const PREFIX: &str = "SEIKETSU__";

/// Names the surrounding world gives these settings.
const ALIASES: &[(&str, &str)] =
    &[("DATABASE_URL", "database.url"), ("KAFKA_BROKERS", "kafka.brokers"), ("REDIS_URL", "redis.url")];

/// Values from one place, under the name an operator knows it by.
struct Layer {
    origin: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// All values, the later source before the earlier one. Refuses settings that do not exist.
pub(super) fn gather(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Figment, ConfigError> {
    let known = defaults()?;
    let mut figment = Figment::from(Layer { origin: "built in".to_owned(), values: known.clone() });
    for layer in read_file(file)?.into_iter().chain(read_environment(&known, environment)?) {
        refuse_unknown(&known, &layer)?;
        figment = figment.merge(layer);
    }
    Ok(figment)
}

fn defaults() -> Result<Dict, ConfigError> {
    parse(Path::new("default.toml"), DEFAULTS)
}

fn read_file(chosen: Option<&Path>) -> Result<Option<Layer>, ConfigError> {
    let file = chosen.map_or_else(|| PathBuf::from(USUAL_FILE), Path::to_path_buf);
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(Layer { values: parse(&file, &text)?, origin: file.display().to_string() })),
        Err(error) if chosen.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { file, source }),
    }
}

fn parse(file: &Path, text: &str) -> Result<Dict, ConfigError> {
    Toml::from_str::<Dict>(text).map_err(|error| {
        // Not the error's own text: it quotes the line, which may hold a password.
        let before = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count() + 1;
        ConfigError::Syntax { file: file.to_owned(), line, reason: error.message().replace('\n', ", ") }
    })
}

/// One layer per variable, so that each value remembers its name.
fn read_environment(
    known: &Dict,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<Layer>, ConfigError> {
    let mut aliased = Vec::new();
    let mut own = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str() else { continue };
        if let Some((_, key)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
            // `DATABASE_URL=` is how scripts say "none".
            if !value.is_empty() {
                aliased.push(variable(known, name, key, &value)?);
            }
        } else if let Some(rest) = name.strip_prefix(PREFIX) {
            own.push(variable(known, name, &rest.to_ascii_lowercase().replace("__", "."), &value)?);
        }
    }
    aliased.extend(own);
    Ok(aliased)
}

fn variable(known: &Dict, name: &str, key: &str, raw: &OsString) -> Result<Layer, ConfigError> {
    let origin = format!("environment variable {name}");
    let invalid = |reason: &str| ConfigError::Invalid {
        key: key.to_owned(),
        origin: origin.clone(),
        reason: reason.to_owned(),
    };
    let raw = raw.to_str().ok_or_else(|| invalid("not UTF-8"))?;
    let value = match find(known, key) {
        Some(Value::Num(..)) => {
            Value::from(raw.trim().parse::<i64>().map_err(|_| invalid("expected a whole number"))?)
        }
        Some(Value::Array(..)) => {
            Value::from(raw.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>())
        }
        _ => Value::from(raw),
    };
    let values = nest(key, value).into_dict().unwrap_or_default();
    Ok(Layer { origin, values })
}

fn find<'a>(known: &'a Dict, key: &str) -> Option<&'a Value> {
    let (section, key) = key.split_once('.')?;
    known.get(section)?.as_dict()?.get(key)
}

fn refuse_unknown(known: &Dict, layer: &Layer) -> Result<(), ConfigError> {
    let unknown =
        |key: String, hint: String| Err(ConfigError::Unknown { key, origin: layer.origin.clone(), hint });
    for (section, values) in &layer.values {
        let Some(settings) = known.get(section).and_then(Value::as_dict) else {
            return unknown(section.clone(), format!("the sections are {}", names(known)));
        };
        let Some(values) = values.as_dict() else {
            return unknown(section.clone(), format!("it is a section with {}", names(settings)));
        };
        if let Some(key) = values.keys().find(|key| !settings.contains_key(*key)) {
            return unknown(format!("{section}.{key}"), format!("`{section}` has {}", names(settings)));
        }
    }
    Ok(())
}

fn names(dict: &Dict) -> String {
    dict.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}
