//! Calls of the medical office in which seconds count.

use serde_json::json;

use super::patients::GREETING;
use crate::demo::day::Day;
use crate::demo::kind::Kind;
use crate::demo::script::{Script, agent, caller, human};

/// The worst case: a human is on the line within moments, and the call ends as escalated.
pub fn chest_pain(day: &mut Day) -> Script {
    let words = day.pick(&[
        "My husband has a terrible pain in his chest and his arm feels numb.",
        "I have a pressure on my chest, and I can hardly breathe.",
        "She just collapsed, she was holding her chest.",
    ]);
    Script::new(day)
        .rings(1)
        .talk(day, &[agent(GREETING), caller(words)])
        .then(Kind::RaiseEscalation, json!({
            "callId": "{call}", "trigger": "emergency_keyword", "reason": "Chest pain.",
        }))
        .talk(day, &[
            agent("This may be an emergency. Please dial nine one one from another phone now. I'm getting a nurse."),
            caller("I have a second phone here, I'm dialling."),
        ])
        .then(Kind::AcknowledgeEscalation, json!({}))
        .insisting()
        .after(day.a_while(1_100))
        .then(Kind::AcknowledgeEscalation, json!({}))
        .expect(crate::demo::script::Expect::Unchanged)
        .then(Kind::ConnectEscalation, json!({}))
        .talk(day, &[
            human("This is the nurse. Is the ambulance on its way?"),
            caller("Yes, they say four minutes."),
            human("Good. Have them sit up, loosen the collar, and stay on the line with me."),
            caller("All right. They're here, I can see them."),
        ])
        .then(Kind::RecordQuality, json!({ "responseTimeMs": day.between(150, 400) }))
        .intake_final(json!({ "emergency": "chest pain", "ambulance": true }))
        .then(Kind::ResolveEscalation, json!({ "resolution": "Stayed on the line until the ambulance was there." }))
        .twice()
        .phase("completed")
        .ends("completed", "Emergency: chest pain; nurse on the line until the ambulance arrived.")
        .after(day.a_while(1_400))
}

/// A child with fever: urgent by choice of the agent, and over when the parents decide to come in.
pub fn feverish_child(day: &mut Day) -> Script {
    let (degrees, hours) = (day.between(101, 104), day.between(2, 9));
    Script::new(day)
        .rings(2)
        .talk(
            day,
            &[
                agent(GREETING),
                caller(format!(
                    "My little one has had a fever of {degrees} for {hours} hours and just sleeps."
                )),
                agent("I'm calling a nurse for you. Does the child drink, and react when you speak to it?"),
                caller("Yes to both. She's just so tired."),
            ],
        )
        .phase("intake")
        .intake(json!({ "fever": degrees, "sinceHours": hours, "drinks": true }))
        .then(
            Kind::RaiseEscalation,
            json!({
                "callId": "{call}", "trigger": "high_priority_keyword", "priority": "high",
                "reason": "Fever in a small child.",
            }),
        )
        .then(Kind::AssignEscalation, json!({ "userId": "{user}" }))
        .talk(
            day,
            &[
                caller("You know what, we live around the corner. We're coming in."),
                agent("Please do. I'm telling the desk that you are on your way."),
            ],
        )
        .then(Kind::CancelEscalation, json!({ "reason": "The parents are bringing the child in." }))
        .intake_final(json!({ "comesIn": true }))
        .phase("completed")
        .ends("completed", "Feverish child; the parents are on their way.")
}

/// Somebody who sounds desperate. In some days the case is still open in the evening, seen by somebody.
pub fn worried_message(day: &mut Day) -> Script {
    let script = Script::new(day)
        .rings(3)
        .talk(day, &[
            agent(GREETING),
            caller("I don't know who else to call. I haven't slept for days, it's all getting too much."),
            agent("I'm glad you called. I'm getting somebody you can talk to. Are you safe where you are?"),
            caller("Yes. I just need to talk to someone."),
        ])
        .then(Kind::RaiseEscalation, json!({
            "callId": "{call}", "trigger": "sentiment", "priority": "critical", "reason": "Sounds desperate.",
        }))
        .then(Kind::AcknowledgeEscalation, json!({}));
    if day.repetition.is_multiple_of(10) {
        return script
            .talk(day, &[human("This is the doctor. I'm coming to see you myself, stay where you are.")])
            .ends("escalated", "The doctor is on the way to the patient.");
    }
    script
        .then(Kind::ConnectEscalation, json!({}))
        .talk(
            day,
            &[
                human("This is the doctor. Tell me what happened, I have time."),
                caller("Thank you. It began when I changed jobs, I think."),
            ],
        )
        .ends("escalated", "The doctor took over the call.")
        .then(Kind::ResolveEscalation, json!({ "resolution": "A long talk; sees the doctor tomorrow." }))
}
