//! Ordinary calls of the medical office.

use serde_json::json;

use crate::demo::day::Day;
use crate::demo::hours::Hours;
use crate::demo::kind::Kind;
use crate::demo::script::{Expect, Script, agent, caller, human};

pub(super) const GREETING: &str = "Cedar Street Family Medicine, this is the automated assistant. If this is an \
                                   emergency, hang up and dial nine one one. The call is recorded. What can I do \
                                   for you?";

/// Wants to be taken on; tells what is needed bit by bit, and gets a first appointment.
pub fn new_patient(day: &mut Day) -> Script {
    let plan = day.pick(&["a plan from work", "Medicare", "a marketplace plan"]);
    let since = day.between(2, 10);
    let hours = day.between(40, 90);
    let script = Script::new(day)
        .rings(1)
        .talk(day, &[
            agent(GREETING),
            caller("Good morning. I just moved here and need a family doctor. Do you take new patients?"),
            agent("We do. It takes about five minutes, is now a good time?"),
            caller("Yes, go ahead."),
        ])
        .phase("intake")
        .then(Kind::CreateLead, json!({
            "firstName": "Alex", "phone": "{phone}", "source": "phone", "tags": ["new patient", day.tag()],
        }))
        .then(Kind::LinkLead, json!({ "leadId": "{lead}" }))
        .talk(day, &[
            agent("Which health plan do you have?"),
            caller(format!("It's {plan}. I have the card here.")),
            agent("Thank you, keep it ready for your visit. Do you take any medicine regularly?"),
            caller("Something for my blood pressure, in the morning."),
        ])
        .intake(json!({ "plan": plan, "medication": ["blood pressure"] }))
        .talk(day, &[
            agent("Are you allergic to anything you know of?"),
            caller(format!("Penicillin, for {since} years or so. I got a rash.")),
        ])
        .intake(json!({ "allergies": ["penicillin"], "allergicForYears": since }));
    let script = if day.chance(30) {
        script.phase("clarification").talk(
            day,
            &[
                agent("Just so that I have it right: a rash, and no trouble breathing?"),
                caller("No, only the rash."),
            ],
        )
    } else {
        script
    };
    script
        .intake_final(json!({ "consentToTreat": "at the visit" }))
        .then(Kind::QualifyLead, json!({ "score": day.between(60, 95) }))
        .then(Kind::SetAppointment, json!({
            "startsAt": day.in_hours(hours), "endsAt": day.in_hours(hours + 1), "place": "Cedar Street, first floor",
        }))
        .talk(day, &[
            agent("You have a first visit this week. Please come ten minutes early and bring your card."),
            caller("I will. Thank you, that was easy."),
        ])
        .phase("completed")
        .ends("completed", "New patient; first visit arranged, allergy to penicillin noted.")
        .after(day.a_while(1_700))
}

/// Is reminded of a visit. The practice's own telephone system tells once more for which call it used the permit, which
/// changes nothing.
pub fn reminder(day: &mut Day) -> Script {
    let confirms = day.chance(75);
    let (answer, summary) = if confirms {
        ("Yes, I'll be there.", "Confirmed the visit.")
    } else {
        ("I can't, sorry. Could somebody call me back about another day?", "Cannot come; wants another day.")
    };
    let script = Script::new(day)
        .then(
            Kind::CreateLead,
            json!({ "phone": "{phone}", "source": "practice", "tags": ["patient", day.tag()] }),
        )
        .agreed(day, "informational", "pec")
        .dials(day, 2);
    let script = if day.hours() == Hours::Open {
        script.then(Kind::RedeemPermit, json!({ "callId": "{call}" })).expect(Expect::Unchanged)
    } else {
        script
    };
    let script = script
        .then(Kind::ConnectCall, json!({}))
        .talk(day, &[
            agent("Hello, the automated assistant of Cedar Street Family Medicine. You have a visit tomorrow at ten."),
            agent("The call is recorded. Will you be able to come?"),
            caller(answer),
        ])
        .then(Kind::ContactLead, json!({ "channel": "voice", "note": summary }));
    let script = if confirms {
        script
    } else {
        script.then(Kind::ScheduleFollowUp, json!({ "dueAt": day.in_hours(6), "note": "Find another day." }))
    };
    script
        .talk(day, &[agent("Thank you. Have a good day."), caller("Bye.")])
        .phase("completed")
        .ends("completed", summary)
}

