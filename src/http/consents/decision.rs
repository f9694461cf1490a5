use std::collections::HashMap;

use seiketsu_domain::consent::{Checked, Consent, IssuedPermit};
use seiketsu_domain::ids::{ConsentId, DecisionId, TenantId};
use seiketsu_domain::permission::duty::{Due, Obligation};
use seiketsu_domain::permission::facts::FactId;
use seiketsu_domain::permission::rule::Rule;
use seiketsu_domain::permission::{Decision, Effect, Finding, Location, Outcome};
use seiketsu_domain::values::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::problem::Problem;

/// The decision, with every rule's finding and the facts it rests on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Decision)]
pub struct Answer {
    decision_id: Option<DecisionId>,
    effect: Effect,
    primary: Option<Rule>,
    /// Allowed past something that somebody should look at.
    flagged: bool,
    reasons: Vec<DecisionReason>,
    obligations: Vec<Obligation>,
    /// The obligations with their terms, and the rows of the packs that ask for them.
    duties: Vec<Due>,
    retry_at: Option<Timestamp>,
    /// How long an allow may be relied on.
    valid_until: Option<Timestamp>,
    permit: Option<IssuedPermit>,
    /// Where the person may be, by what was known.
    #[schema(value_type = Option<Object>)]
    location: Option<Location>,
    policy_pack: String,
}

/// What one rule found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionReason {
    rule: Rule,
    /// Group and number, such as `F2`.
    code: &'static str,
    version: i32,
    effect: Outcome,
    detail: String,
    /// Ids of the events it looked at.
    facts: Vec<Uuid>,
    /// Extracts of lists it looked at.
    extracts: Vec<String>,
    /// Rows of the rule packs it applied.
    rows: Vec<String>,
}

impl Answer {
    /// Of a decision that was recorded.
    pub fn recorded(checked: &Checked, facts: &HashMap<i64, Uuid>) -> Self {
        Self {
            decision_id: Some(checked.decision_id),
            effect: checked.effect,
            primary: checked.primary,
            flagged: checked.flagged,
            reasons: reasons(&checked.reasons, facts),
            obligations: checked.obligations.iter().map(|due| due.obligation).collect(),
            duties: checked.obligations.clone(),
            retry_at: checked.retry_at,
            valid_until: checked.valid_until,
            permit: checked.permit,
            location: checked.basis.as_ref().map(|basis| basis.location.clone()),
            policy_pack: checked.policy_pack.clone(),
        }
    }

    /// Of a decision that looks back.
    pub fn looked_back(decision: Decision, facts: &HashMap<i64, Uuid>) -> Self {
        Self {
            decision_id: None,
            effect: decision.effect,
            primary: decision.primary,
            flagged: decision.flagged,
            reasons: reasons(&decision.findings, facts),
            obligations: decision.obligations.iter().map(|due| due.obligation).collect(),
            policy_pack: decision.policy_pack(),
            duties: decision.obligations,
            retry_at: decision.retry_at,
            valid_until: decision.valid_until,
            permit: None,
            location: Some(decision.location),
        }
    }
}

/// The ids of the events of a ledger that findings rest on, by sequence.
///
/// # Errors
/// The database cannot be reached.
pub async fn ids_of(
    app: &App,
    tenant: TenantId,
    ledger: ConsentId,
    findings: &[Finding],
) -> Result<HashMap<i64, Uuid>, Problem> {
    let facts = findings.iter().flat_map(|finding| &finding.facts);
    let sequences: Vec<i64> = facts
        .filter_map(|fact| match fact {
            FactId::Ledger(sequence) => Some(*sequence),
            _ => None,
        })
        .collect();
    if sequences.is_empty() {
        return Ok(HashMap::new());
    }
    let kind = <Consent as cqrs_es::Aggregate>::TYPE;
    Ok(app.commands.store().event_ids(tenant, kind, ledger.0, &sequences).await?)
}

fn reasons(findings: &[Finding], ids: &HashMap<i64, Uuid>) -> Vec<DecisionReason> {
    findings.iter().map(|finding| reason(finding, ids)).collect()
}

fn reason(finding: &Finding, ids: &HashMap<i64, Uuid>) -> DecisionReason {
    let event = |fact: &FactId| match fact {
        FactId::Ledger(sequence) => ids.get(sequence).copied(),
        FactId::Event(id) => Some(*id),
        FactId::Request | FactId::Snapshot(_) => None,
    };
    let extract = |fact: &FactId| match fact {
        FactId::Snapshot(name) => Some(name.clone()),
        _ => None,
    };
    DecisionReason {
        rule: finding.rule,
        code: finding.rule.code(),
        version: finding.version,
        effect: finding.effect,
        detail: finding.detail.to_string(),
        facts: finding.facts.iter().filter_map(event).collect(),
        extracts: finding.facts.iter().filter_map(extract).collect(),
        rows: finding.rows.iter().map(ToString::to_string).collect(),
    }
}
