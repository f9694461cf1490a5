//! The published vectors, by their numbers. Those left out here are about other parts: 32 (a race) belongs to permits,
//! and is tried with them.

use super::*;
use crate::permission::facts::Attempt;

mod consent;
mod lists;

const DAY: i64 = 86_400;

fn with_plain(mut facts: Facts) -> Facts {
    let given = before(&facts, 30 * DAY);
    no_consent(&mut facts);
    ledger(&mut facts).grants.push(plain(given));
    facts
}

/// An appointment reminder by an artificial voice, on plain consent.
fn reminder(number: &str, time: &str) -> Facts {
    let mut facts = with_plain(call(number, time));
    facts.purpose = Some(Purpose::Healthcare);
    facts
}

fn informational_text(time: &str, topic: &str) -> Facts {
    let mut facts = with_plain(text("+14152345678", time));
    facts.purpose = Some(Purpose::Informational);
    facts.topic = Some(topic.to_owned());
    facts
}

fn attempt(at: Timestamp, number: u128) -> Attempt {
    Attempt {
        source: source(event(number), at),
        seller: Some(SELLER.to_owned()),
        at,
        channel: Channel::Voice,
        technology: Some(Technology::AiVoice),
        purpose: Some(Purpose::Marketing),
        subject: Some("listing 7".to_owned()),
    }
}
