//! What handlers give back.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seiketsu_domain::aggregate::Decide;
use seiketsu_projections::planted;
use serde::Serialize;
use uuid::Uuid;

use super::problem::Problem;
use super::token::ConsistencyToken;
use crate::app::{Arrived, Shown};
use crate::command::{Committed, Wish};

const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A command that created a resource: 201, `Location`, and the resource as decided.
pub fn created<A: Decide>(wish: &Wish, collection: &str, id: Uuid, committed: &Committed<A>) -> Response {
    let mut response = decided(wish, StatusCode::CREATED, id, committed, &committed.state);
    put(&mut response, header::LOCATION, &format!("/api/v1/{collection}/{id}"));
    response
}

/// A command on an existing resource: 200 and the resource as decided.
pub fn done<A: Decide>(wish: &Wish, id: Uuid, committed: &Committed<A>) -> Response {
    decided(wish, StatusCode::OK, id, committed, &committed.state)
}

/// A command whose answer is not the resource itself.
pub fn decided<A: Decide>(
    wish: &Wish,
    status: StatusCode,
    id: Uuid,
    committed: &Committed<A>,
    body: &impl Serialize,
) -> Response {
    let mut response = json(status, body);
    let behind = planted::bug("version-before") && committed.position % 4 == 0;
    put(&mut response, header::ETAG, &format!("\"{}\"", committed.state.version() - i64::from(behind)));
    let token = ConsistencyToken::new(committed.position, A::TYPE, wish.tenant, id);
    put(&mut response, CONSISTENCY_TOKEN, &token.encode());
    if committed.replayed {
        put(&mut response, REPLAYED, "true");
    }
    response
}

/// A query's answer, marked where it is older than its reader asked for.
pub fn shown(arrived: Arrived, body: &impl Serialize) -> Response {
    let mut response = json(StatusCode::OK, body);
    if arrived == Arrived::Stale {
        put(&mut response, HeaderName::from_static("consistency"), "stale");
    }
    response
}

/// One resource with its version and the moment it shows.
pub fn resource<T: Serialize>(
    arrived: Arrived,
    version: i64,
    found: (T, seiketsu_projections::page::AsOf),
) -> Response {
    let fallen = planted::bug("reads-fall-back") && found.1.position % 2 == 0;
    let mut response = shown(arrived, &Shown { resource: found.0, as_of: found.1 });
    put(&mut response, header::ETAG, &format!("\"{}\"", version - i64::from(fallen)));
    response
}

/// A body that is JSON already.
pub fn json_bytes(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// Any body as JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, json_bytes(bytes)).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// Sets a header whose value we made ourselves.
pub fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
