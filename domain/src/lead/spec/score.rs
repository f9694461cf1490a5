//! The rules of a score.

use ScoreRule as R;
use proptest::prelude::*;

use super::*;
use crate::spec::given;

fn judged(history: Vec<LeadEvent>, wish: LeadCommand) -> Qualified {
    match given::<Lead>(history).when(wish).events().as_slice() {
        [LeadEvent::Qualified(qualified)] => qualified.clone(),
        other => panic!("one judgement: {other:?}"),
    }
}

fn rules_for(answers: Value) -> Vec<ScoreRule> {
    let judged = judged(vec![created()], answered(answers));
    judged.reasons.iter().map(|reason| reason.rule).collect()
}

fn by_rule() -> LeadCommand {
    LeadCommand::Qualify(QualifyLead { score: None, answers: None, at: morning() })
}

fn well_known() -> Created {
    Created {
        first_name: name("Ada"),
        email: Some(Email::try_new("ada@example.com").expect("an email")),
        preferences: Some(object(json!({
            "budgetMax": 750_000, "areas": ["Mission"], "propertyType": "condo", "timeline": "1-3 months",
            "preApproved": true,
        }))),
        ..news_of_stranger()
    }
}

#[test]
fn of_a_stranger_nothing_is_known() {
    let judged = judged(vec![created()], by_rule());
    assert_eq!((judged.score.points(), judged.band, judged.status), (0, Band::Cold, LeadStatus::New));
    assert_eq!(judged.reasons, []);
}

#[test]
fn all_rules_together_come_to_exactly_a_hundred() {
    let met = vec![
        well_known().into(),
        contacted(LeadStatus::New, LeadStatus::Contacted),
        appointment_set(HOUR, LeadStatus::Contacted),
    ];
    let judged = judged(met, by_rule());
    let points: u8 = judged.reasons.iter().map(|reason| reason.points).sum();
    assert_eq!((points, judged.score.points(), judged.reasons.len()), (100, 100, 9));
}

#[test]
fn a_known_person_with_a_budget_an_approval_and_no_time_to_lose_is_hot() {
    let known = Created { preferences: None, ..well_known() };
    let answers = json!({"budget": 750_000, "timeline": "asap", "preApproved": true});
    let judged = judged(vec![known.into()], answered(answers));
    assert_eq!((judged.score.points(), judged.band), (70, Band::Hot));
    assert_eq!(judged.status, LeadStatus::Qualified);
}

#[test]
fn a_budget_counts_where_it_says_something() {
    for said in [
        json!({"budget": 1}),
        json!({"budget_max": "about 700k"}),
        json!({"budgetMin": 0, "budgetMax": 5}),
        json!({"budget": {"min": null, "max": 9}}),
    ] {
        assert_eq!(rules_for(said.clone()), [R::BudgetKnown], "{said}");
    }
    for unsaid in
        [json!({"budget": 0}), json!({"budget": " unknown "}), json!({"budget": []}), json!({"Budget": 1})]
    {
        assert_eq!(rules_for(unsaid.clone()), [], "{unsaid}");
    }
}

#[test]
fn soon_is_within_three_months() {
    for soon in [
        json!("ASAP"),
        json!("as soon as possible"),
        json!("immediately"),
        json!("30_days"),
        json!("1-3 months"),
        json!("next month"),
        json!("in two weeks"),
        json!(3),
    ] {
        assert_eq!(rules_for(json!({"timeline": soon})), [R::TimelineSoon], "{soon}");
    }
    for later in [
        json!("3-6 months"),
        json!("3+ months"),
        json!("more than 2 months"),
        json!("not now"),
        json!("next year"),
        json!("99999999999 days"),
        json!(4),
    ] {
        assert_eq!(rules_for(json!({"timeline": later})), [R::TimelineKnown], "{later}");
    }
    assert_eq!(rules_for(json!({"timeline": "unknown"})), []);
}

#[test]
fn an_approval_is_a_yes() {
    for yes in [json!(true), json!("Yes"), json!("true")] {
        assert_eq!(rules_for(json!({"pre_approved": yes})), [R::PreApproved], "{yes}");
    }
    for no in [json!(false), json!("no"), json!("not yet"), json!(1)] {
        assert_eq!(rules_for(json!({"preApproved": no})), [], "{no}");
    }
}

#[test]
fn an_answer_beats_a_preference_unless_it_is_null() {
    let preferring = || {
        vec![Created { preferences: Some(object(json!({"preApproved": true}))), ..news_of_stranger() }.into()]
    };
    assert_eq!(judged(preferring(), answered(json!({"pre_approved": false}))).score.points(), 0);
    assert_eq!(judged(preferring(), answered(json!({"preApproved": null}))).score.points(), 20);
}

#[test]
fn answers_count_until_other_answers_come() {
    let first = judged(vec![created()], answered(json!({"budget": 1})));
    let met = vec![created(), first.into(), appointment_set(HOUR, LeadStatus::New)];
    let second = judged(met.clone(), by_rule());
    assert_eq!((second.score.points(), second.answers), (35, None));
    assert_eq!(judged(met, answered(json!({"location": "Mission"}))).score.points(), 20);
}

#[test]
fn a_score_given_beats_the_rules() {
    let judged = judged(vec![well_known().into()], scored(5));
    assert_eq!(judged.reasons, [ScoreReason { rule: R::Given, points: 5 }]);
}

fn any_answer() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9+ \\-_é]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

proptest! {
    #[test]
    fn whatever_is_answered_the_points_add_up_to_the_score(
        answers in prop::collection::hash_map(
            prop::sample::select(vec!["budget", "timeline", "preApproved", "areas", "propertyType"]),
            any_answer(),
            0..5,
        ),
    ) {
        let judged = judged(vec![well_known().into()], answered(json!(answers)));
        let points: u32 = judged.reasons.iter().map(|reason| u32::from(reason.points)).sum();
        prop_assert_eq!(points, u32::from(judged.score.points()));
        prop_assert_eq!(judged.band, Band::of(judged.score));
    }
}
