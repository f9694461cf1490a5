//! How promising a lead is, by rules anybody can check.
//!
//! | rule | points | holds where |
//! |---|---|---|
//! | `budget_known` | 20 | `budget`, `budgetMin` or `budgetMax` says something |
//! | `timeline_soon` | 20 | `timeline` means within three months: a number of months, or words such as `asap`, `30 days`, `1-3 months` |
//! | `timeline_known` | 5 | `timeline` says something else |
//! | `pre_approved` | 20 | `preApproved` is true or yes |
//! | `appointment_set` | 15 | there is an appointment |
//! | `area_known` | 5 | `area`, `areas` or `location` says something |
//! | `property_type_known` | 5 | `propertyType` says something |
//! | `name_known` | 5 | a first or last name is there |
//! | `email_known` | 5 | an email address is there |
//! | `contacted` | 5 | the person has been reached |
//!
//! Keys are looked up in the answers first, then in the preferences, in camelCase or snake_case; null means not
//! said. Together the rules come to exactly 100, so the points of the reasons always add up to the score.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Lead, QualifyLead};
use crate::values::{JsonObject, Score};

/// The judgement on a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Qualification {
    pub score: Score,
    pub band: Band,
    /// What the score is made of.
    pub reasons: Vec<ScoreReason>,
    /// What the person last said; counts until other answers come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<JsonObject>,
}

impl Qualification {
    /// Judges a lead as wished: by the score given, or else by the rules.
    pub(super) fn of(lead: &Lead, wish: &QualifyLead) -> Self {
        let earlier = || lead.qualification.as_ref().and_then(|known| known.answers.as_ref());
        let answers = wish.answers.as_ref().or_else(earlier);
        let reasons = match wish.score {
            Some(score) => vec![ScoreReason { rule: ScoreRule::Given, points: score.points() }],
            None => by_rule(lead, answers),
        };
        let score = Score::clamped(reasons.iter().map(|reason| i64::from(reason.points)).sum());
        Self { score, band: Band::of(score), reasons, answers: answers.cloned() }
    }
}

/// A score in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Band {
    /// 70 and more.
    Hot,
    /// 40 to 69.
    Warm,
    /// Less than 40.
    Cold,
}

impl Band {
    #[must_use]
    pub fn of(score: Score) -> Self {
        match score.points() {
            70.. => Self::Hot,
            40.. => Self::Warm,
            _ => Self::Cold,
        }
    }
}

/// What a part of a score was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreReason {
    pub rule: ScoreRule,
    pub points: u8,
}

/// The rules of a score. Stored in events: a rule that is retired keeps its name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ScoreRule {
    /// Whoever qualified the lead set the score.
    Given,
    BudgetKnown,
    TimelineSoon,
    TimelineKnown,
    PreApproved,
    AppointmentSet,
    AreaKnown,
    PropertyTypeKnown,
    NameKnown,
    EmailKnown,
    Contacted,
}

const BUDGET: &[&str] = &["budget", "budgetMin", "budgetMax", "budget_min", "budget_max"];
const TIMELINE: &[&str] = &["timeline"];
const PRE_APPROVED: &[&str] = &["preApproved", "pre_approved", "preapproved"];
const AREA: &[&str] = &["area", "areas", "location"];
const PROPERTY_TYPE: &[&str] = &["propertyType", "property_type"];

fn by_rule(lead: &Lead, answers: Option<&JsonObject>) -> Vec<ScoreReason> {
    use ScoreRule as R;
    let said = |keys, means: fn(&Value) -> bool| says(answers, &lead.preferences, keys, means);
    let soon = said(TIMELINE, is_soon);
    let rules = [
        (R::BudgetKnown, 20, said(BUDGET, is_known)),
        (R::TimelineSoon, 20, soon),
        (R::TimelineKnown, 5, !soon && said(TIMELINE, is_known)),
        (R::PreApproved, 20, said(PRE_APPROVED, is_yes)),
        (R::AppointmentSet, 15, lead.appointment.is_some()),
        (R::AreaKnown, 5, said(AREA, is_known)),
        (R::PropertyTypeKnown, 5, said(PROPERTY_TYPE, is_known)),
        (R::NameKnown, 5, lead.first_name.is_some() || lead.last_name.is_some()),
        (R::EmailKnown, 5, lead.email.is_some()),
        (R::Contacted, 5, lead.last_contacted_at.is_some()),
    ];
    let held = rules.into_iter().filter(|(_, _, holds)| *holds);
    held.map(|(rule, points, _)| ScoreReason { rule, points }).collect()
}

/// Whether what was said under one of `keys` has the meaning; answers silence preferences on the same matter.
fn says(
    answers: Option<&JsonObject>,
    preferences: &JsonObject,
    keys: &[&str],
    means: fn(&Value) -> bool,
) -> bool {
    let under = |said: &JsonObject| {
        let mut values =
            keys.iter().filter_map(|key| said.get(key)).filter(|value| !value.is_null()).peekable();
        values.peek().is_some().then(|| values.any(means))
    };
    answers.and_then(under).or_else(|| under(preferences)).unwrap_or(false)
}

fn is_known(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(known) => *known,
        Value::Number(amount) => amount.as_f64().is_some_and(|amount| amount > 0.0),
        Value::String(text) => !["", "unknown", "none", "n/a"].contains(&text.trim().to_lowercase().as_str()),
        Value::Array(parts) => parts.iter().any(is_known),
        Value::Object(parts) => parts.values().any(is_known),
    }
}

fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => ["yes", "true"].contains(&text.trim().to_lowercase().as_str()),
        _ => false,
    }
}

fn is_soon(value: &Value) -> bool {
    match value {
        Value::Number(months) => months.as_f64().is_some_and(|months| (0.0..=3.0).contains(&months)),
        Value::String(text) => reads_soon(&text.to_lowercase()),
        _ => false,
    }
}

fn reads_soon(text: &str) -> bool {
    const SOON: &[&str] = &["now", "asap", "soon", "today", "tomorrow", "immediate", "immediately", "urgent"];
    const RATHER_NOT: &[&str] = &["no", "not", "never", "after", "over", "more"];
    // A plus belongs to its number: `3+` is no number, and three months or more are not soon.
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '+').filter(|word| !word.is_empty()).collect();
    let any_of = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let short = |pair: &[&str]| match pair {
        [amount, unit] => amount_of(amount).zip(three_months_in(unit)).is_some_and(|(n, most)| n <= most),
        _ => false,
    };
    !any_of(RATHER_NOT) && (any_of(SOON) || words.windows(2).any(short))
}

fn amount_of(word: &str) -> Option<u32> {
    match word {
        "a" | "one" | "this" | "next" => Some(1),
        "two" => Some(2),
        "three" => Some(3),
        digits => digits.parse().ok(),
    }
}

fn three_months_in(unit: &str) -> Option<u32> {
    match unit.trim_end_matches('s') {
        "day" => Some(92),
        "week" => Some(13),
        "month" => Some(3),
        "quarter" => Some(1),
        _ => None,
    }
}
