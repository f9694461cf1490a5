//! Created, updated, archived.

use super::*;
use crate::aggregate::{Refusal, RefusalKind};
use crate::ids::FollowUpId;
use crate::lead::{Assigned, ContactLead, LeadRefusal, ScheduleFollowUp, Updated};
use crate::spec::given;
use crate::values::Note;

fn update(change: UpdateLead) -> LeadCommand {
    LeadCommand::Update(change)
}

#[test]
fn a_phone_number_and_a_source_are_enough() {
    given::<Lead>([]).when(LeadCommand::Create(stranger())).then([created()]);
    let lead = lead([created()]);
    assert_eq!((lead.status, lead.version, lead.created_at), (LeadStatus::New, 1, morning()));
    assert_eq!((lead.phone, lead.source), (Some(phone()), Some(website())));
}

#[test]
fn everything_known_at_the_start_is_kept() {
    let email = Email::try_new("ada@example.com").expect("an email");
    let create = CreateLead {
        first_name: name("Ada"),
        email: Some(email.clone()),
        preferences: Some(object(json!({"areas": ["Mission"]}))),
        tags: tags(&["buyer"]),
        ..stranger()
    };
    let lead = lead(given::<Lead>([]).when(LeadCommand::Create(create)).events());
    assert_eq!((lead.first_name, lead.email, lead.tags), (name("Ada"), Some(email), tags(&["buyer"])));
    assert_eq!(lead.preferences, object(json!({"areas": ["Mission"]})));
}

#[test]
fn it_is_created_once() {
    given::<Lead>([created()])
        .when(LeadCommand::Create(stranger()))
        .then_refused(LeadRefusal::AlreadyCreated);
}

#[test]
fn nothing_can_be_done_with_what_was_never_created() {
    given::<Lead>([]).when(LeadCommand::Archive { at: morning() }).then_refused(LeadRefusal::NotFound);
    given::<Lead>([]).when(scored(50)).then_refused(LeadRefusal::NotFound);
}

#[test]
fn repeated_tags_count_once_and_keep_their_order() {
    let create = CreateLead { tags: tags(&["buyer", "vip", "buyer"]), ..stranger() };
    given::<Lead>([]).when(LeadCommand::Create(create)).then([Created {
        tags: tags(&["buyer", "vip"]),
        ..news_of_stranger()
    }
    .into()]);
}

