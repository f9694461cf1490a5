//! What handlers take: who asks, what they ask, under which conditions. Each extractor refuses in our own format.
//!
//! - `Order`: a command. Caller with permission, idempotency key, expected version, parsed body.
//! - `Ask`: a query. Caller with permission, parsed parameters, the position to wait for.
//! - `Id`: a resource id in the path.

use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::values::Phone;
use seiketsu_projections::arrival::Awaited;
use seiketsu_projections::planted;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::body;
use super::edge::RequestId;
use super::problem::Problem;
use super::token::ConsistencyToken;
use crate::app::App;
use crate::clock;
use crate::command::Wish;
use crate::event_store::Key;
use crate::identity::{Permission, Principal};

/// A permission as a type, so that a handler's signature says what it needs.
pub trait Needs: Send + Sync + 'static {
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($name:ident)+) => {$(
        #[doc = concat!("Needs the permission `", stringify!($name), "`.")]
        pub struct $name;
        impl Needs for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}

permissions! {
    CallsRead CallsWrite LeadsRead LeadsWrite LeadsAssign ConsentRead ConsentWrite ConsentCheck ConsentRevoke
    EscalationsRead EscalationsWrite EscalationsAssign AnalyticsRead EventsRead AuditRead Administer Operate
}

/// A command request.
pub struct Order<P, T> {
    pub wish: Wish,
    pub caller: Arc<Principal>,
    pub body: T,
    permission: PhantomData<P>,
}

/// A command request whose body is not JSON. Repeating it must be harmless: it carries no idempotency key.
pub struct RawOrder<P> {
    pub wish: Wish,
    pub bytes: Bytes,
    permission: PhantomData<P>,
}

/// A file of CSV with parameters that say what it is. Repeating it must be harmless: it carries no idempotency key.
pub struct Upload<P, T> {
    pub wish: Wish,
    pub bytes: Bytes,
    pub filter: T,
    permission: PhantomData<P>,
}

/// A request of somebody who is not logged in yet.
pub struct Open<T> {
    pub body: T,
    /// Where the connection comes from.
    pub address: Option<IpAddr>,
}

/// A query request.
pub struct Ask<P, T> {
    pub caller: Arc<Principal>,
    pub filter: T,
    pub freshness: Freshness,
    permission: PhantomData<P>,
}

impl<P, T> Ask<P, T> {
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }
}

/// What a reader wants to have seen.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    pub awaited: Option<Awaited>,
    pub patience: Duration,
    /// Whether a stale answer is better than none.
    pub lenient: bool,
}

/// A body without fields.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// A resource id in the path; another tenant's is found nowhere, a malformed one is refused.
pub struct Id<T>(pub T);

impl<P: Needs, T: DeserializeOwned> FromRequest<App> for Order<P, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, caller, bytes) = admit::<P>(request, app).await?;
        let key = idempotency_key(&parts, &bytes)?;
        let wish = wish(&parts, &caller, key)?;
        let body = body::parse(&parts.headers, &bytes)?;
        Ok(Self { wish, caller, body, permission: PhantomData })
    }
}

impl<P: Needs> FromRequest<App> for RawOrder<P> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, caller, bytes) = admit::<P>(request, app).await?;
        Ok(Self { wish: wish(&parts, &caller, None)?, bytes, permission: PhantomData })
    }
}

impl<P: Needs, T: DeserializeOwned + Send> FromRequest<App> for Upload<P, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, raw) = request.into_parts();
        let caller = authorize::<P>(&parts, app).await?;
        body::require_csv(&parts.headers)?;
        let (pairs, after_position) = query_pairs(&parts.uri)?;
        if after_position.is_some() {
            return Err(unknown_parameter("after_position"));
        }
        let filter = parse_query(pairs)?;
        let bytes = body::read(raw, app.limits.max_body_bytes).await?;
        Ok(Self { wish: wish(&parts, &caller, None)?, bytes, filter, permission: PhantomData })
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Open<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, raw) = request.into_parts();
        refuse_query(&parts.uri)?;
        let bytes = body::read(raw, MOST_LOGIN_BYTES.min(app.limits.max_body_bytes)).await?;
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self { body: body::parse(&parts.headers, &bytes)?, address })
    }
}

/// Nobody's credentials are longer.
const MOST_LOGIN_BYTES: usize = 16 * 1024;

async fn admit<P: Needs>(request: Request, app: &App) -> Result<(Parts, Arc<Principal>, Bytes), Problem> {
    let (parts, raw) = request.into_parts();
    let caller = authorize::<P>(&parts, app).await?;
    refuse_query(&parts.uri)?;
    let bytes = body::read(raw, app.limits.max_body_bytes).await?;
    Ok((parts, caller, bytes))
}

