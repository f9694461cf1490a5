//! The API document: its frame, and what all operations share. Paths and shapes come from the handlers.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    Required, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::problem::{FieldError, ProblemBody};
use crate::app::App;

/// One page of a list, as documented.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used; the page itself is generic over rows")]
pub struct PageOf<T: ToSchema> {
    data: Vec<T>,
    /// Send it back as `cursor` for the next page.
    next_cursor: Option<String>,
    has_more: bool,
    as_of: seiketsu_projections::page::AsOf,
}

/// The document without paths.
#[must_use]
pub fn frame() -> OpenApi {
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Seiketsu")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(include_str!("openapi.md")))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new()
                .schema("ProblemBody", ProblemBody::schema())
                .schema("FieldError", FieldError::schema())
                .security_scheme(
                    "bearer",
                    SecurityScheme::Http(
                        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build(),
                    ),
                )
                .security_scheme(
                    "apiKey",
                    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))),
                )
                .build(),
        ))
        .build()
}

/// Adds to every operation what all of them share: security, conditions, problems.
#[must_use]
pub fn finish(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let open = !path.starts_with("/api/v1")
            || path.ends_with("/login")
            || path.ends_with("/refresh")
            || path.ends_with("/logout");
        let queries = [&mut item.get];
        let commands = [&mut item.post, &mut item.put, &mut item.delete];
        for operation in queries.into_iter().flatten() {
            share(operation, open, if open { &[] } else { &["Consistency-Token", "Prefer"] });
        }
        for operation in commands.into_iter().flatten() {
            share(operation, open, if open { &[] } else { &["Idempotency-Key", "If-Match"] });
        }
    }
    document
}

fn share(operation: &mut Operation, open: bool, headers: &[&str]) {
    if !open {
        operation.security = Some(vec![
            SecurityRequirement::new("bearer", Vec::<String>::new()),
            SecurityRequirement::new("apiKey", Vec::<String>::new()),
        ]);
    }
    let parameters = operation.parameters.get_or_insert_default();
    for name in headers {
        parameters.push(
            ParameterBuilder::new()
                .name(*name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .schema(Some(ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String)))
                .build()
                .into(),
        );
    }
    let problem = ResponseBuilder::new()
        .description("Refused or failed; see `code`")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("ProblemBody")))).build(),
        )
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

/// The whole document.
#[must_use]
pub fn document() -> OpenApi {
    finish(super::api().split_for_parts().1)
}

/// `/openapi.json` and the reference at `/docs`, which loads nothing from elsewhere.
pub fn routes(document: &OpenApi) -> Router<App> {
    let ui = utoipa_swagger_ui::SwaggerUi::new("/docs")
        .external_url_unchecked("/openapi.json", serde_json::to_value(document).unwrap_or_default());
    Router::new().merge(ui).route("/errors", get(errors))
}

/// What the `type` of a problem points at.
async fn errors() -> Response {
    let markdown = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    (markdown, include_str!("../../docs/ERRORS.md")).into_response()
}
