use super::*;
use crate::consent::{Effect, FindingEffect, Obligation, Rule, required_level};

#[track_caller]
fn denied(permission: &Permission, rule: Rule) {
    assert_eq!((permission.effect, permission.primary), (Effect::Deny, Some(rule)), "{permission:#?}");
}

#[track_caller]
fn allowed(permission: &Permission) {
    assert_eq!((permission.effect, permission.primary), (Effect::Allow, None), "{permission:#?}");
}

fn failing(permission: &Permission) -> Vec<Rule> {
    let reasons = permission.reasons.iter();
    reasons.filter(|reason| reason.effect == FindingEffect::Deny).map(|reason| reason.rule).collect()
}

fn about(purpose: Purpose, question: Question) -> Question {
    Question { purpose, ..question }
}

fn by_mail(purpose: Purpose) -> Question {
    Question { contact: mailbox(), channel: Channel::Email, purpose, ..question(morning()) }
}

fn mail_form(level: ConsentLevel, purpose: Purpose) -> ConsentEvent {
    noted(GrantConsent {
        contact: mailbox(),
        channels: vec![Channel::Email],
        purposes: vec![purpose],
        ..form(level, after(-DAY))
    })
}

#[test]
fn written_consent_allows_an_artificial_voice_to_market() {
    let permission = ask([written(after(-DAY))], question(morning()));
    allowed(&permission);
    assert!(permission.reasons.iter().any(|reason| reason.facts == [1]));
    assert_eq!(permission.reasons.len(), 6, "every rule but that on emergencies has its say");
}

#[test]
fn nothing_known_denies() {
    let permission = ask([], question(morning()));
    denied(&permission, Rule::ConsentMissing);
    assert!(permission.obligations.is_empty());
}

#[test]
fn a_consent_covers_its_channels_purposes_and_technologies_and_no_others() {
    let narrow = GrantConsent {
        channels: vec![Channel::Voice],
        technologies: vec![Technology::Prerecorded],
        ..form(ConsentLevel::Pewc, after(-DAY))
    };
    let ask = |question| ask([noted(narrow.clone())], question);
    let recorded = Question { technology: Some(Technology::Prerecorded), ..question(morning()) };
    allowed(&ask(recorded.clone()));
    denied(&ask(question(morning())), Rule::ConsentMissing);
    denied(&ask(about(Purpose::Informational, recorded)), Rule::ConsentMissing);
    denied(&ask(Question { channel: Channel::Sms, ..question(morning()) }), Rule::ConsentMissing);
}

#[test]
fn marketing_by_artificial_voice_or_text_needs_it_in_writing() {
    let plain = || [noted(form(ConsentLevel::OptIn, after(-DAY)))];
    denied(&ask(plain(), question(morning())), Rule::ConsentLevel);
    denied(&ask(plain(), Question { channel: Channel::Sms, ..question(morning()) }), Rule::ConsentLevel);
}

#[test]
fn a_reminder_needs_plain_consent() {
    let reminders =
        GrantConsent { purposes: vec![Purpose::Transactional], ..form(ConsentLevel::Pec, after(-DAY)) };
    allowed(&ask([noted(reminders)], about(Purpose::Transactional, question(morning()))));
}

#[test]
fn marketing_by_email_needs_an_opt_in() {
    let marketing = |level| ask([mail_form(level, Purpose::Marketing)], by_mail(Purpose::Marketing));
    denied(&marketing(ConsentLevel::Pec), Rule::ConsentLevel);
    allowed(&marketing(ConsentLevel::OptIn));
    allowed(&marketing(ConsentLevel::Pewc));
    let news = [mail_form(ConsentLevel::Pec, Purpose::Informational)];
    allowed(&ask(news, by_mail(Purpose::Informational)));
}

