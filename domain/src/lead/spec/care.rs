//! Assigned, noted, followed up.

use super::*;
use crate::ids::FollowUpId;
use crate::lead::{Assigned, FollowUpScheduled, FollowUpStatus, LeadRefusal, NoteAdded, ScheduleFollowUp};
use crate::spec::given;
use crate::values::Note;

fn follow_up(n: u128, due_in: i64) -> LeadCommand {
    LeadCommand::ScheduleFollowUp(ScheduleFollowUp {
        follow_up_id: FollowUpId(Uuid::from_u128(n)),
        due_at: morning().plus_seconds(due_in),
        note: None,
        at: morning(),
    })
}

fn planned(n: u128, due_in: i64) -> LeadEvent {
    FollowUpScheduled {
        follow_up_id: FollowUpId(Uuid::from_u128(n)),
        due_at: morning().plus_seconds(due_in),
        note: None,
        at: morning(),
    }
    .into()
}

fn contacted_in(seconds: i64) -> LeadEvent {
    Contacted {
        channel: Channel::Voice,
        note: None,
        previous_status: LeadStatus::New,
        status: LeadStatus::Contacted,
        at: morning().plus_seconds(seconds),
    }
    .into()
}

fn next_of(lead: &Lead) -> Option<Timestamp> {
    lead.next_follow_up_at
}

#[test]
fn it_changes_hands_and_remembers_whose_it_was() {
    let assign = |to| LeadCommand::Assign { to, at: morning() };
    let assigned = |to, previous| LeadEvent::from(Assigned { to, previous, at: morning() });
    given::<Lead>([created()]).when(assign(ADA)).then([assigned(ADA, None)]);
    given::<Lead>([created(), assigned(ADA, None)]).when(assign(ADA)).then_nothing();
    given::<Lead>([created(), assigned(ADA, None)]).when(assign(GRACE)).then([assigned(GRACE, Some(ADA))]);
}

#[test]
fn notes_are_taken_whether_it_is_open_won_or_lost() {
    let text = Note::try_new("prefers evenings").expect("a note");
    let noted = NoteAdded { text: text.clone(), by: ADA, at: morning() };
    let add = LeadCommand::AddNote { text, by: ADA, at: morning() };
    for history in [vec![], vec![converted(LeadStatus::New)], vec![lost()], vec![noted.clone().into()]] {
        given::<Lead>([created()].into_iter().chain(history)).when(add.clone()).then([noted.clone().into()]);
    }
    assert_eq!(lead([created(), noted.clone().into(), noted.into()]).note_count, 2);
}

#[test]
fn the_next_follow_up_is_the_one_due_first() {
    given::<Lead>([created(), planned(1, DAY)]).when(follow_up(2, HOUR)).then([planned(2, HOUR)]);
    let lead = lead([created(), planned(1, DAY), planned(2, HOUR)]);
    assert_eq!(next_of(&lead), Some(morning().plus_seconds(HOUR)));
    assert!(lead.follow_ups.iter().all(|planned| planned.status == FollowUpStatus::Scheduled));
}

#[test]
fn the_same_follow_up_is_planned_once() {
    given::<Lead>([created(), planned(1, HOUR)]).when(follow_up(1, HOUR)).then_nothing();
}

#[test]
fn a_follow_up_lies_ahead_give_or_take_a_minute() {
    given::<Lead>([created()]).when(follow_up(1, -MINUTE)).then([planned(1, -MINUTE)]);
    given::<Lead>([created()]).when(follow_up(1, -MINUTE - 1)).then_refused(LeadRefusal::FollowUpInPast);
}

#[test]
fn a_contact_settles_the_follow_ups_that_were_due() {
    let lead = lead([created(), planned(1, HOUR), planned(2, DAY), contacted_in(HOUR)]);
    assert_eq!((lead.follow_ups.len(), next_of(&lead)), (1, Some(morning().plus_seconds(DAY))));
}

#[test]
fn at_most_fifty_follow_ups_are_open() {
    let full = || [created()].into_iter().chain((0..50).map(|n| planned(n, HOUR)));
    given::<Lead>(full()).when(follow_up(50, HOUR)).then_refused(LeadRefusal::TooManyFollowUps);
    given::<Lead>(full().chain([contacted_in(HOUR)])).when(follow_up(50, HOUR)).then([planned(50, HOUR)]);
}

#[test]
fn a_client_is_followed_up_and_a_lost_lead_is_not() {
    given::<Lead>([created(), converted(LeadStatus::New)]).when(follow_up(1, HOUR)).then([planned(1, HOUR)]);
    given::<Lead>([created(), lost()]).when(follow_up(1, HOUR)).then_refused(LeadRefusal::Lost);
    let lead = lead([created(), planned(1, HOUR), lost()]);
    assert_eq!((lead.follow_ups.len(), next_of(&lead)), (0, None));
}