/// Wants to talk to a person, and does; in some days nobody is free before the office closes.
pub fn wants_human(day: &mut Day) -> Script {
    let words = day.pick(&[
        "I don't want to talk to a computer. Give me somebody real, please.",
        "Can I speak to a human being?",
        "Just put me through to the front desk.",
    ]);
    let script = Script::new(day)
        .rings(1)
        .talk(
            day,
            &[
                agent(GREETING),
                caller(words),
                agent("Of course. I'm getting somebody from the front desk, please stay on the line."),
            ],
        )
        .then(
            Kind::RaiseEscalation,
            json!({
                "callId": "{call}", "trigger": "explicit_request", "reason": "The caller asked for a human.",
            }),
        )
        .twice()
        .then(Kind::AssignEscalation, json!({ "userId": "{user}" }))
        .after(day.a_while(1_200));
    if day.repetition.is_multiple_of(10) {
        return script
            .talk(day, &[agent("Nobody is free this minute. Somebody will call you back before we close.")])
            .ends("escalated", "Asked for a human; to be called back by the front desk.");
    }
    script
        .then(Kind::ConnectEscalation, json!({}))
        .talk(
            day,
            &[
                human("Front desk, good morning. I have taken over from the assistant."),
                caller("Finally. I need a copy of my vaccination record for my daughter's school."),
                human("I'll have it ready at the desk this afternoon."),
            ],
        )
        .ends("escalated", "Handed over to the front desk: copy of a vaccination record.")
        .then(Kind::ResolveEscalation, json!({ "resolution": "The record is ready to be picked up." }))
}

/// Asks what the assistant must not answer: it is not sure and says so.
pub fn prescription(day: &mut Day) -> Script {
    let medicine = day.pick(&["my new tablets", "the antibiotic", "my blood thinner"]);
    let script = Script::new(day)
        .rings(3)
        .talk(day, &[
            agent(GREETING),
            caller(format!("A question about {medicine}. May I take ibuprofen with them?")),
            agent("That is for one of our nurses to answer, I am not a medical professional."),
            caller("But it's only one, for my knee."),
            agent("I understand. I'd rather ask a nurse than guess. Somebody will be with you or call you back."),
        ])
        .phase("intake")
        .intake(json!({ "question": "interaction with ibuprofen", "medicine": medicine }))
        .then(Kind::RaiseEscalation, json!({
            "callId": "{call}", "trigger": "uncertainty", "reason": "A question about how medicines go together.",
        }));
    match day.repetition % 10 {
        // Still waiting in the queue when the day is over.
        0 => script.ends("completed", "A nurse is to call back about two medicines."),
        // The patient finds the answer, so nobody has to call back.
        1..=3 => script
            .talk(day, &[caller("Oh, wait. It says on the leaflet not to. Then I won't. Thank you!")])
            .then(Kind::CancelEscalation, json!({ "reason": "The patient found the answer in the leaflet." }))
            .ends("completed", "Found the answer in the leaflet."),
        _ => script
            .then(Kind::AcknowledgeEscalation, json!({}))
            .twice()
            .then(Kind::ConnectEscalation, json!({}))
            .talk(
                day,
                &[
                    human("This is the nurse. Better not together; take the other painkiller we gave you."),
                    caller("Thank you, that's good to know."),
                ],
            )
            .then(Kind::ResolveEscalation, json!({ "resolution": "A nurse advised against it." }))
            .ends("completed", "A nurse answered the question."),
    }
}

/// The line drops before anything is settled.
pub fn line_drops(day: &mut Day) -> Script {
    Script::new(day)
        .rings(2)
        .talk(
            day,
            &[
                agent(GREETING),
                caller("I'm calling from the car, can you hear me? I wanted to ask when the lab results"),
                agent("I lost you for a moment. You were asking about lab results?"),
            ],
        )
        .ends("failed", "The line dropped; the caller is expected to call again.")
}