#[test]
fn a_human_who_dials_by_hand_needs_no_consent_but_may_not_call_who_withdrew() {
    allowed(&ask([], by_hand(question(morning()))));
    denied(&ask([stopped(after(-9))], by_hand(question(morning()))), Rule::Revoked);
    denied(&ask([listed(after(-9))], by_hand(question(morning()))), Rule::InternalDnc);
    assert_eq!(required_level(Channel::Voice, Purpose::Marketing, Some(Technology::Manual)), None);
}

#[test]
fn a_withdrawal_outweighs_every_earlier_consent() {
    let permission = ask([written(after(-DAY)), stopped(after(-1))], question(morning()));
    denied(&permission, Rule::Revoked);
    assert_eq!(permission.reasons[0].facts, [2]);
}

#[test]
fn a_withdrawal_reaches_as_far_as_it_says() {
    let texts = RevokeConsent { channels: vec![Channel::Sms], ..stop(after(-1)) };
    let history = || [written(after(-DAY)), heard(texts.clone())];
    allowed(&ask(history(), question(morning())));
    denied(&ask(history(), Question { channel: Channel::Sms, ..question(morning()) }), Rule::Revoked);
    let news = RevokeConsent { purposes: vec![Purpose::Informational], ..stop(after(-1)) };
    allowed(&ask([written(after(-DAY)), heard(news)], question(morning())));
}

#[test]
fn a_later_consent_of_the_level_needed_outweighs_a_withdrawal() {
    allowed(&ask([stopped(after(-DAY)), written(after(-1))], question(morning())));
    let plain = noted(form(ConsentLevel::Pec, after(-1)));
    let permission = ask([written(after(-9)), stopped(after(-5)), plain], question(morning()));
    denied(&permission, Rule::Revoked);
}

#[test]
fn what_occurred_first_counts_first_however_late_the_news() {
    let voicemail = RevokeConsent { occurred_at: Some(after(-DAY)), ..stop(after(-1)) };
    allowed(&ask([written(after(-9)), heard(voicemail)], question(morning())));
    let paper = GrantConsent {
        occurred_at: Some(after(-DAY)),
        evidence: evidence(after(-DAY)),
        ..form(ConsentLevel::Pewc, after(-1))
    };
    denied(&ask([stopped(after(-9)), noted(paper)], question(morning())), Rule::Revoked);
}

#[test]
fn of_two_at_one_instant_the_one_recorded_later_counts() {
    let (yes, no) = (written(after(-1)), stopped(after(-1)));
    denied(&ask([yes.clone(), no.clone()], question(morning())), Rule::Revoked);
    allowed(&ask([no, yes], question(morning())));
}

#[test]
fn old_evidence_sent_in_again_revives_nothing() {
    let again = GrantConsent { evidence: evidence(after(-DAY)), ..form(ConsentLevel::Pewc, after(-1)) };
    let history = [written(after(-DAY)), stopped(after(-9)), noted(again.clone())];
    denied(&ask(history, question(morning())), Rule::Revoked);
    denied(&ask([listed(after(-9)), noted(again)], question(morning())), Rule::InternalDnc);
}

#[test]
fn only_written_consent_given_since_lifts_the_internal_list() {
    let reminders =
        |level| noted(GrantConsent { purposes: vec![Purpose::Informational], ..form(level, after(-1)) });
    let asked = || about(Purpose::Informational, question(morning()));
    denied(&ask([listed(after(-9)), reminders(ConsentLevel::Pec)], asked()), Rule::InternalDnc);
    denied(&ask([reminders(ConsentLevel::Pewc), listed(after(0))], asked()), Rule::InternalDnc);
    allowed(&ask([listed(after(-9)), reminders(ConsentLevel::Pewc)], asked()));
    allowed(&ask([reminders(ConsentLevel::Pec), listed(after(-9)), delisted(after(-5))], asked()));
}

#[test]
fn written_consent_that_was_withdrawn_lifts_nothing() {
    let reminders =
        |level, at| noted(GrantConsent { purposes: vec![Purpose::Informational], ..form(level, at) });
    let history = [
        listed(after(-9)),
        reminders(ConsentLevel::Pewc, after(-8)),
        stopped(after(-7)),
        reminders(ConsentLevel::Pec, after(-6)),
    ];
    denied(&ask(history, about(Purpose::Informational, question(morning()))), Rule::InternalDnc);
}

