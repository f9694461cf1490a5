use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::{Call, CallCommand, RecordQuality, StageName};
use seiketsu_domain::ids::CallId;
use seiketsu_domain::values::Ratio;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::done;
use crate::http::problem::Problem;
use crate::http::request::{CallsWrite, Id, Order};

/// How one turn of the conversation went.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TurnQuality {
    response_time_ms: u32,
    transcription_accuracy: Option<Ratio>,
    intent_confidence: Option<Ratio>,
    audio_quality_score: Option<Ratio>,
    /// Milliseconds per stage of the pipeline.
    #[serde(default)]
    #[schema(value_type = HashMap<String, u32>)]
    stages: BTreeMap<StageName, u32>,
}

/// Record the quality of a turn
#[utoipa::path(post, path = "/calls/{id}/quality", tag = "calls",
    params(("id" = CallId, Path)), request_body = TurnQuality,
    responses((status = 200, description = "Done", body = Call)))]
pub async fn record_quality(
    State(app): State<App>,
    Id(id): Id<CallId>,
    order: Order<CallsWrite, TurnQuality>,
) -> Result<Response, Problem> {
    let Order { wish, body, .. } = order;
    let command = CallCommand::RecordQuality(RecordQuality {
        response_time_ms: body.response_time_ms,
        transcription_accuracy: body.transcription_accuracy,
        intent_confidence: body.intent_confidence,
        audio_quality_score: body.audio_quality_score,
        stages: body.stages,
        at: wish.at,
    });
    let committed = app.commands.execute::<Call>(&wish, id.0, command).await?;
    Ok(done(&wish, id.0, &committed))
}
