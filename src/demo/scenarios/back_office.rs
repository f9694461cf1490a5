//! Work without a call: lists that come in, leads that come to nothing.

use serde_json::json;

use crate::demo::day::Day;
use crate::demo::kind::Kind;
use crate::demo::script::{Expect, Script};

/// A portal sends leads in bulk; one is completed, one given to somebody, one was a test, and one does not exist.
pub fn portal_leads(day: &mut Day) -> Script {
    let count = day.between(3, 12);
    let (tag, budget) = (day.tag(), day.between(25, 60) * 10_000);
    let create = |n: i64| {
        json!({ "op": "create", "data": {
            "email": day.email(&format!("portal{n}")), "phone": "{phone}", "source": "portal import",
            "preferences": { "budget": budget + n * 1_000 }, "tags": ["import", tag],
        }})
    };
    let created: Vec<_> = (0..count).map(create).collect();
    Script::new(day)
        .then(Kind::ChangeLeads, json!({ "items": created }))
        .then(Kind::ChangeLeads, json!({ "items": [
            { "op": "update", "id": "{item0}", "ifVersion": 1, "data": { "preferences": { "area": "Northgate" } } },
            { "op": "assign", "id": "{item1}", "data": { "userId": "{user}" } },
            { "op": "archive", "id": "{item2}" },
            { "op": "archive", "id": "00000000-0000-4000-8000-000000000000" },
            { "op": "update", "id": "{item0}", "ifVersion": 7, "data": { "source": "portal" } },
        ]}))
        .expect(Expect::Items(&[200, 200, 200, 404, 412]))
}

/// Is lost to another brokerage and put away.
pub fn bought_elsewhere(day: &mut Day) -> Script {
    let reason = day.pick(&["Bought elsewhere.", "Stays in the present home.", "Moves to another state."]);
    let script = Script::new(day)
        .then(Kind::CreateLead, json!({
            "email": day.email("lost"), "phone": "{phone}", "source": "open house", "tags": ["buyer", day.tag()],
        }))
        .then(Kind::QualifyLead, json!({ "score": day.between(40, 90) }))
        .then(Kind::ScheduleFollowUp, json!({ "dueAt": day.in_hours(36) }))
        .then(Kind::LoseLead, json!({ "reason": reason }))
        .then(Kind::ContactLead, json!({ "channel": "email" }))
        .expect(Expect::Refused(409, "lead_lost"));
    if day.chance(60) {
        script
            .then(Kind::ArchiveLead, json!({}))
            .then(Kind::ArchiveLead, json!({}))
            .expect(Expect::Unchanged)
            .then(Kind::AddNote, json!({ "text": "Too late." }))
            .expect(Expect::Refused(409, "lead_archived"))
    } else {
        script
    }
}

/// People on one list.
pub const LISTED: usize = 3;

/// A list of people who must not be called comes in; a wrong line of it does not stop the others, and who was put on
/// it by mistake is taken off.
pub fn do_not_call_list(day: &mut Day) -> Script {
    let phones: Vec<String> = (0..LISTED).map(|person| day.phone_of(person)).collect();
    let check = |phone: &String| json!({ "contact": { "phone": phone }, "channel": "voice", "purpose": "informational", "content": "other" });
    let mut script = Script::new(day);
    for phone in &phones {
        script = script
            .then(Kind::CheckPermission, check(phone))
            .expect(Expect::Denied(&["CONSENT_MISSING", "INTERNAL_DNC"]));
    }
    let lines: Vec<String> = phones.iter().map(|phone| format!("{phone},asked in writing")).collect();
    script = script.import(format!("phone,reason\n{}\nnot a number,typing error\n", lines.join("\n")));
    for phone in &phones {
        script = script.then(Kind::CheckPermission, check(phone)).expect(Expect::Denied(&["INTERNAL_DNC"]));
    }
    script
        .then(Kind::DelistNumber, json!({ "reason": "Was listed by mistake." }))
        .then(Kind::CheckPermission, check(&phones[0]))
        .expect(Expect::Denied(&["CONSENT_MISSING"]))
}
