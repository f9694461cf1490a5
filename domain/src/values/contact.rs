//! Ways to reach a person.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

use super::{ValueError, string_value};

/// A phone number in E.164, valid by the rules of libphonenumber.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "+14155550123"))]
pub struct Phone(String);

impl Phone {
    /// Accepts an international number with or without separators and keeps its E.164 form.
    ///
    /// # Errors
    /// No leading `+`, or not a number that exists in its country's numbering plan.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let invalid = || {
            ValueError::new("phone_invalid", "must be a valid phone number in E.164, such as +14155550123")
        };
        let raw = raw.trim();
        // E.164 has at most 15 digits; the rest is room for separators.
        if !raw.starts_with('+') || raw.len() > 32 || !raw.is_ascii() {
            return Err(invalid());
        }
        let number = PHONE_NUMBER_UTIL.parse(raw, None).map_err(|_| invalid())?;
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) || number.extension.is_some() {
            return Err(invalid());
        }
        Ok(Self(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned()))
    }
}

string_value!(Phone);

/// An email address, checked for shape; the domain is kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "ada@example.com", max_length = 254))]
pub struct Email(String);

impl Email {
    /// # Errors
    /// Not of the shape `local@domain.tld`, or longer than 254 characters.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let invalid = || ValueError::new("email_invalid", "must be an email address");
        let (local, domain) = raw.trim().rsplit_once('@').ok_or_else(invalid)?;
        let domain = domain.to_lowercase();
        let good_local = (1..=64).contains(&local.len())
            && !local.chars().any(|c| c.is_control() || c.is_whitespace() || "@,;:<>()[]\\\"".contains(c));
        let good_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let good_domain = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(good_label);
        if !good_local || !good_domain || local.len() + domain.len() + 1 > 254 {
            return Err(invalid());
        }
        Ok(Self(format!("{local}@{domain}")))
    }
}

string_value!(Email);

/// A contact point: what consent is given for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawContact", rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Contact {
    /// `{"phone": "+14155550123"}`
    Phone(Phone),
    /// `{"email": "ada@example.com"}`
    Email(Email),
}

impl Contact {
    /// One text per contact point: the same person's mailbox in other letter case is the same key.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Phone(phone) => format!("phone:{phone}"),
            Self::Email(email) => format!("email:{}", email.as_str().to_lowercase()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContact {
    phone: Option<Phone>,
    email: Option<Email>,
}

impl TryFrom<RawContact> for Contact {
    type Error = ValueError;

    fn try_from(raw: RawContact) -> Result<Self, ValueError> {
        match (raw.phone, raw.email) {
            (Some(phone), None) => Ok(Self::Phone(phone)),
            (None, Some(email)) => Ok(Self::Email(email)),
            _ => Err(ValueError::new("contact_invalid", "must have exactly one of phone and email")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Contact, Email, Phone};

    #[test]
    fn a_phone_number_is_kept_in_e164() {
        assert_eq!(Phone::try_new("+1 (415) 555-2671").expect("valid").as_str(), "+14155552671");
        assert_eq!(Phone::try_new("+442079460958").expect("valid").as_str(), "+442079460958");
    }

    #[test]
    fn numbers_that_nobody_can_have_are_refused() {
        for raw in
            ["", "+", "4155552671", "+1", "+1415555267", "+14155552671 ext. 5", "+999123456789", "+１４１５"]
        {
            assert!(Phone::try_new(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn an_email_needs_a_mailbox_and_a_domain() {
        assert_eq!(Email::try_new("Ada@Example.COM").expect("valid").as_str(), "Ada@example.com");
        for raw in
            ["", "@example.com", "ada@", "ada@localhost", "a da@example.com", "a\0@example.com", "ada@-x.com"]
        {
            assert!(Email::try_new(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_contact_is_a_phone_or_an_email_and_not_both() {
        assert!(serde_json::from_str::<Contact>(r#"{"phone":"+14155552671"}"#).is_ok());
        assert!(serde_json::from_str::<Contact>(r#"{}"#).is_err());
        assert!(
            serde_json::from_str::<Contact>(r#"{"phone":"+14155552671","email":"a@example.com"}"#).is_err()
        );
    }

    #[test]
    fn a_contact_reads_back_what_it_writes() {
        let contact = Contact::Phone(Phone::try_new("+14155552671").expect("valid"));
        let json = serde_json::to_string(&contact).expect("json");
        assert_eq!(json, r#"{"phone":"+14155552671"}"#);
        assert_eq!(serde_json::from_str::<Contact>(&json).expect("reads back"), contact);
    }
}
