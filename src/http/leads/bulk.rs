use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures::stream::{self, StreamExt};
use seiketsu_domain::ids::{LeadId, UserId};
use seiketsu_domain::lead::{Lead, LeadCommand};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::create::NewLead;
use super::update::ChangedLead;
use crate::app::App;
use crate::command::{Committed, Wish};
use crate::event_store::Key;
use crate::http::answer::{json, put};
use crate::http::body;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::references::require_user;
use crate::http::request::{Empty, LeadsWrite, Order};
use crate::http::token::ConsistencyToken;
use crate::ids;

/// Items one request may have.
const MOST_ITEMS: usize = 1000;
/// Commands under way at once: enough to fill a batch of the store.
const AT_ONCE: usize = 128;

/// Up to 1,000 changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkLeads {
    items: Vec<BulkItem>,
}

/// One change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkItem {
    op: BulkOp,
    /// The lead, for everything but `create`.
    id: Option<LeadId>,
    if_version: Option<i64>,
    /// As in the body of the single command.
    #[schema(value_type = Object)]
    data: Option<Box<RawValue>>,
}

/// What to do with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkOp {
    Create,
    Update,
    Assign,
    Archive,
}

/// What became of each item, in the order they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    items: Vec<ItemResult>,
}

/// What became of one item.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemResult {
    index: usize,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Lead>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Change many leads
///
/// Each item succeeds or fails alone. With an `Idempotency-Key` a repeated request has one effect per item.
#[utoipa::path(post, path = "/leads/bulk", tag = "leads", request_body = BulkLeads,
    responses((status = 207, description = "A result per item", body = BulkResult)))]
pub async fn change_leads(
    State(app): State<App>,
    order: Order<LeadsWrite, BulkLeads>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    if body.items.is_empty() || body.items.len() > MOST_ITEMS {
        return Err(Problem::unacceptable("/items", "bulk_size", "must have 1 to 1,000 items"));
    }
    let wish = Arc::new(wish);
    let work = body.items.into_iter().enumerate().map(|(index, item)| {
        let (app, wish) = (app.clone(), Arc::clone(&wish));
        async move { (index, change(&app, &wish, index, item).await) }
    });
    let outcomes: Vec<_> = stream::iter(work).buffered(AT_ONCE).collect().await;
    Ok(answer(&wish, outcomes))
}

type Outcome = Result<(u16, Committed<Lead>), Problem>;

fn answer(wish: &Wish, outcomes: Vec<(usize, Outcome)>) -> Response {
    let mut latest: Option<(i64, LeadId)> = None;
    let mut items = Vec::with_capacity(outcomes.len());
    for (index, outcome) in outcomes {
        items.push(match outcome {
            Ok((status, committed)) => {
                latest = latest.max(Some((committed.position, committed.state.id)));
                ItemResult {
                    index,
                    status,
                    resource: Some(Arc::unwrap_or_clone(committed.state)),
                    problem: None,
                }
            }
            Err(problem) => ItemResult {
                index,
                status: problem.status().as_u16(),
                resource: None,
                problem: Some(problem.into_body()),
            },
        });
    }
    let mut response = json(StatusCode::MULTI_STATUS, &BulkResult { items });
    if let Some((position, lead)) = latest {
        let token = ConsistencyToken::new(position, "lead", wish.tenant, lead.0);
        put(&mut response, axum::http::HeaderName::from_static("consistency-token"), &token.encode());
    }
    response
}

async fn change(app: &App, wish: &Wish, index: usize, item: BulkItem) -> Outcome {
    let wish = wish_of(wish, index, &item);
    let data = item.data.as_deref().map_or("{}", RawValue::get);
    if item.op == BulkOp::Create {
        if item.id.is_some() {
            return Err(Problem::unacceptable(
                format!("/items/{index}/id"),
                "id_not_expected",
                "a new lead gets its id here",
            ));
        }
        let lead_id: LeadId = ids::new();
        let command = parse::<NewLead>(data, index)?.into_command(lead_id, &wish);
        return Ok((201, app.commands.create::<Lead>(&wish, lead_id.0, command).await?));
    }
    let id = item.id.ok_or_else(|| {
        Problem::malformed(format!("/items/{index}/id"), "missing_field", "this change needs a lead")
    })?;
    let command = command(app, &wish, item.op, data, index).await?;
    Ok((200, app.commands.execute::<Lead>(&wish, id.0, command).await?))
}

async fn command(
    app: &App,
    wish: &Wish,
    op: BulkOp,
    data: &str,
    index: usize,
) -> Result<LeadCommand, Problem> {
    match op {
        BulkOp::Create | BulkOp::Update => Ok(parse::<ChangedLead>(data, index)?.into_command(wish)),
        BulkOp::Archive => parse::<Empty>(data, index).map(|_| LeadCommand::Archive { at: wish.at }),
        BulkOp::Assign => {
            let to: Assignee = parse(data, index)?;
            require_user(app, wish.tenant, to.user_id, "/userId")
                .await
                .map_err(|problem| problem.under(&format!("/items/{index}/data")))?;
            Ok(LeadCommand::Assign { to: to.user_id, at: wish.at })
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Assignee {
    user_id: UserId,
}

fn parse<T: serde::de::DeserializeOwned>(data: &str, index: usize) -> Result<T, Problem> {
    body::from_slice(data.as_bytes()).map_err(|problem| problem.under(&format!("/items/{index}/data")))
}

/// Each item is a command of its own, with a key of its own under the request's: no client key has a space.
fn wish_of(wish: &Wish, index: usize, item: &BulkItem) -> Wish {
    let key = wish.key.as_ref().map(|key| {
        let mut hash = Sha256::new();
        hash.update(key.request_hash);
        hash.update(index.to_be_bytes());
        Key { key: format!("{} {index}", key.key), request_hash: hash.finalize().into() }
    });
    Wish { key, expected_version: item.if_version, ..wish.clone() }
}
