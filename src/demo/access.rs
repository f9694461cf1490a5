//! Where the server is and how to get in: from the environment, and from the file the `dev` and `seed` roles leave.

use std::collections::BTreeMap;
use std::path::Path;

use super::DemoError;

/// The server and one account in each of the two organizations.
#[derive(Debug)]
pub struct Access {
    /// Without a slash at its end.
    pub url: String,
    pub brokerage: Login,
    pub medical_office: Login,
}

/// An account. Its password is for the login only and never shown.
#[derive(Clone)]
pub struct Login {
    pub organization: String,
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.email, self.organization)
    }
}

impl Access {
    /// What the environment says, else the file; `url` wins over both.
    ///
    /// # Errors
    /// [`DemoError::Setting`] for the first one that is missing.
    pub fn find(url: Option<String>, file: &Path) -> Result<Self, DemoError> {
        let written = std::fs::read_to_string(file).map(|text| parse(&text)).unwrap_or_default();
        let setting = |name: &'static str| {
            let value = std::env::var(name).ok().or_else(|| written.get(name).cloned());
            value.filter(|value| !value.is_empty()).ok_or(DemoError::Setting { name })
        };
        let login = |organization, email, password| {
            Ok(Login {
                organization: setting(organization)?,
                email: setting(email)?,
                password: setting(password)?,
            })
        };
        let url = url.map_or_else(|| setting("SEIKETSU_URL"), Ok)?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            brokerage: login("SEIKETSU_ORGANIZATION", "SEIKETSU_EMAIL", "SEIKETSU_PASSWORD")?,
            medical_office: login(
                "SEIKETSU_SECOND_ORGANIZATION",
                "SEIKETSU_SECOND_EMAIL",
                "SEIKETSU_SECOND_PASSWORD",
            )?,
        })
    }
}

/// `KEY=value` and `KEY='value'`, where a quote inside is written `'\''`, as shells read it.
fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.trim().split_once('='));
    lines.map(|(key, value)| (key.trim().to_owned(), unquoted(value.trim()))).collect()
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => quoted.replace(r"'\''", "'"),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Login, parse};

    #[test]
    fn values_are_read_as_a_shell_reads_them() {
        let read = parse("A=plain\n# a comment\nB='with space'\nC='it'\\''s'\nD='x=y'\n");
        let of = |key: &str| read.get(key).map(String::as_str);
        assert_eq!((of("A"), of("B")), (Some("plain"), Some("with space")));
        assert_eq!((of("C"), of("D")), (Some("it's"), Some("x=y")));
    }

    #[test]
    fn a_password_is_never_shown() {
        let login = Login { organization: "o".into(), email: "e".into(), password: "secret".into() };
        assert!(!format!("{login:?}").contains("secret"));
    }
}
