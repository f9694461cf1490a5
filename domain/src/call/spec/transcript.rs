//! What was said.

use super::{after, after_all, connected, started};
use crate::aggregate::{Refusal, RefusalKind};
use crate::call::{
    Call, CallCommand, CallEvent, CallRefusal, Segment, SegmentTimes, Speaker, TranscriptAdded,
};
use crate::spec::given;
use crate::values::SegmentText;

pub(super) fn said(start_ms: u32, end_ms: u32) -> Segment {
    Segment {
        speaker: Speaker::Caller,
        text: SegmentText::try_new("I am looking for two bedrooms").expect("words"),
        start_ms,
        end_ms,
        confidence: None,
        is_final: true,
    }
}

pub(super) fn add(segments: impl IntoIterator<Item = Segment>) -> CallCommand {
    CallCommand::AddSegments { segments: segments.into_iter().collect(), at: after(20) }
}

fn added(first_index: u32, segments: impl IntoIterator<Item = Segment>) -> CallEvent {
    TranscriptAdded { first_index, segments: segments.into_iter().collect(), at: after(20) }.into()
}

/// A call in which somebody spoke from second 100 to 102.
fn spoken() -> [CallEvent; 3] {
    [started(), connected(), added(0, [said(100_000, 102_000)])]
}

#[test]
fn segments_are_counted_over_the_whole_call() {
    given::<Call>([started(), connected()])
        .when(add([said(0, 900), said(1_000, 1_900)]))
        .then([added(0, [said(0, 900), said(1_000, 1_900)])]);
    given::<Call>([started(), connected(), added(0, [said(0, 900), said(1_000, 1_900)])])
        .when(add([said(2_000, 2_500)]))
        .then([added(2, [said(2_000, 2_500)])]);
}

#[test]
fn the_call_keeps_the_count_and_the_last_times_but_no_words() {
    let call = after_all(spoken());
    assert_eq!(call.segment_count, 1);
    assert_eq!(call.last_segment, Some(SegmentTimes { start_ms: 100_000, end_ms: 102_000 }));
    assert!(!serde_json::to_string(&call).expect("JSON").contains("bedrooms"));
}

#[test]
fn nobody_speaks_on_a_line_nobody_answered() {
    given::<Call>([started()]).when(add([said(0, 10)])).then_refused(CallRefusal::NotConnected);
}

#[test]
fn a_command_adds_one_to_a_hundred_segments() {
    let many = |n| add((0..n).map(|i| said(i * 10, i * 10 + 5)));
    assert_eq!(given::<Call>([started(), connected()]).when(many(100)).events().len(), 1);
    for wrong in [0, 101] {
        given::<Call>([started(), connected()]).when(many(wrong)).then_refused(CallRefusal::SegmentCount);
    }
}

#[test]
fn a_segment_ends_when_it_starts_or_later() {
    assert_eq!(given::<Call>(spoken()).when(add([said(103_000, 103_000)])).events().len(), 1);
    given::<Call>(spoken())
        .when(add([said(103_000, 104_000), said(105_000, 104_999)]))
        .then_refused(CallRefusal::SegmentEndsBeforeStart { index: 1 });
}

#[test]
fn a_segment_lies_within_24_hours() {
    let day = Segment::MAX_MS;
    assert_eq!(given::<Call>(spoken()).when(add([said(day, day)])).events().len(), 1);
    given::<Call>(spoken())
        .when(add([said(day, day + 1)]))
        .then_refused(CallRefusal::SegmentEndTooLate { index: 0 });
    given::<Call>(spoken())
        .when(add([said(day + 1, day + 1)]))
        .then_refused(CallRefusal::SegmentStartTooLate { index: 0 });
}

#[test]
fn speakers_may_overlap_by_half_a_minute() {
    assert_eq!(given::<Call>(spoken()).when(add([said(70_000, 71_000)])).events().len(), 1);
    given::<Call>(spoken())
        .when(add([said(69_999, 71_000)]))
        .then_refused(CallRefusal::SegmentOutOfOrder { index: 0 });
    given::<Call>(spoken())
        .when(add([said(140_000, 141_000), said(109_999, 120_000)]))
        .then_refused(CallRefusal::SegmentOutOfOrder { index: 1 });
}

#[test]
fn a_bad_segment_is_pointed_at() {
    for (refusal, pointer) in [
        (CallRefusal::SegmentCount, "/segments"),
        (CallRefusal::SegmentStartTooLate { index: 0 }, "/segments/0/startMs"),
        (CallRefusal::SegmentEndTooLate { index: 3 }, "/segments/3/endMs"),
        (CallRefusal::SegmentEndsBeforeStart { index: 99 }, "/segments/99/endMs"),
        (CallRefusal::SegmentOutOfOrder { index: 7 }, "/segments/7/startMs"),
    ] {
        assert_eq!(refusal.pointer().as_deref(), Some(pointer));
        assert_eq!(refusal.kind(), RefusalKind::Unacceptable);
    }
}

#[test]
fn a_segment_is_final_unless_it_says_otherwise() {
    let read = serde_json::from_str::<Segment>;
    let plain = r#"{"speaker":"agent","text":"Hello","startMs":0,"endMs":5}"#;
    assert!(read(plain).expect("a segment").is_final);
    let interim = r#"{"speaker":"agent","text":"Hel","startMs":0,"endMs":5,"final":false}"#;
    assert!(!read(interim).expect("a segment").is_final);
}

#[test]
fn a_segment_with_an_unknown_field_is_no_segment() {
    let odd = r#"{"speaker":"agent","text":"Hello","startMs":0,"endMs":5,"mood":"bright"}"#;
    assert!(serde_json::from_str::<Segment>(odd).is_err());
}
