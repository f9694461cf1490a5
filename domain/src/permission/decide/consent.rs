//! Group D: consent.

use super::case::Case;
use crate::consent::ConsentLevel;
use crate::permission::facts::{FactId, Grant};
use crate::permission::finding::Finding;
use crate::permission::pack::EvidencePart;
use crate::permission::rule::Rule;
use crate::values::Technology;

pub(super) fn findings(case: &Case<'_>) -> [Finding; 5] {
    let nothing_needed = case.need.level.is_none();
    let elsewhere = !case.american && case.is_opt_in_marketing();
    if elsewhere {
        return [
            Finding::not_applicable(Rule::ConsentMissing, "European marketing: see the opt-in"),
            Finding::not_applicable(Rule::ConsentLevel, "European marketing: see the opt-in"),
            Finding::not_applicable(Rule::ConsentScope, "European marketing: see the opt-in"),
            Finding::not_applicable(Rule::EvidenceIncomplete, "European marketing: see the opt-in"),
            opt_in(case),
        ];
    }
    if nothing_needed {
        return [
            Finding::allow(Rule::ConsentMissing, "no consent is needed")
                .about(&FactId::Request)
                .by_rows(rows(case)),
            Finding::not_applicable(Rule::ConsentLevel, "no consent is needed"),
            Finding::not_applicable(Rule::ConsentScope, "no consent is needed"),
            Finding::not_applicable(Rule::EvidenceIncomplete, "no consent is needed"),
            opt_in(case),
        ];
    }
    let past = case.passes.consent();
    [
        missing(case).unless(past),
        level(case).unless(past),
        scope(case).unless(past),
        evidence(case).unless(past),
        opt_in(case).unless(case.passes.emergency || case.passes.inbound()),
    ]
}

fn rows<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a std::sync::Arc<str>> {
    case.need.rows.iter().map(|applied| &applied.row)
}

fn facts<'a>(grants: &'a [&Grant]) -> impl Iterator<Item = &'a FactId> {
    grants.iter().map(|grant| &grant.source.fact)
}

fn missing(case: &Case<'_>) -> Finding {
    let rule = Rule::ConsentMissing;
    if case.facts.ledger.is_none() {
        return Finding::deny(rule, "the ledger is unknown");
    }
    if case.covering.is_empty() {
        let needed = case.need.level.map_or("none", words);
        let detail =
            format!("no consent covers channel, purpose and technology; {needed} is needed{}", unmet(case));
        return Finding::deny(rule, detail).by_rows(rows(case));
    }
    Finding::allow(rule, "consent covers channel, purpose and technology")
        .about_all(facts(&case.covering))
        .by_rows(rows(case))
}

/// Why an exemption that was within reach does not help.
fn unmet(case: &Case<'_>) -> String {
    let told = super::special::findings(case);
    let exemptions = told.iter().filter(|finding| finding.detail.starts_with("not met: "));
    exemptions.map(|finding| format!(" ({} {})", finding.rule.code(), finding.detail)).collect()
}

fn level(case: &Case<'_>) -> Finding {
    let rule = Rule::ConsentLevel;
    let have = case.covering.iter().map(|grant| grant.level).max();
    let (Some(need), Some(have)) = (case.need.level, have) else {
        return Finding::not_applicable(rule, "there is no level to compare");
    };
    if have >= need {
        let detail = match need {
            ConsentLevel::Pec => "prior express consent is needed and was given",
            ConsentLevel::OptIn => "an opt-in is needed and was given",
            ConsentLevel::Pewc => "prior express written consent is needed and was given",
        };
        return Finding::allow(rule, detail).about_all(facts(&case.sufficient)).by_rows(rows(case));
    }
    let artificial = matches!(case.means, Some(Technology::AiVoice | Technology::Prerecorded));
    let oral = if need == ConsentLevel::Pewc && artificial {
        "; that oral consent may do (Bradford, 5th Cir.) is not relied on"
    } else {
        ""
    };
    let detail = format!("{} is needed, {} was given{oral}", words(need), words(have));
    Finding::deny(rule, detail).about_all(facts(&case.covering)).by_rows(rows(case))
}

fn scope(case: &Case<'_>) -> Finding {
    let rule = Rule::ConsentScope;
    if case.sufficient.is_empty() {
        return Finding::not_applicable(rule, "there is no consent to look into");
    }
    if case.scoped.is_empty() {
        let named = case.sufficient.iter().any(|grant| grant.sellers.contains(&case.facts.seller));
        let detail = if named {
            "consent of the level needed has ended or not begun by then"
        } else {
            "consent of the level needed does not name the seller"
        };
        return Finding::deny(rule, detail).about_all(facts(&case.sufficient));
    }
    Finding::allow(rule, "consent names the seller and is in force").about_all(facts(&case.scoped))
}

fn evidence(case: &Case<'_>) -> Finding {
    let rule = Rule::EvidenceIncomplete;
    let rows = case.book.evidence.iter().map(|applied| &applied.row);
    let Some(best) = case.scoped.iter().max_by_key(|grant| grant.level) else {
        return Finding::not_applicable(rule, "there is no consent to look into");
    };
    if case.provable.is_empty() {
        let lacking: Vec<_> = case.lacks(best).map(part).collect();
        return Finding::deny(rule, format!("the evidence lacks {}", lacking.join(" and ")))
            .about_all(facts(&case.scoped))
            .by_rows(rows);
    }
    Finding::allow(rule, "the evidence is complete").about_all(facts(&case.provable)).by_rows(rows)
}

fn part(part: EvidencePart) -> &'static str {
    match part {
        EvidencePart::Disclosure => "the disclosure as shown",
        EvidencePart::Signature => "a signature",
        EvidencePart::Sellers => "the sellers named",
    }
}

fn opt_in(case: &Case<'_>) -> Finding {
    let rule = Rule::EuOptIn;
    if !case.european || !case.is_opt_in_marketing() {
        return Finding::not_applicable(rule, "no European marketing");
    }
    let finding = match case.provable.iter().find(|grant| grant.level >= ConsentLevel::OptIn) {
        Some(grant) => Finding::allow(rule, "an opt-in was given").about(&grant.source.fact),
        None => match soft_opt_in(case) {
            Some(fact) => Finding::allow(rule, "an existing customer may be written to").about(fact),
            None => Finding::deny(rule, "no opt-in was given"),
        },
    };
    finding.by_rows(case.book.opt_in.iter().map(|applied| &applied.row))
}

/// The purchase that allows to write to an existing customer.
fn soft_opt_in<'a>(case: &Case<'a>) -> Option<&'a FactId> {
    let soft = case.book.opt_in.iter().all(|applied| applied.rule.soft.contains(&case.facts.channel));
    let (source, at) = case.facts.business.purchase.as_ref()?;
    (soft && case.facts.counts(source) && *at <= case.facts.at).then_some(&source.fact)
}

fn words(level: ConsentLevel) -> &'static str {
    match level {
        ConsentLevel::Pec => "prior express consent (PEC)",
        ConsentLevel::OptIn => "an opt-in",
        ConsentLevel::Pewc => "prior express written consent (PEWC)",
    }
}