#[test]
fn a_consent_holds_from_when_it_was_given_until_it_ends() {
    let term = || {
        let form = form(ConsentLevel::Pewc, morning());
        [noted(GrantConsent { expires_at: Some(after(DAY)), ..form })]
    };
    let early = ask(term(), question(after(-1)));
    denied(&early, Rule::ConsentExpired);
    assert_eq!(early.retry_at, Some(morning()));
    allowed(&ask(term(), question(morning())));
    allowed(&ask(term(), question(after(DAY - 1))));
    let late = ask(term(), question(after(DAY)));
    denied(&late, Rule::ConsentExpired);
    assert_eq!(late.retry_at, None);
}

#[test]
fn two_consents_do_not_add_up_to_one_that_suffices() {
    let term = GrantConsent { expires_at: Some(after(-1)), ..form(ConsentLevel::Pewc, after(-DAY)) };
    let plain = form(ConsentLevel::Pec, after(-DAY));
    denied(&ask([noted(term), noted(plain)], question(morning())), Rule::ConsentExpired);
}

#[test]
fn a_mailbox_is_not_called_and_a_phone_not_mailed() {
    let call = Question { contact: mailbox(), ..question(morning()) };
    denied(&ask([written(after(-DAY))], call), Rule::ContactChannelMismatch);
    let mail = Question { contact: phone(), ..by_mail(Purpose::Marketing) };
    let opted_in = [mail_form(ConsentLevel::OptIn, Purpose::Marketing)];
    denied(&ask(opted_in, mail), Rule::ContactChannelMismatch);
}

#[test]
fn a_technology_that_does_not_serve_the_channel_denies() {
    let odd = Question { technology: Some(Technology::Sms), ..question(morning()) };
    denied(&ask([written(after(-DAY))], odd), Rule::ContactChannelMismatch);
}

#[test]
fn an_emergency_goes_past_consent_and_is_flagged() {
    let emergency = about(Purpose::Emergency, question(morning()));
    let permission = ask([stopped(after(-9)), listed(after(-5))], emergency.clone());
    allowed(&permission);
    assert!(permission.flagged);
    assert_eq!(permission.reasons[0].rule, Rule::Emergency);
    assert_eq!(permission.reasons[1].effect, FindingEffect::Bypassed);
    let unreachable = ask([], Question { contact: mailbox(), ..emergency });
    denied(&unreachable, Rule::ContactChannelMismatch);
    assert!(!unreachable.flagged);
}

#[test]
fn every_rule_that_fails_is_named_and_the_first_is_primary() {
    let history = [noted(form(ConsentLevel::Pec, after(-9))), stopped(after(-5)), listed(after(-3))];
    let permission = ask(history, Question { contact: mailbox(), ..question(morning()) });
    denied(&permission, Rule::Revoked);
    let expected = [Rule::Revoked, Rule::InternalDnc, Rule::ConsentLevel, Rule::ContactChannelMismatch];
    assert_eq!(failing(&permission), expected);
}

#[test]
fn what_must_be_done_follows_from_what_is_done() {
    use Obligation as O;
    let ai = ask([written(after(-DAY))], question(morning())).obligations;
    assert_eq!(ai, [O::IdentifyCaller, O::AiDisclosure, O::OptOutMechanism, O::RecordingNotice]);
    let human = ask([], about(Purpose::Informational, by_hand(question(morning())))).obligations;
    assert_eq!(human, [O::IdentifyCaller, O::RecordingNotice]);
    let text = Question { channel: Channel::Sms, ..question(morning()) };
    let text = ask([written(after(-DAY))], text).obligations;
    assert_eq!(text, [O::IdentifyCaller, O::OptOutMechanism]);
}