fn wish(parts: &Parts, caller: &Principal, key: Option<Key>) -> Result<Wish, Problem> {
    Ok(Wish {
        tenant: caller.tenant,
        actor: caller.user,
        at: clock::now(),
        correlation_id: RequestId::of(&parts.extensions),
        traceparent: traceparent(&parts.headers),
        key,
        expected_version: expected_version(&parts.headers)?,
    })
}

impl<P: Needs, T: DeserializeOwned + Send> FromRequestParts<App> for Ask<P, T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = authorize::<P>(parts, app).await?;
        let (pairs, after_position) = query_pairs(&parts.uri)?;
        let freshness = freshness(&parts.headers, after_position)?;
        Ok(Self { caller, filter: parse_query(pairs)?, freshness, permission: PhantomData })
    }
}

impl<T: From<Uuid>> FromRequestParts<App> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let raw = path_text(parts, app).await?;
        let id =
            Uuid::try_parse(&raw).map_err(|_| Problem::malformed(":id", "id_invalid", "must be a UUID"))?;
        Ok(Self(T::from(id)))
    }
}

/// A phone number in the path, percent-encoded or not.
pub struct PathPhone(pub Phone);

impl FromRequestParts<App> for PathPhone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let raw = path_text(parts, app).await?;
        Phone::try_new(&raw).map(Self).map_err(|error| Problem::refused_value(":phone", &error))
    }
}

/// The one variable part of a path, percent-decoded.
///
/// # Errors
/// 400 where it is not UTF-8 or contains NUL.
pub async fn path_text(parts: &mut Parts, app: &App) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|_| Problem::malformed(":id", "path_invalid", "the path is not valid UTF-8"))?;
    let raw = params.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default();
    if raw.contains('\0') {
        return Err(Problem::malformed(":id", "nul_character", "must not contain NUL characters"));
    }
    Ok(raw)
}

/// Authenticates the caller and checks one permission.
async fn authorize<P: Needs>(parts: &Parts, app: &App) -> Result<Arc<Principal>, Problem> {
    let caller = authenticate(&parts.headers, app).await?;
    if caller.role.allows(P::PERMISSION) {
        return Ok(caller);
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "permission_denied", "your role does not allow this"))
}

/// Finds out who calls, by bearer token or API key.
///
/// # Errors
/// 401 without credentials, with two, or with bad ones.
pub async fn authenticate(headers: &HeaderMap, app: &App) -> Result<Arc<Principal>, Problem> {
    let bearer = headers.get(header::AUTHORIZATION);
    let api_key = headers.get("x-api-key");
    let given =
        headers.get_all(header::AUTHORIZATION).iter().count() + headers.get_all("x-api-key").iter().count();
    if given != 1 {
        return Err(unauthenticated());
    }
    let text = |value: &header::HeaderValue| value.to_str().map(str::to_owned).map_err(|_| unauthenticated());
    match (bearer, api_key) {
        (Some(bearer), None) => {
            let bearer = text(bearer)?;
            let (scheme, token) = bearer.split_once(' ').ok_or_else(unauthenticated)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(unauthenticated());
            }
            Ok(app.identity.authenticate(token.trim()).await?)
        }
        (None, Some(key)) => Ok(app.identity.authenticate_api_key(&text(key)?).await?),
        _ => Err(unauthenticated()),
    }
}

fn unauthenticated() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "send a bearer token in Authorization or an API key in X-API-Key, and not both",
    )
}

/// Refuses any parameter, for what takes none.
///
/// # Errors
/// 400 with the first of them.
pub fn refuse_query(uri: &Uri) -> Result<(), Problem> {
    let (pairs, after_position) = query_pairs(uri)?;
    match pairs.first() {
        None if after_position.is_none() => Ok(()),
        None => Err(unknown_parameter("after_position")),
        Some((name, _)) => Err(unknown_parameter(name)),
    }
}

fn unknown_parameter(name: &str) -> Problem {
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    Problem::malformed(format!("?{name}"), "unknown_parameter", "this parameter is not known here")
}

type Pairs = Vec<(String, String)>;

/// The query's parameters, each at most once and valid UTF-8; `after_position` is taken out.
fn query_pairs(uri: &Uri) -> Result<(Pairs, Option<i64>), Problem> {
    let mut pairs: Pairs = Vec::new();
    let mut after_position = None;
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        let refuse = |code, detail: &str| Problem::malformed(format!("?{shown}"), code, detail);
        // The parser replaces invalid UTF-8; a client that really means U+FFFD has no business here.
        if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
            return Err(refuse("utf8_invalid", "must be valid UTF-8"));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err(refuse("nul_character", "must not contain NUL characters"));
        }
        if pairs.iter().any(|(seen, _)| *seen == name) {
            return Err(refuse("duplicate_parameter", "must be given once"));
        }
        if name == "after_position" {
            let position = value.parse().ok().filter(|position| *position >= 0);
            after_position =
                Some(position.ok_or_else(|| refuse("position_invalid", "must be a whole number from 0"))?);
            continue;
        }
        pairs.push((name.into_owned(), value.into_owned()));
    }
    Ok((pairs, after_position))
}

