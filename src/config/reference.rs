use super::sources::DEFAULTS;

const INTRODUCTION: &str = "\
# Configuration

<!-- Made from src/config/default.toml; `UPDATE=1 cargo test -p seiketsu config` writes it anew. -->

A value comes from the last of these that has it:

1. the defaults below, built into the program;
2. a TOML file: the one named by `--config`, else `seiketsu.toml` in the current directory where there is one;
3. the conventional variables `DATABASE_URL`, `KAFKA_BROKERS` and `REDIS_URL`;
4. environment variables `SEIKETSU__SECTION__KEY`; lists are separated by commas.

A setting that does not exist, or a value a setting cannot have, stops the program before it starts, with the key and
where the value came from. An empty text means \"not set\". Values of settings that hold credentials are never printed.
";

/// The reference for operators, in Markdown: each setting with its default, its variable and its meaning.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = "";
    let mut comment = String::new();
    for line in DEFAULTS.lines().skip_while(|line| !line.is_empty()) {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push_str(text);
            comment.push('\n');
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            page.push_str(&format!("\n## {section}\n\n{comment}"));
            comment.clear();
        } else if let Some((key, value)) = line.split_once(" = ") {
            let variable = format!("SEIKETSU__{}__{}", section.to_uppercase(), key.to_uppercase());
            let default = if value == "\"\"" { "not set".to_owned() } else { format!("`{value}`") };
            page.push_str(&format!(
                "\n### `{section}.{key}`\n\nDefault: {default} · `{variable}`\n\n{comment}"
            ));
            comment.clear();
        }
    }
    page
}
