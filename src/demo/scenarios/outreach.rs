//! Calls the brokerage makes, each allowed by consent that was recorded before and by a permit that was fresh.

use serde_json::json;

use crate::demo::day::Day;
use crate::demo::kind::Kind;
use crate::demo::script::{Expect, Script, agent, caller};

fn greeting(about: &str) -> String {
    format!(
        "Good day, this is the automated assistant of Harbor and Main Realty, calling {about}. The call is recorded, \
         and you can ask me at any time not to call again."
    )
}

/// Comes back for the third building and signs.
pub fn investor(day: &mut Day) -> Script {
    let (units, price) = (day.between(6, 24), day.between(90, 310) * 1_000_000);
    Script::new(day)
        .then(
            Kind::CreateLead,
            json!({
                "firstName": "Sam", "email": day.email("investor"), "phone": "{phone}", "source": "referral",
                "preferences": { "propertyType": "multi-family", "budgetMin": 800_000 },
                "tags": ["investor", day.tag()],
            }),
        )
        .agreed(day, "informational", "pewc")
        .twice()
        .dials(day, 1)
        .then(Kind::ConnectCall, json!({}))
        .talk(
            day,
            &[
                agent(greeting("about the building you asked us to watch")),
                caller("Ah, good. Did they come down with the price?"),
                agent(format!(
                    "They did. It has {units} units and is fully let, and the seller accepts your figure."
                )),
            ],
        )
        .phase("intake")
        .talk(
            day,
            &[
                caller("Then let's not lose time. Can you send the papers to my lawyer today?"),
                agent("They go out within the hour. Shall I also book the signing for next week?"),
                caller("Please do. Mornings are best."),
            ],
        )
        .intake_final(json!({ "decision": "buys", "units": units }))
        .then(Kind::ContactLead, json!({ "channel": "voice", "note": "Accepted at the asking figure." }))
        .then(Kind::QualifyLead, json!({ "score": 95, "answers": { "timeline": "next week" } }))
        .then(Kind::SetAppointment, json!({ "startsAt": day.in_hours(24 * 7), "place": "notary's office" }))
        .phase("completed")
        .ends("completed", "The investor takes the building; signing next week.")
        .after(day.a_while(1_500))
        .then(Kind::ConvertLead, json!({ "valueCents": price, "currency": "USD" }))
        .insisting()
}

/// Asks in the middle of the call to be left alone: withdrawn, listed, denied from then on, and never called again.
pub fn no_more_calls(day: &mut Day) -> Script {
    let words = day.pick(&[
        "Stop calling me. Take my number off your list.",
        "I don't want any more calls from you, ever.",
        "Please remove me. No calls, no texts, nothing.",
    ]);
    Script::new(day)
        .then(
            Kind::CreateLead,
            json!({
                "phone": "{phone}", "source": "open house", "tags": ["buyer", day.tag()],
            }),
        )
        .agreed(day, "informational", "pewc")
        .dials(day, 2)
        .then(Kind::ConnectCall, json!({}))
        .talk(
            day,
            &[
                agent(greeting("because you left your number at our open house")),
                caller(words),
                agent("Of course. I'm taking you off our list right now, and you won't hear from us again."),
            ],
        )
        .then(
            Kind::RevokeConsent,
            json!({
                "contact": { "phone": "{phone}" }, "method": "voice", "verbatim": words,
            }),
        )
        .twice()
        .then(Kind::ListNumber, json!({ "reason": "Asked on a call not to be called again." }))
        .then(Kind::ListNumber, json!({ "reason": "Asked on a call not to be called again." }))
        .expect(Expect::Unchanged)
        .talk(day, &[caller("Good. Goodbye.")])
        .ends("refused", "The person does not want to be contacted any more.")
        .checks()
        .expect(Expect::Denied(&["REVOKED"]))
        .then(Kind::LoseLead, json!({ "reason": "Does not want to be contacted." }))
}

