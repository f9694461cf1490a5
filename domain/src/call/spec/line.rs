//! The line: started and connected.

use super::{AGENT, after, connected, over, start, started};
use crate::call::{Call, CallCommand, CallRefusal, Connected, Phase};
use crate::spec::given;

#[test]
fn it_starts_once() {
    given::<Call>([]).when(start()).then([started()]);
    given::<Call>([started()]).when(start()).then_refused(CallRefusal::AlreadyStarted);
    given::<Call>([started(), connected(), over()]).when(start()).then_refused(CallRefusal::AlreadyStarted);
}

#[test]
fn nothing_can_be_done_with_what_was_never_started() {
    for command in [
        CallCommand::Connect { at: after(0) },
        CallCommand::SetPhase { phase: Phase::Greeting, at: after(0) },
        CallCommand::Cancel { at: after(0) },
    ] {
        given::<Call>([]).when(command).then_refused(CallRefusal::NotFound);
    }
}

#[test]
fn it_connects_once_and_keeps_the_first_time() {
    let connect = CallCommand::Connect { at: after(10) };
    given::<Call>([started()]).when(connect.clone()).then([Connected {
        agent_id: Some(AGENT),
        at: after(10),
    }
    .into()]);
    given::<Call>([started(), connected()]).when(connect).then_nothing();
}
