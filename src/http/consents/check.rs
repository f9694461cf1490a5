use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::compliance::Profile;
use seiketsu_domain::consent::{CheckPermission, Consent, ConsentCommand, ConsentEvent};
use seiketsu_domain::ids::ConsentId;
use seiketsu_domain::permission::pack::shipped;
use seiketsu_domain::permission::{Decision, decide};

use super::decision::{Answer, ids_of};
use super::question::PermissionQuestion;
use crate::app::App;
use crate::command::{CommandError, Committed, Wish};
use crate::http::answer::{decided, json};
use crate::http::problem::Problem;
use crate::http::request::{ConsentCheck, Order};
use crate::ids;
use crate::permission::{ATTEMPTS, Asked, Gathered, gather};

/// Check permission
///
/// Evaluates every rule on everything that is known, and records the decision. An allow carries a permit of 30 seconds at
/// most, which anything that changes what is permitted makes void.
#[utoipa::path(post, path = "/consents/check", tag = "consents", request_body = PermissionQuestion,
    responses((status = 200, description = "Decided", body = Answer)))]
pub async fn check_permission(
    State(app): State<App>,
    order: Order<ConsentCheck, PermissionQuestion>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    if let Some(known_at) = body.known_at {
        return look_back(&app, &wish, body.asked(wish.at, known_at)).await;
    }
    let asked = body.asked(wish.at, wish.at);
    let consent_id = ConsentId::of(wish.tenant, &asked.contact);
    let committed = record(&app, &wish, &asked, consent_id).await?;
    let checked = committed.events.iter().find_map(|event| match event {
        ConsentEvent::Checked(checked) => Some(checked),
        _ => None,
    });
    let checked = checked.ok_or(Problem::unavailable("decision_missing", "no decision was recorded"))?;
    let facts = ids_of(&app, wish.tenant, consent_id, &checked.reasons).await?;
    let answer = Answer::recorded(checked, &facts);
    Ok(decided(&wish, StatusCode::OK, consent_id.0, &committed, &answer))
}

/// Decides on ledger and profile as they are, until neither moved on meanwhile.
async fn record(
    app: &App,
    wish: &Wish,
    asked: &Asked,
    consent_id: ConsentId,
) -> Result<Committed<Consent>, Problem> {
    for _ in 0..ATTEMPTS {
        let gathered = gather(app, wish.tenant, asked).await?;
        let command = command(wish, asked, &gathered, consent_id);
        match app.commands.execute_relying::<Consent>(wish, consent_id.0, command, &gathered.relies_on).await
        {
            Err(CommandError::Outdated) => {
                app.commands.reloaded::<Profile>(wish.tenant, wish.tenant.0).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
    Err(CommandError::Contended.into())
}

fn command(wish: &Wish, asked: &Asked, gathered: &Gathered, consent_id: ConsentId) -> ConsentCommand {
    ConsentCommand::Check(CheckPermission {
        consent_id,
        organization_id: wish.tenant,
        contact: asked.contact.clone(),
        decision_id: ids::new(),
        permit_id: ids::new(),
        outside: Box::new(gathered.facts.clone()),
        profile: gathered.profile.version,
        at: wish.at,
    })
}

/// Answers from what had been recorded by then: in the ledger, in the profile, on the lists.
async fn look_back(app: &App, wish: &Wish, asked: Asked) -> Result<Response, Problem> {
    let consent_id = ConsentId::of(wish.tenant, &asked.contact);
    let decision = decided_then(app, wish, &asked, consent_id).await?;
    let facts = ids_of(app, wish.tenant, consent_id, &decision.findings).await?;
    Ok(json(StatusCode::OK, &Answer::looked_back(decision, &facts)))
}

async fn decided_then(
    app: &App,
    wish: &Wish,
    asked: &Asked,
    consent_id: ConsentId,
) -> Result<Decision, Problem> {
    let facts = crate::permission::known_then(app, wish.tenant, asked, consent_id).await?;
    let packs =
        shipped().ok_or(Problem::unavailable("rule_packs_invalid", "the rule packs are not valid"))?;
    Ok(decide(packs, &facts))
}
