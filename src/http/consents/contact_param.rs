//! A contact point as query parameters: exactly one of `phone` and `email`.

use seiketsu_domain::values::{Contact, Email, Phone};

use crate::http::problem::Problem;

/// # Errors
/// 400 where none or both are given.
pub fn contact(phone: Option<Phone>, email: Option<Email>) -> Result<Contact, Problem> {
    match (phone, email) {
        (Some(phone), None) => Ok(Contact::Phone(phone)),
        (None, Some(email)) => Ok(Contact::Email(email)),
        _ => Err(Problem::malformed("?phone", "contact_invalid", "give exactly one of phone and email")),
    }
}

/// The query that names a contact point.
#[must_use]
pub fn query_of(contact: &Contact) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    match contact {
        Contact::Phone(phone) => query.append_pair("phone", phone.as_str()),
        Contact::Email(email) => query.append_pair("email", email.as_str()),
    };
    query.finish()
}
