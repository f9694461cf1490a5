//! Calls that are not made, because nobody allowed them.

use serde_json::json;

use crate::demo::day::Day;
use crate::demo::hours::Hours;
use crate::demo::kind::Kind;
use crate::demo::script::{Expect, Script};

/// Left a number with a portal and agreed to nothing: no call, and no permit.
pub fn stranger(day: &mut Day) -> Script {
    let body = json!({
        "contact": { "phone": "{phone}" }, "channel": "sms", "purpose": "informational", "content": "other",
    });
    let script = Script::new(day)
        .then(
            Kind::CreateLead,
            json!({ "phone": "{phone}", "source": "portal", "tags": ["buyer", day.tag()] }),
        )
        .checks()
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
        "phoneNumber": "{phone}", "direction": "outbound", "leadId": "{lead}", "purpose": "informational",
        "permitId": "{permit}",
    });
    let word = day.pick(&["STOP", "Stop", "QUIT", "UNSUBSCRIBE"]);
    let stop = json!({
        "contact": { "phone": "{phone}" }, "channels": ["voice", "sms"], "method": "sms_keyword", "verbatim": word,
    });
    let script = Script::new(day)
        .then(
            Kind::CreateLead,
            json!({
                "phone": "{phone}", "source": "website", "tags": ["seller", day.tag()],
            }),
        )
        .agreed(day, "informational", "pewc")
        .twice()
        .may_be_called(day)
        .then(Kind::RevokeConsent, stop);
    let script = if day.hours() == Hours::Open {
        script.then(Kind::StartCall, dial).expect(Expect::Refused(409, "fence_conflict"))
    } else {
        script
    };
    script
        .checks()
        .expect(Expect::Denied(&["REVOKED"]))
        .then(Kind::LoseLead, json!({ "reason": "Withdrew by text message." }))
}

/// Agreed to be written to about an inquiry, which is less than marketing takes; the newsletter's form is more.
pub fn consent_not_enough(day: &mut Day) -> Script {
    let viewing = day.in_hours(30);
    let form = |level: &str, form: &str| {
        json!({
            "contact": { "email": day.email("inquiry") }, "channels": ["email"], "purposes": ["marketing"],
            "level": level, "method": "web_form", "leadId": "{lead}",
            "evidence": { "disclosureId": form, "capturedAt": day.in_hours(0) },
        })
    };
    let marketing =
        json!({ "contact": { "email": day.email("inquiry") }, "channel": "email", "purpose": "marketing" });
    Script::new(day)
        .then(Kind::CreateLead, json!({
            "email": day.email("inquiry"), "phone": "{phone}", "source": "website", "tags": ["buyer", day.tag()],
        }))
        .then(Kind::GrantConsent, form("pec", "inquiry-2"))
        .then(Kind::CheckPermission, marketing.clone())
        .expect(Expect::Denied(&["CONSENT_LEVEL"]))
        .then(Kind::ContactLead, json!({ "channel": "email", "note": "Sent the form to sign." }))
        .then(Kind::ScheduleFollowUp, json!({ "dueAt": viewing, "note": "Signed?" }))
        .then(Kind::GrantConsent, form("opt_in", "newsletter-4"))
        .then(Kind::CheckPermission, marketing)
}
