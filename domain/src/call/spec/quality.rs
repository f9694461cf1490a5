//! How well the agent's turns went.

use std::collections::BTreeMap;

use super::{AGENT, after, after_all, connected, started};
use crate::aggregate::Refusal;
use crate::call::{
    Call, CallCommand, CallEvent, CallRefusal, QualityMetrics, QualityRecorded, RecordQuality, StageName,
};
use crate::spec::given;
use crate::values::Ratio;

pub(super) fn turn(response_time_ms: u32, accuracy: Option<f64>, stages: usize) -> RecordQuality {
    let stage = |n| (StageName::try_new(&format!("stage-{n}")).expect("a name"), 10);
    RecordQuality {
        response_time_ms,
        transcription_accuracy: accuracy.and_then(|share| Ratio::try_new(share).ok()),
        intent_confidence: None,
        audio_quality_score: None,
        stages: (0..stages).map(stage).collect(),
        at: after(20),
    }
}

fn measured(response_time_ms: u32, accuracy: Option<f64>) -> CallEvent {
    QualityRecorded {
        agent_id: Some(AGENT),
        response_time_ms,
        transcription_accuracy: accuracy.and_then(|share| Ratio::try_new(share).ok()),
        intent_confidence: None,
        audio_quality_score: None,
        stages: BTreeMap::new(),
        at: after(20),
    }
    .into()
}

fn metrics(turns: impl IntoIterator<Item = CallEvent>) -> QualityMetrics {
    let history = [started(), connected()].into_iter().chain(turns);
    after_all(history).quality_metrics.expect("something was measured")
}

#[test]
fn a_turn_of_a_connected_call_is_recorded() {
    let record = || CallCommand::RecordQuality(turn(420, Some(0.9), 0));
    given::<Call>([started(), connected()]).when(record()).then([measured(420, Some(0.9))]);
    given::<Call>([started()]).when(record()).then_refused(CallRefusal::NotConnected);
}

#[test]
fn the_same_figures_twice_are_two_turns() {
    given::<Call>([started(), connected(), measured(420, None)])
        .when(CallCommand::RecordQuality(turn(420, None, 0)))
        .then([measured(420, None)]);
}

#[test]
fn an_answer_takes_ten_minutes_at_most() {
    let record = |ms| CallCommand::RecordQuality(turn(ms, None, 0));
    assert_eq!(given::<Call>([started(), connected()]).when(record(600_000)).events().len(), 1);
    given::<Call>([started(), connected()])
        .when(record(600_001))
        .then_refused(CallRefusal::ResponseTimeTooLong);
    assert_eq!(CallRefusal::ResponseTimeTooLong.pointer().as_deref(), Some("/responseTimeMs"));
}

#[test]
fn a_turn_has_twenty_stages_at_most() {
    let record = |stages| CallCommand::RecordQuality(turn(420, None, stages));
    assert_eq!(given::<Call>([started(), connected()]).when(record(20)).events().len(), 1);
    given::<Call>([started(), connected()]).when(record(21)).then_refused(CallRefusal::TooManyStages);
}

#[test]
fn figures_run_over_all_turns() {
    let metrics = metrics([measured(300, None), measured(900, None), measured(301, None)]);
    assert_eq!(metrics.turns, 3);
    assert_eq!(metrics.average_response_time_ms, 500);
    assert_eq!((metrics.max_response_time_ms, metrics.last_response_time_ms), (900, 301));
    assert_eq!(metrics.sums().response_time_ms, 1501);
}

#[test]
fn a_turn_without_a_figure_does_not_lower_its_average() {
    let metrics = metrics([measured(300, Some(0.9)), measured(300, None), measured(300, Some(0.8))]);
    assert_eq!(metrics.transcription_accuracy, Ratio::try_new(0.85).ok());
    assert_eq!(metrics.sums().transcription_accuracy.count, 2);
    assert_eq!(metrics.intent_confidence, None);
}

#[test]
fn averages_do_not_drift_over_a_long_call() {
    let metrics = metrics((0..10_000).map(|_| measured(333, Some(0.1))));
    assert_eq!(metrics.transcription_accuracy, Ratio::try_new(0.1).ok());
    assert_eq!(metrics.average_response_time_ms, 333);
}
