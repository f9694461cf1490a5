//! People who call the brokerage.

use serde_json::json;

use crate::demo::day::Day;
use crate::demo::kind::Kind;
use crate::demo::script::{Script, agent, caller};

const AREAS: &[&str] =
    &["Harbor Heights", "the Old Mill quarter", "Maple Ridge", "the lake side", "Northgate"];

const GREETING: &str = "Thank you for calling Harbor and Main Realty. I'm the automated assistant, and this call is \
                        recorded so that nothing gets lost. How can I help you today?";

/// Pre-approved, has to move soon, knows what they want: hot, given to an agent, followed up.
pub fn ready_buyer(day: &mut Day) -> Script {
    let area = day.pick(AREAS);
    let (budget, bedrooms) = (day.between(38, 92) * 10_000, day.between(2, 4));
    let reason = day.pick(&["my new job starts", "our lease ends", "the school year begins"]);
    let mut script = Script::new(day)
        .rings(1)
        .talk(
            day,
            &[
                agent(GREETING),
                caller("Hi. We saw the corner house you listed last week and we'd like to buy in that area."),
                agent("Happy to help with that. Which area are you looking in, and how big should it be?"),
            ],
        )
        .phase("intake")
        .talk(
            day,
            &[
                caller(format!("{area}, ideally. We need at least {bedrooms} bedrooms and a small garden.")),
                agent("Good choice, we have several there. May I ask what budget you have in mind?"),
                caller(format!("We're pre-approved up to {budget} dollars. The letter is from this month.")),
            ],
        )
        .intake(json!({ "area": area, "bedrooms": bedrooms, "budget": budget }))
        .talk(
            day,
            &[
                agent("That makes things quick. And by when would you like to have the keys?"),
                caller(format!("In two months at the latest, {reason} then.")),
                agent("Understood. What name and email address should I put down for you?"),
                caller("I'm Dana. I'll spell the address for you."),
            ],
        )
        .then(
            Kind::CreateLead,
            json!({
                "firstName": "Dana", "email": day.email("ready.buyer"), "phone": "{phone}", "source": "phone",
                "preferences": { "area": area, "propertyType": "house" }, "tags": ["buyer", day.tag()],
            }),
        )
        .twice()
        .then(Kind::LinkLead, json!({ "leadId": "{lead}" }))
        .intake_final(json!({ "timeline": "2 months", "preApproved": true, "email": "given" }))
        .then(Kind::ContactLead, json!({ "channel": "voice", "note": "Called in about the corner house." }));
    if day.chance(40) {
        script = script.talk(
            day,
            &[
                caller("One more thing: is the corner house still available?"),
                agent("As of this morning, yes. There is one offer expected at the end of the week."),
            ],
        );
    }
    script
        .then(Kind::QualifyLead, json!({
            "answers": { "budget": budget, "timeline": "2 months", "preApproved": true, "area": area },
        }))
        .then(Kind::AssignLead, json!({ "userId": "{user}" }))
        .then(Kind::ScheduleFollowUp, json!({
            "dueAt": day.in_hours(24), "note": "Send three houses and the disclosure for the corner house.",
        }))
        .then(Kind::AddNote, json!({ "text": "Sounded decided; wants to see houses together on Saturday." }))
        .talk(day, &[
            agent("Thank you, Dana. One of our agents will call you tomorrow with three houses to see."),
            caller("Perfect, talk to you then."),
        ])
        .phase("completed")
        .ends("completed", "Pre-approved buyer who must move within two months; viewing to be arranged.")
        .after(day.a_while(1_300))
}

/// No hurry, no budget: cold. What they like is noted, after a colleague's version of it was overtaken.
pub fn browsing_buyer(day: &mut Day) -> Script {
    let area = day.pick(AREAS);
    let script = Script::new(day)
        .rings(2)
        .talk(day, &[
            agent(GREETING),
            caller("Oh, hello. I'm not really buying, I only wondered what apartments cost these days."),
            agent("Of course. Is there a part of town you have in mind?"),
            caller(format!("Maybe {area}, some day. My sister lives there and keeps telling me about it.")),
            agent("Apartments there start at around three hundred thousand. Shall I note that you are interested?"),
            caller("You can, but please don't expect anything this year."),
        ])
        .phase("intake")
        .then(Kind::CreateLead, json!({ "phone": "{phone}", "source": "phone", "tags": ["buyer", day.tag()] }))
        .then(Kind::LinkLead, json!({ "leadId": "{lead}" }))
        .then(Kind::QualifyLead, json!({ "answers": { "area": area, "timeline": "not before next year" } }))
        .then(Kind::UpdateLead, json!({ "preferences": { "area": area, "propertyType": "apartment" } }))
        .then(Kind::UpdateLead, json!({ "tags": ["buyer", "no hurry", day.tag()] }))
        .outdated()
        .then(Kind::UpdateLead, json!({ "tags": ["buyer", "no hurry", day.tag()] }))
        .insisting()
        .intake_final(json!({ "interest": "apartments", "hurry": false }));
    let script = if day.chance(50) {
        script.then(Kind::ScheduleFollowUp, json!({ "dueAt": day.in_hours(24 * 180), "note": "Ask again." }))
    } else {
        script
    };
    script
        .talk(
            day,
            &[
                agent("Noted. I'll leave you in peace, and you can call us whenever you like."),
                caller("That's kind, thanks. Bye."),
            ],
        )
        .phase("completed")
        .ends("completed", "Just looking; no time frame.")
}