fn parse_query<T: DeserializeOwned>(pairs: Pairs) -> Result<T, Problem> {
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(pairs);
    let encoded = encoded.finish();
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(encoded.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let name = error.path().to_string();
        let name = if name == "." { String::new() } else { format!("/{name}") };
        as_parameter(body::explain_field(name, &error.into_inner().to_string()))
    })
}

/// A query has parameters where a body has fields.
fn as_parameter(problem: Problem) -> Problem {
    let status = problem.status();
    let mut body = problem.into_body();
    let blamed = body.errors.pop();
    let (pointer, code, detail) = blamed.map_or_else(Default::default, |e| (e.pointer, e.code, e.detail));
    let pointer = format!("?{}", pointer.trim_start_matches('/'));
    let code = if code == "unknown_field" { "unknown_parameter".to_owned() } else { code };
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        Problem::unacceptable(pointer, code, detail)
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_request", "the request does not parse")
            .at(pointer, code, detail)
    }
}

/// How long a reader may ask to wait, in seconds.
const LONGEST_WAIT_SECONDS: u64 = 10;
/// How long it waits where it names a position but no time.
const DEFAULT_WAIT_SECONDS: u64 = 2;

fn freshness(headers: &HeaderMap, after_position: Option<i64>) -> Result<Freshness, Problem> {
    let token = headers.get("consistency-token").map(|raw| {
        raw.to_str().ok().and_then(ConsistencyToken::decode).ok_or_else(|| {
            Problem::malformed("#Consistency-Token", "consistency_token_invalid", "not a token of this API")
        })
    });
    let awaited = match (token.transpose()?, after_position) {
        (Some(token), _) => Some(token.awaited()),
        (None, Some(position)) => Some(Awaited { position, partition: None }),
        (None, None) => None,
    };
    let mut wait = DEFAULT_WAIT_SECONDS;
    let mut lenient = false;
    for preference in preferences(headers) {
        match preference.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            Some(("wait", seconds)) => {
                wait = seconds.parse().ok().filter(|seconds| *seconds <= LONGEST_WAIT_SECONDS).ok_or_else(
                    || {
                        Problem::malformed(
                            "#Prefer",
                            "wait_invalid",
                            "wait is a number of seconds from 0 to 10",
                        )
                    },
                )?;
            }
            Some(("handling", handling)) => lenient = handling == "lenient",
            // RFC 7240: preferences that are not understood are ignored.
            _ => {}
        }
    }
    Ok(Freshness { awaited, patience: Duration::from_secs(wait), lenient })
}

fn preferences(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .map(str::trim)
}

/// The version a client insists on; `*` insists on nothing.
fn expected_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(raw) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let invalid = || {
        Problem::malformed("#If-Match", "version_invalid", "must be a version in quotes, such as \"3\", or *")
    };
    let raw = raw.to_str().map_err(|_| invalid())?.trim();
    if raw == "*" {
        return Ok(None);
    }
    let version = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(invalid)?;
    version.parse().ok().filter(|version| *version >= 0).map(Some).ok_or_else(invalid)
}

/// The key, and a hash of everything that makes the request what it is.
fn idempotency_key(parts: &Parts, bytes: &[u8]) -> Result<Option<Key>, Problem> {
    let given = parts.headers.get("idempotency-key").filter(|_| !planted::bug("no-dedup"));
    let Some(raw) = given else { return Ok(None) };
    let invalid = || {
        let detail = "must be 1 to 255 visible ASCII characters";
        Problem::malformed("#Idempotency-Key", "idempotency_key_invalid", detail)
    };
    let raw = raw.to_str().map_err(|_| invalid())?;
    let key = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid());
    }
    let mut hash = Sha256::new();
    hash.update(parts.method.as_str());
    hash.update([0]);
    hash.update(parts.uri.path());
    hash.update([0]);
    hash.update(bytes);
    Ok(Some(Key { key: key.to_owned(), request_hash: hash.finalize().into() }))
}

/// The trace context, where it has the shape of one; anything else is not ours to keep.
fn traceparent(headers: &HeaderMap) -> Option<String> {
    let raw = headers.get("traceparent")?.to_str().ok()?;
    let shaped = raw.len() == 55 && raw.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    shaped.then(|| raw.to_owned())
}
