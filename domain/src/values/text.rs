//! Bounded text. Lengths count Unicode scalar values after trimming; control characters are refused, and line
//! breaks too where a value is one line.

use super::{ValueError, string_value};

#[derive(Clone, Copy, PartialEq)]
enum Lines {
    One,
    Many,
}

fn checked(raw: &str, max: usize, lines: Lines) -> Result<String, ValueError> {
    let text = raw.trim();
    if text.is_empty() {
        return Err(ValueError::new("text_empty", "must not be empty"));
    }
    let breaks_line = |c: char| matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(|c| c.is_control() && !(lines == Lines::Many && breaks_line(c))) {
        return Err(ValueError::new("text_control_character", "must not contain control characters"));
    }
    if text.len() > max && text.chars().count() > max {
        return Err(ValueError::new("text_too_long", format!("must have at most {max} characters")));
    }
    Ok(text.to_owned())
}

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident($lines:ident, $max:tt))+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The longest this text may be, in characters.
            pub const MAX: usize = $max;

            /// # Errors
            /// Empty, too long, or with control characters.
            pub fn try_new(raw: &str) -> Result<Self, ValueError> {
                checked(raw, Self::MAX, Lines::$lines).map(Self)
            }
        }

        string_value!($name);

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, Type};
                ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some($max)).into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )+};
}

texts! {
    /// A person's given or family name, or that of a place of business.
    Name(One, 100)
    /// Where a lead came from, such as `website` or `open house`.
    Source(One, 100)
    /// A label put on a lead.
    Tag(One, 50)
    /// Where an appointment takes place.
    Place(One, 200)
    /// An opaque reference of another system: a disclosure id, a recording reference, a criterion name.
    Token(One, 200)
    /// The address of the page a consent was captured on.
    CapturedUrl(One, 2048)
    /// The browser a consent was captured with.
    UserAgent(One, 500)
    /// Why something was done, in a sentence or two.
    Reason(Many, 500)
    /// A note by a person, or the words somebody used.
    Note(Many, 4000)
    /// What was said in one transcript segment.
    SegmentText(Many, 8000)
    /// What a call came to.
    Summary(Many, 4000)
    /// The disclosure a person saw or heard when consenting.
    DisclosureText(Many, 10_000)
}

#[cfg(test)]
mod tests {
    use super::{Name, Note};

    #[test]
    fn a_name_is_trimmed_and_kept() {
        assert_eq!(Name::try_new("  O'Brien ").expect("a name").as_str(), "O'Brien");
    }

    #[test]
    fn blank_nul_and_endless_names_are_refused() {
        assert_eq!(Name::try_new(" \t ").expect_err("blank").code, "text_empty");
        assert_eq!(Name::try_new("a\0b").expect_err("NUL").code, "text_control_character");
        assert_eq!(Name::try_new(&"é".repeat(101)).expect_err("long").code, "text_too_long");
        assert!(Name::try_new(&"é".repeat(100)).is_ok(), "the limit counts characters, not bytes");
    }

    #[test]
    fn a_name_is_one_line_and_a_note_may_be_many() {
        assert!(Name::try_new("a\nb").is_err());
        assert!(Note::try_new("a\nb").is_ok());
    }
}
