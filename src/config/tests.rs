use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use figment::Figment;
use figment::providers::{Format, Toml};

use super::{Config, ConfigError, ProjectionSource, reference, sources};

fn load(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile(file.unwrap_or_default());
    let environment = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let config = Config::from_sources(file.map(|_| folder.as_path()), environment);
    drop(std::fs::remove_file(folder));
    config
}

fn tempfile(text: &str) -> PathBuf {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let name = format!("seiketsu-config-{}-{}.toml", std::process::id(), FILES.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).expect("written");
    path
}

fn refusal(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    load(file, variables).expect_err("refused").to_string()
}

#[test]
fn the_defaults_alone_are_a_configuration() {
    let config = load(None, &[]).expect("defaults load");
    assert_eq!(config.http.bind.port(), 8080);
    assert_eq!(config.http.max_body_bytes, 1 << 20);
    assert!(config.database.url.is_none());
    assert!(config.kafka.settings().is_none());
}

#[test]
fn every_default_is_a_field_and_every_field_has_a_default() {
    // Unknown keys are refused, so what is left to show is that no field fills itself.
    let loads = |lines: &[&str]| Figment::from(Toml::string(&lines.join("\n"))).extract::<Config>().is_ok();
    let mut lines: Vec<&str> = sources::DEFAULTS.lines().collect();
    assert!(loads(&lines));
    for number in settings() {
        let line = std::mem::take(&mut lines[number]);
        assert!(!loads(&lines), "nothing misses {line}");
        lines[number] = line;
    }
}

/// The lines of `default.toml` that set something.
fn settings() -> impl Iterator<Item = usize> {
    let is_setting = |line: &str| line.contains(" = ") && !line.starts_with('#');
    sources::DEFAULTS.lines().enumerate().filter(move |(_, line)| is_setting(line)).map(|(number, _)| number)
}

#[test]
fn every_setting_is_explained() {
    let lines: Vec<&str> = sources::DEFAULTS.lines().collect();
    for number in settings() {
        assert!(lines[number - 1].starts_with("# "), "{} has no comment", lines[number]);
    }
}

#[test]
fn the_reference_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/CONFIGURATION.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, reference()).expect("written");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == reference(), "docs/CONFIGURATION.md is not what `UPDATE=1 cargo test` writes");
}

#[test]
fn a_later_source_wins() {
    let file = "[http]\nmax_connections = 7\n[database]\nurl = \"postgres://file/db\"";
    let config = load(Some(file), &[]).expect("file");
    assert_eq!(config.http.max_connections, 7);

    let alias = ("DATABASE_URL", "postgres://alias/db");
    let own = ("SEIKETSU__DATABASE__URL", "postgres://own/db");
    let url = |variables: &[_]| {
        load(Some(file), variables).expect("loads").database.url.map(|url| url.expose().to_owned())
    };
    assert_eq!(url(&[alias]).as_deref(), Some("postgres://alias/db"));
    assert_eq!(url(&[own, alias]).as_deref(), Some("postgres://own/db"));
    assert_eq!(url(&[("DATABASE_URL", "")]).as_deref(), Some("postgres://file/db"));
    assert_eq!(url(&[("SEIKETSU__DATABASE__URL", "")]), None);
}

#[test]
fn variables_take_the_type_of_their_setting() {
    let config = load(
        None,
        &[
            ("SEIKETSU__HTTP__CORS_ORIGINS", "https://a.example, http://localhost:3000"),
            ("SEIKETSU__KAFKA__TOPIC_PREFIX", "2024"),
            ("SEIKETSU__KAFKA__BROKERS", "one:9092,two:9092"),
            ("SEIKETSU__PROJECTIONS__SOURCE", "kafka"),
            ("SEIKETSU__RELAY__BATCH", "50"),
        ],
    )
    .expect("loads");
    assert_eq!(config.http.cors_origins, ["https://a.example", "http://localhost:3000"]);
    assert_eq!(config.kafka.topic_prefix, "2024");
    assert_eq!(config.kafka.brokers.as_deref(), Some("one:9092,two:9092"));
    assert_eq!(config.projections.source, ProjectionSource::Kafka);
    assert_eq!(config.relay.batch, 50);
}

