//! Calls that are not made, because nobody allowed them.

use serde_json::json;

use crate::demo::day::Day;
use crate::demo::kind::Kind;
use crate::demo::script::{Expect, Script};

/// Left a number with a portal and agreed to nothing: no call, and no permit.
pub fn stranger(day: &mut Day) -> Script {
    let body = json!({ "contact": { "phone": "{phone}" }, "channel": "sms", "purpose": "marketing" });
    let script = Script::new(day)
        .then(
            Kind::CreateLead,
            json!({ "phone": "{phone}", "source": "portal", "tags": ["buyer", day.tag()] }),
        )
        .checks("marketing")
        .expect(Expect::Denied(&["CONSENT_MISSING"]))
        .then(Kind::AddNote, json!({ "text": "Not to be called: no consent on record. Wait for the form." }));
    if day.chance(50) {
        script.then(Kind::CheckPermission, body).expect(Expect::Denied(&["CONSENT_MISSING"]))
    } else {
        script
    }
}

/// Texts STOP in the seconds between the permit and the call: the call does not start.
pub fn void_permit(day: &mut Day) -> Script {
    let dial = json!({
        "phoneNumber": "{phone}", "direction": "outbound", "leadId": "{lead}", "purpose": "marketing",
        "permitId": "{permit}",
    });
    let word = day.pick(&["STOP", "Stop", "QUIT", "UNSUBSCRIBE"]);
    Script::new(day)
        .then(
            Kind::CreateLead,
            json!({
                "phone": "{phone}", "source": "website", "tags": ["seller", day.tag()],
            }),
        )
        .agreed(day, "marketing", "pewc")
        .checks("marketing")
        .twice()
        .then(
            Kind::RevokeConsent,
            json!({
                "contact": { "phone": "{phone}" }, "channels": ["voice", "sms"], "method": "sms_keyword",
                "verbatim": word,
            }),
        )
        .then(Kind::StartCall, dial)
        .expect(Expect::Refused(409, "fence_conflict"))
        .checks("marketing")
        .expect(Expect::Denied(&["REVOKED"]))
        .then(Kind::LoseLead, json!({ "reason": "Withdrew by text message." }))
}

/// Agreed to be called about an inquiry, which is less than marketing by an artificial voice takes.
pub fn consent_not_enough(day: &mut Day) -> Script {
    let viewing = day.in_hours(30);
    Script::new(day)
        .then(Kind::CreateLead, json!({
            "email": day.email("inquiry"), "phone": "{phone}", "source": "website", "tags": ["buyer", day.tag()],
        }))
        .agreed(day, "marketing", "pec")
        .checks("marketing")
        .expect(Expect::Denied(&["CONSENT_LEVEL"]))
        .then(Kind::ContactLead, json!({ "channel": "email", "note": "Sent the form to sign." }))
        .then(Kind::ScheduleFollowUp, json!({ "dueAt": viewing, "note": "Signed?" }))
        .then(Kind::GrantConsent, json!({
            "contact": { "email": day.email("inquiry") }, "channels": ["email"], "purposes": ["marketing"],
            "level": "opt_in", "method": "web_form", "leadId": "{lead}",
            "evidence": { "disclosureId": "newsletter-4", "capturedAt": day.in_hours(0) },
        }))
        .then(Kind::CheckPermission, json!({
            "contact": { "email": day.email("inquiry") }, "channel": "email", "purpose": "marketing",
        }))
}
