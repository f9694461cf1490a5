use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use seiketsu_projections::{Projection, read_models};

use crate::app::App;
use crate::http::problem::Problem;
use crate::relay;

/// The read model a path names.
pub struct Named(pub Arc<dyn Projection>);

/// Who has parked something under the name in the path: a read model, or the relay.
pub struct Parking(pub &'static str);

/// As [`Parking`], and the position of an event.
pub struct ParkedAt(pub &'static str, pub i64);

/// The position of an event, in a path of the relay.
pub struct OfRelay(pub i64);

/// The read model a path names, and the position of an event.
pub struct At(pub Arc<dyn Projection>, pub i64);

impl FromRequestParts<App> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let name = part(parts, app, "name").await?;
        let found = read_models::find(&name).map(Self);
        found.ok_or_else(|| Problem::not_found("projection_not_found", "there is no read model of this name"))
    }
}

impl FromRequestParts<App> for At {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Named(projection) = Named::from_request_parts(parts, app).await?;
        Ok(Self(projection, position(parts, app).await?))
    }
}

impl FromRequestParts<App> for Parking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if part(parts, app, "name").await? == relay::NAME {
            return Ok(Self(relay::NAME));
        }
        let Named(projection) = Named::from_request_parts(parts, app).await?;
        Ok(Self(projection.name()))
    }
}

impl FromRequestParts<App> for ParkedAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Parking(name) = Parking::from_request_parts(parts, app).await?;
        Ok(Self(name, position(parts, app).await?))
    }
}

impl FromRequestParts<App> for OfRelay {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        position(parts, app).await.map(Self)
    }
}

async fn position(parts: &mut Parts, app: &App) -> Result<i64, Problem> {
    let position = part(parts, app, "position").await?.parse().ok().filter(|position| *position >= 0);
    let invalid = || Problem::malformed(":position", "position_invalid", "must be a whole number from 0");
    position.ok_or_else(invalid)
}

/// One variable part of the path, percent-decoded.
async fn part(parts: &mut Parts, app: &App, wanted: &str) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| {
        Problem::malformed(format!(":{wanted}"), "path_invalid", "the path is not valid UTF-8")
    })?;
    let found = params.iter().find(|(name, _)| *name == wanted);
    Ok(found.map(|(_, value)| value.to_owned()).unwrap_or_default())
}