/// Wants to know what the house is worth, and gets an appointment, which in some days is moved.
pub fn seller(day: &mut Day) -> Script {
    let (rooms, score) = (day.between(4, 9), day.between(52, 88));
    let (first, second) = (day.between(48, 72), day.between(96, 120));
    let script = Script::new(day)
        .rings(1)
        .talk(
            day,
            &[
                agent(GREETING),
                caller("I'd like somebody to tell me what my house is worth. I'm thinking of selling."),
                agent("We do that free of charge. Where is the house, and how many rooms does it have?"),
            ],
        )
        .phase("intake")
        .talk(
            day,
            &[
                caller(format!("It's on the east slope, {rooms} rooms, built in the seventies, new roof.")),
                agent("A new roof helps. Is anybody living in it at the moment?"),
                caller("Just me, since the children moved out. It has become too big."),
            ],
        )
        .intake(json!({ "rooms": rooms, "built": "1970s", "occupied": true }))
        .then(
            Kind::CreateLead,
            json!({
                "email": day.email("seller"), "phone": "{phone}", "source": "website",
                "preferences": { "wants": "valuation" }, "tags": ["seller", day.tag()],
            }),
        )
        .then(Kind::LinkLead, json!({ "leadId": "{lead}" }))
        .then(Kind::ContactLead, json!({ "channel": "voice" }))
        .then(Kind::QualifyLead, json!({ "score": score }))
        .talk(
            day,
            &[
                agent(
                    "Then let's have one of our brokers look at it. Would the day after tomorrow suit you?",
                ),
                caller("In the afternoon, yes, after two."),
                agent("I've put you down for the afternoon. You will get a message with the broker's name."),
            ],
        )
        .then(
            Kind::SetAppointment,
            json!({
                "startsAt": day.in_hours(first), "endsAt": day.in_hours(first + 1), "place": "at the house",
            }),
        )
        .insisting();
    let script = if day.chance(35) {
        script
            .talk(day, &[
                caller("Wait, I have the dentist that day. Could we make it later in the week?"),
                agent("No problem at all, I have moved it. Same time, later in the week."),
            ])
            .then(Kind::SetAppointment, json!({
                "startsAt": day.in_hours(second), "endsAt": day.in_hours(second + 1), "place": "at the house",
            }))
    } else {
        script
    };
    script
        .intake_final(json!({ "appointment": true }))
        .phase("completed")
        .ends("completed", "Seller wants a valuation; an appointment at the house is set.")
        .twice()
        .after(day.a_while(1_100))
}

/// Looking for the landlord, not for a broker; the agent has to ask twice before it understands.
pub fn wrong_office(day: &mut Day) -> Script {
    let broken = day.pick(&["the heating", "the dishwasher", "the front door lock"]);
    Script::new(day)
        .rings(3)
        .talk(day, &[agent(GREETING), caller(format!("Yes, hi, {broken} in my apartment is broken again."))])
        .phase("intake")
        .then(Kind::ConnectCall, json!({}))
        .expect(crate::demo::script::Expect::Unchanged)
        .talk(day, &[
            agent("I'm sorry to hear that. Is that a home you bought through us?"),
            caller("Bought? No, I rent. It's the building on Mill Street."),
        ])
        .phase("clarification")
        .talk(day, &[
            agent("Let me make sure I understand: you rent on Mill Street and are looking for the management?"),
            caller("Exactly. Isn't this the property management?"),
            agent("No, this is a brokerage, we only sell homes. Your management's number is on your lease."),
            caller("Oh. Then I dialled the wrong one, sorry about that."),
        ])
        .phase("intake")
        .intake_final(json!({ "wanted": "property management", "issue": broken }))
        .talk(day, &[agent("No harm done. I hope they fix it soon. Goodbye!")])
        .phase("completed")
        .ends("completed", "A tenant who was looking for the property management; wrong number.")
}

/// Says little and is gone.
pub fn hangs_up(day: &mut Day) -> Script {
    let words = day.pick(&["Hello? Hello?", "Is this a machine?", "Hold on, somebody's at the door."]);
    Script::new(day)
        .rings(2)
        .talk(day, &[agent(GREETING), caller(words)])
        .ends("abandoned", "The caller hung up during the greeting.")
        .then(Kind::EndCall, json!({ "outcome": "abandoned" }))
        .expect(crate::demo::script::Expect::Unchanged)
}