#[test]
fn it_has_at_most_twenty_tags() {
    let labels: Vec<String> = (0..21).map(|n| format!("tag {n}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let create = |labels| LeadCommand::Create(CreateLead { tags: tags(labels), ..stranger() });
    let retag = |labels| update(UpdateLead { tags: Some(tags(labels)), ..no_change() });
    assert_eq!(given::<Lead>([]).when(create(&labels[..20])).events().len(), 1);
    given::<Lead>([]).when(create(&labels)).then_refused(LeadRefusal::TooManyTags);
    given::<Lead>([created()]).when(retag(&labels)).then_refused(LeadRefusal::TooManyTags);
}

#[test]
fn an_update_tells_only_what_changed() {
    let change = UpdateLead {
        first_name: name("Ada"),
        source: Some(website()),
        tags: Some(vec![]),
        preferences: Some(object(json!({}))),
        ..no_change()
    };
    given::<Lead>([created()]).when(update(change)).then([Updated {
        first_name: name("Ada"),
        at: morning(),
        ..Updated::default()
    }
    .into()]);
}

#[test]
fn an_update_that_changes_nothing_is_a_success() {
    given::<Lead>([created()]).when(update(no_change())).then_nothing();
    given::<Lead>([created()])
        .when(update(UpdateLead { phone: Some(phone()), ..no_change() }))
        .then_nothing();
}

#[test]
fn what_an_update_brings_replaces_the_whole_field() {
    let before = Created {
        preferences: Some(object(json!({"budget": 1, "areas": ["Mission"]}))),
        tags: tags(&["buyer"]),
        ..news_of_stranger()
    };
    let change = UpdateLead {
        preferences: Some(object(json!({"budget": 2}))),
        tags: Some(vec![]),
        last_name: name("Lovelace"),
        ..no_change()
    };
    let news = given::<Lead>([before.clone().into()]).when(update(change)).events();
    let lead = lead([before.into()].into_iter().chain(news));
    assert_eq!(lead.preferences, object(json!({"budget": 2})));
    assert_eq!((lead.tags, lead.last_name, lead.phone), (vec![], name("Lovelace"), Some(phone())));
}

#[test]
fn a_won_or_lost_lead_can_still_be_corrected_and_change_hands() {
    for end in [converted(LeadStatus::New), lost()] {
        let change = UpdateLead { first_name: name("Ada"), ..no_change() };
        assert_eq!(given::<Lead>([created(), end.clone()]).when(update(change)).events().len(), 1);
        given::<Lead>([created(), end])
            .when(LeadCommand::Assign { to: ADA, at: morning() })
            .then([Assigned { to: ADA, previous: None, at: morning() }.into()]);
    }
}

#[test]
fn archiving_remembers_where_it_stood() {
    given::<Lead>([created(), contacted(LeadStatus::New, LeadStatus::Contacted)])
        .when(LeadCommand::Archive { at: morning() })
        .then([Archived { status: LeadStatus::Contacted, score: None, at: morning() }.into()]);
}

#[test]
fn an_archived_lead_refuses_everything_but_being_archived_again() {
    let gone = || given::<Lead>([created(), archived()]);
    gone().when(LeadCommand::Archive { at: morning() }).then_nothing();
    gone().when(LeadCommand::Create(stranger())).then_refused(LeadRefusal::AlreadyCreated);
    let call = LeadCommand::Contact(ContactLead { channel: Channel::Voice, note: None, at: morning() });
    let assign = LeadCommand::Assign { to: ADA, at: morning() };
    let note =
        LeadCommand::AddNote { text: Note::try_new("moved away").expect("a note"), by: ADA, at: morning() };
    let plan = LeadCommand::ScheduleFollowUp(ScheduleFollowUp {
        follow_up_id: FollowUpId(Uuid::from_u128(3)),
        due_at: morning(),
        note: None,
        at: morning(),
    });
    let steps = [scored(50), meet(HOUR, None), convert(None, None), lose("no answer")];
    for wish in [update(no_change()), call, assign, note, plan].into_iter().chain(steps) {
        gone().when(wish).then_refused(LeadRefusal::Archived);
    }
}

#[test]
fn a_value_to_blame_is_unacceptable_and_a_state_to_blame_is_a_conflict() {
    assert_eq!(LeadRefusal::NotFound.kind(), RefusalKind::NotFound);
    assert_eq!(LeadRefusal::Lost.kind(), RefusalKind::Conflict);
    assert_eq!(LeadRefusal::TooManyFollowUps.kind(), RefusalKind::Conflict);
    assert_eq!(LeadRefusal::FollowUpInPast.kind(), RefusalKind::Unacceptable);
    assert_eq!(LeadRefusal::FollowUpInPast.pointer().as_deref(), Some("/dueAt"));
}

#[test]
fn a_lead_reads_back_what_it_writes() {
    let lead = lead([
        created(),
        qualified(80, Band::Hot, LeadStatus::New, LeadStatus::Qualified),
        appointment_set(HOUR, LeadStatus::Qualified),
        converted(LeadStatus::AppointmentSet),
    ]);
    let json = serde_json::to_value(&lead).expect("encodes");
    assert_eq!((&json["status"], &json["nextFollowUpAt"]), (&json!("converted"), &Value::Null));
    assert_eq!(json["qualification"]["reasons"], json!([{"rule": "given", "points": 80}]));
    assert_eq!(serde_json::from_value::<Lead>(json).expect("decodes"), lead);
}
