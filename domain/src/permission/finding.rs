use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::facts::FactId;
use super::pack::Applied;
use super::rule::Rule;

/// What one rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    Allow,
    Deny,
    /// It would deny, were it not for a rule of group B.
    Bypassed,
    /// It has nothing to say about this contact.
    NotApplicable,
}

/// What one rule found, the facts it looked at and the rows of the packs it applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    pub rule: Rule,
    /// Of the rule as programmed; the rows are versioned with their packs.
    pub version: i32,
    pub effect: Outcome,
    /// A sentence for people.
    pub detail: Cow<'static, str>,
    pub facts: Vec<FactId>,
    pub rows: Vec<Arc<str>>,
}

impl Finding {
    fn new(rule: Rule, effect: Outcome, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, version: 1, effect, detail: detail.into(), facts: vec![], rows: vec![] }
    }

    pub(super) fn allow(rule: Rule, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(rule, Outcome::Allow, detail)
    }

    pub(super) fn deny(rule: Rule, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(rule, Outcome::Deny, detail)
    }

    pub(super) fn not_applicable(rule: Rule, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(rule, Outcome::NotApplicable, detail)
    }

    pub(super) fn about(mut self, fact: &FactId) -> Self {
        self.facts.push(fact.clone());
        self
    }

    pub(super) fn about_all<'a>(mut self, facts: impl IntoIterator<Item = &'a FactId>) -> Self {
        self.facts.extend(facts.into_iter().cloned());
        self
    }

    pub(super) fn by<T>(mut self, rule: &Applied<T>) -> Self {
        self.rows.push(rule.row.clone());
        self
    }

    pub(super) fn by_rows<'a>(mut self, rows: impl IntoIterator<Item = &'a Arc<str>>) -> Self {
        self.rows.extend(rows.into_iter().cloned());
        self
    }

    /// Lets it pass where `past` holds, but says so.
    pub(super) fn unless(mut self, past: bool) -> Self {
        if past && self.effect == Outcome::Deny {
            self.effect = Outcome::Bypassed;
        }
        self
    }
}