#[test]
fn an_unknown_setting_is_refused_with_its_name_and_origin() {
    let refused = refusal(None, &[("SEIKETSU__HTTP__BNID", "x")]);
    assert!(
        refused.starts_with("there is no setting `http.bnid` (environment variable SEIKETSU__HTTP__BNID)"),
        "{refused}"
    );
    assert!(refused.contains("bind"), "{refused}");

    let refused = refusal(Some("[htpp]\nbind = 1"), &[]);
    assert!(refused.contains("`htpp`") && refused.contains(".toml"), "{refused}");
    assert!(refusal(Some("http = 1"), &[]).contains("it is a section"));
    assert!(refusal(None, &[("SEIKETSU__HTTP", "x")]).contains("it is a section"));
    assert!(refusal(None, &[("SEIKETSU__HTTP__BIND__X", "x")]).contains("expected"));
}

#[test]
fn a_bad_value_is_refused_with_its_key_and_origin() {
    let cases = [
        ("SEIKETSU__HTTP__MAX_BODY_BYTES", "lots", "expected a whole number"),
        ("SEIKETSU__HTTP__MAX_BODY_BYTES", "-1", "expected a whole number, 0 or more"),
        ("SEIKETSU__HTTP__BIND", "8080", "socket address"),
        ("SEIKETSU__HTTP__CORS_ORIGINS", "app.example.com", "expected scheme and host"),
        ("SEIKETSU__HTTP__PUBLIC_URL", "https://user@host", "expected scheme and host"),
        ("SEIKETSU__DATABASE__APPEND_LANES", "0", "between 1 and 16"),
        ("SEIKETSU__KAFKA__PARTITIONS", "2000", "between 1 and 1024"),
        ("SEIKETSU__KAFKA__TOPIC_PREFIX", "a b", "letters, digits"),
        ("SEIKETSU__PROJECTIONS__SOURCE", "carrier-pigeon", "expected one of postgres, kafka"),
        ("SEIKETSU__PROJECTIONS__SOURCE", "kafka", "needs kafka.brokers"),
        ("SEIKETSU__PROJECTIONS__ONLY", "nonesuch", "no read model `nonesuch`"),
        ("SEIKETSU__TELEMETRY__LOG", "a=b=c", "not a log directive"),
        ("DATABASE_URL", "mysql://host/db", "expected postgres://"),
        ("REDIS_URL", "localhost:6379", "expected redis://"),
    ];
    for (name, value, expected) in cases {
        let refused = refusal(None, &[(name, value)]);
        assert!(refused.contains(expected) && refused.contains(name), "{name}={value}: {refused}");
    }
}

#[test]
fn a_broken_file_is_refused_with_its_line_but_not_its_text() {
    let refused = refusal(Some("[database]\nurl = postgres://u:hunter2@host/db\n"), &[]);
    assert!(refused.contains("line 2"), "{refused}");
    assert!(!refused.contains("hunter2"), "{refused}");
}

#[test]
fn credentials_never_appear() {
    let variables =
        [("DATABASE_URL", "postgres://u:hunter2@host/db"), ("REDIS_URL", "redis://:hunter2@host/0")];
    let config = load(None, &variables).expect("loads");
    assert!(!format!("{config:?}").contains("hunter2"));
    for (name, value) in [
        ("DATABASE_URL", "hunter2"),
        ("SEIKETSU__HTTP__BIND", "hunter2"),
        ("SEIKETSU__RELAY__BATCH", "hunter2"),
    ] {
        assert!(!refusal(None, &[(name, value)]).contains("hunter2"), "{name}");
    }
    let refused = refusal(Some("[database]\nurl = 4815162342"), &[]);
    assert!(refused.contains("expected a text") && !refused.contains("4815"), "{refused}");
}

#[test]
fn a_file_asked_for_must_exist() {
    let missing = PathBuf::from("/nonexistent/seiketsu.toml");
    let refused = Config::from_sources(Some(&missing), []).expect_err("refused").to_string();
    assert!(refused.starts_with("/nonexistent/seiketsu.toml cannot be read"), "{refused}");
}
