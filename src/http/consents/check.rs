use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cqrs_es::Aggregate as _;
use seiketsu_domain::consent::{
    CallerState, CheckPermission, Checked, Consent, ConsentCommand, ConsentEvent, Effect, FindingEffect,
    IssuedPermit, Obligation, Rule, decide_permission,
};
use seiketsu_domain::ids::{ConsentId, DecisionId};
use seiketsu_domain::values::{Channel, Contact, Purpose, Technology, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::command::Wish;
use crate::http::answer::{decided, json};
use crate::http::problem::Problem;
use crate::http::request::{ConsentCheck, Order};
use crate::ids;

/// Whether a contact is permitted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PermissionQuestion {
    contact: Contact,
    channel: Channel,
    purpose: Purpose,
    /// Where absent, what the channel usually means: an artificial voice, a text message.
    technology: Option<Technology>,
    /// The time of the contact; now where absent.
    at: Option<Timestamp>,
    /// Answer from what had been recorded by this time. Such an answer looks back: it carries no permit and is not
    /// itself recorded.
    known_at: Option<Timestamp>,
    caller_state: Option<CallerState>,
}

/// The decision, with every rule's finding and the facts it rests on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    decision_id: Option<DecisionId>,
    effect: Effect,
    primary: Option<Rule>,
    reasons: Vec<DecisionReason>,
    obligations: Vec<Obligation>,
    retry_at: Option<Timestamp>,
    permit: Option<IssuedPermit>,
    policy_pack: String,
}

/// What one rule found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionReason {
    rule: Rule,
    version: i32,
    effect: FindingEffect,
    detail: String,
    /// Ids of the events it looked at.
    facts: Vec<Uuid>,
}

/// Check permission
///
/// Evaluates every rule on the ledger of the contact point and records the decision. An allow carries a permit of
/// 30 seconds, which a revocation in between makes void.
#[utoipa::path(post, path = "/consents/check", tag = "consents", request_body = PermissionQuestion,
    responses((status = 200, description = "Decided", body = Decision)))]
pub async fn check_permission(
    State(app): State<App>,
    order: Order<ConsentCheck, PermissionQuestion>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let consent_id = ConsentId::of(wish.tenant, &body.contact);
    let known_at = body.known_at;
    let check = question(&wish, body, consent_id);
    if known_at.is_some() {
        return look_back(&app, &wish, &check, known_at).await;
    }
    let committed =
        app.commands.execute::<Consent>(&wish, consent_id.0, ConsentCommand::Check(check)).await?;
    let checked = committed.events.iter().find_map(|event| match event {
        ConsentEvent::Checked(checked) => Some(checked),
        _ => None,
    });
    let checked = checked.ok_or(Problem::unavailable("decision_missing", "no decision was recorded"))?;
    let facts =
        facts(&app, &wish, consent_id, checked.reasons.iter().flat_map(|r| r.facts.clone()).collect())
            .await?;
    Ok(decided(&wish, StatusCode::OK, consent_id.0, &committed, &recorded(checked, &facts)))
}

fn question(wish: &Wish, body: PermissionQuestion, consent_id: ConsentId) -> CheckPermission {
    CheckPermission {
        consent_id,
        organization_id: wish.tenant,
        contact: body.contact,
        decision_id: ids::new(),
        permit_id: ids::new(),
        channel: body.channel,
        purpose: body.purpose,
        technology: body.technology,
        moment: body.at,
        caller_state: body.caller_state,
        at: wish.at,
    }
}

async fn look_back(
    app: &App,
    wish: &Wish,
    check: &CheckPermission,
    known_at: Option<Timestamp>,
) -> Result<Response, Problem> {
    let history = app.commands.store().history::<Consent>(wish.tenant, check.consent_id.0, i64::MAX).await?;
    let known = history.iter().map(|recorded| (&recorded.event, recorded.recorded_at));
    let state = Consent::as_of(known, check.moment, known_at);
    let permission = decide_permission(&state, &check.question());
    let facts: HashMap<i64, Uuid> =
        history.iter().map(|recorded| (recorded.sequence, recorded.event_id)).collect();
    let decision = Decision {
        decision_id: None,
        effect: permission.effect,
        primary: permission.primary,
        reasons: reasons(&permission.reasons, &facts),
        obligations: permission.obligations,
        retry_at: permission.retry_at,
        permit: None,
        policy_pack: permission.policy_pack.to_owned(),
    };
    Ok(json(StatusCode::OK, &decision))
}

/// The ids of the events a decision rests on.
async fn facts(
    app: &App,
    wish: &Wish,
    consent_id: ConsentId,
    sequences: Vec<i64>,
) -> Result<HashMap<i64, Uuid>, Problem> {
    if sequences.is_empty() {
        return Ok(HashMap::new());
    }
    let store = app.commands.store();
    Ok(store.event_ids(wish.tenant, Consent::TYPE, consent_id.0, &sequences).await?)
}

fn recorded(checked: &Checked, facts: &HashMap<i64, Uuid>) -> Decision {
    Decision {
        decision_id: Some(checked.decision_id),
        effect: checked.effect,
        primary: checked.primary,
        reasons: reasons(&checked.reasons, facts),
        obligations: checked.obligations.clone(),
        retry_at: checked.retry_at,
        permit: checked.permit,
        policy_pack: checked.policy_pack.clone(),
    }
}

fn reasons(
    findings: &[seiketsu_domain::consent::Finding],
    facts: &HashMap<i64, Uuid>,
) -> Vec<DecisionReason> {
    findings
        .iter()
        .map(|finding| DecisionReason {
            rule: finding.rule,
            version: finding.version,
            effect: finding.effect,
            detail: finding.detail.clone(),
            facts: finding.facts.iter().filter_map(|sequence| facts.get(sequence).copied()).collect(),
        })
        .collect()
}