/// A machine answers; the agent leaves a message and somebody will try again.
pub fn voicemail(day: &mut Day) -> Script {
    let hours = day.between(18, 30);
    Script::new(day)
        .then(Kind::CreateLead, json!({
            "email": day.email("voicemail"), "phone": "{phone}", "source": "website",
            "preferences": { "area": "Maple Ridge" }, "tags": ["buyer", day.tag()],
        }))
        .agreed(day, "informational", "pewc")
        .dials(day, 3)
        .then(Kind::ConnectCall, json!({}))
        .talk(day, &[
            caller("You have reached my voicemail. Please leave a message after the tone."),
            agent("Hello, this is the automated assistant of Harbor and Main Realty about the house in Maple Ridge."),
            agent("I will try again tomorrow. To hear nothing more from us, just call back and say so."),
        ])
        .ends("voicemail", "Left a message about the house in Maple Ridge.")
        .then(Kind::ScheduleFollowUp, json!({ "dueAt": day.in_hours(hours), "note": "Try again." }))
}

/// Rings out or is busy; nothing is said, and somebody will try again.
pub fn nobody_picks_up(day: &mut Day) -> Script {
    let outcome = day.pick(&["no_answer", "no_answer", "busy"]);
    Script::new(day)
        .then(
            Kind::CreateLead,
            json!({ "phone": "{phone}", "source": "portal", "tags": ["buyer", day.tag()] }),
        )
        .agreed(day, "informational", "pewc")
        .dials(day, 2)
        .ends(outcome, "Nobody picked up.")
        .then(Kind::ScheduleFollowUp, json!({ "dueAt": day.in_hours(4) }))
        .then(Kind::ScheduleFollowUp, json!({ "dueAt": day.in_hours(28), "note": "Last attempt." }))
}

/// While we dial, the person calls us: our call is given up, theirs is answered.
pub fn calls_cross(day: &mut Day) -> Script {
    Script::new(day)
        .then(Kind::CreateLead, json!({
            "firstName": "Robin", "phone": "{phone}", "source": "referral", "tags": ["seller", day.tag()],
        }))
        .agreed(day, "informational", "pewc")
        .dials(day, 1)
        .then(Kind::CancelCall, json!({}))
        .then(Kind::CancelCall, json!({}))
        .expect(Expect::Unchanged)
        .rings(2)
        .talk(day, &[
            agent("Harbor and Main Realty, the automated assistant speaking. We were just trying to reach you."),
            caller("I know, I saw the number. It's about the garage, isn't it?"),
            agent("It is. The buyers would like to know whether it can stay with the house."),
            caller("Tell them yes, if they leave the price as it is."),
        ])
        .phase("intake")
        .then(Kind::LinkLead, json!({ "leadId": "{lead}" }))
        .intake_final(json!({ "garage": "stays", "price": "unchanged" }))
        .then(Kind::ContactLead, json!({ "channel": "voice", "note": "The garage stays if the price does." }))
        .phase("completed")
        .ends("completed", "Answered the question about the garage.")
}

/// Agreed for two days only: may be called now, not next month.
pub fn open_house_guest(day: &mut Day) -> Script {
    let later = json!({
        "contact": { "phone": "{phone}" }, "channel": "voice", "purpose": "informational", "content": "other",
        "at": day.in_hours(24 * 30),
    });
    Script::new(day)
        .then(Kind::CreateLead, json!({
            "phone": "{phone}", "source": "open house", "tags": ["buyer", day.tag()],
        }))
        .then(Kind::GrantConsent, json!({
            "contact": { "phone": "{phone}" }, "channels": ["voice"], "purposes": ["informational"], "level": "pewc",
            "technologies": ["ai_voice"], "method": "paper", "expiresAt": day.in_hours(48), "leadId": "{lead}",
            "evidence": {
                "disclosureId": "guest-list-2", "signatureRef": "guest list", "capturedAt": day.in_hours(0),
            },
        }))
        .then(Kind::CheckPermission, later)
        .expect(Expect::Denied(&["CONSENT_SCOPE"]))
        .dials(day, 3)
        .then(Kind::ConnectCall, json!({}))
        .talk(day, &[
            agent(greeting("to ask how you liked the house on Sunday")),
            caller("It was nice, but the kitchen is too small for us."),
            agent("Thank you, that helps. Shall we look out for something with a bigger kitchen?"),
            caller("Yes, if it's not further out than this one."),
        ])
        .phase("intake")
        .intake_final(json!({ "liked": "house", "disliked": "kitchen" }))
        .then(Kind::ContactLead, json!({ "channel": "voice" }))
        .then(Kind::QualifyLead, json!({ "answers": { "area": "Northgate", "budget": 520_000 } }))
        .phase("completed")
        .ends("completed", "Liked the house, not its kitchen; keep looking.")
}
