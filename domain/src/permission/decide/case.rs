//! A question and what of the facts bears on it, narrowed down once for all rules.

use chrono_tz::Tz;

use super::special::Passes;
use crate::consent::ConsentLevel;
use crate::permission::facts::{Content, Facts, Grant};
use crate::permission::pack::{Applied, Book, ConsentNeed, EvidencePart, Need, PackName, PackSet};
use crate::permission::places::{Country, Located, State, StateSet};
use crate::values::{Channel, Purpose, Technology};

pub(super) struct Case<'a> {
    pub(super) facts: &'a Facts,
    pub(super) packs: &'a PackSet,
    pub(super) book: &'a Book,
    pub(super) means: Option<Technology>,
    /// As decided on: content that sells makes any contact marketing.
    pub(super) purpose: Option<Purpose>,
    pub(super) located: Located,
    /// American rules apply.
    pub(super) american: bool,
    /// European rules apply.
    pub(super) european: bool,
    /// Every state the person may be in, by address or by presumption.
    pub(super) states: StateSet,
    pub(super) passes: Passes,
    pub(super) need: Needed<'a>,
    /// Each list of grants is part of the one before, so that a yes rests on a single grant that meets every demand.
    pub(super) covering: Vec<&'a Grant>,
    pub(super) sufficient: Vec<&'a Grant>,
    pub(super) scoped: Vec<&'a Grant>,
    pub(super) provable: Vec<&'a Grant>,
}

/// The consent needed, and the rows that ask for it.
pub(super) struct Needed<'a> {
    pub(super) level: Option<ConsentLevel>,
    pub(super) rows: Vec<&'a Applied<ConsentNeed>>,
}

impl<'a> Case<'a> {
    pub(super) fn new(packs: &'a PackSet, facts: &'a Facts) -> Self {
        let book = packs.book(facts.at);
        let located = facts.places.locate(book.presuming);
        let country = located.candidates.country;
        let european = country.is_none_or(|country| packs.is_european(country));
        let american = country.is_none_or(|country| country == Country::US) || located.presumed.is_some();
        let presumed = located.presumed.as_ref().map_or(StateSet::EMPTY, |presumed| presumed.states);
        let mut case = Self {
            facts,
            packs,
            book,
            means: facts.means(),
            purpose: purpose(facts),
            states: if american { located.candidates.states.union(presumed) } else { StateSet::EMPTY },
            located,
            american,
            european,
            passes: Passes::default(),
            need: Needed { level: None, rows: vec![] },
            covering: vec![],
            sufficient: vec![],
            scoped: vec![],
            provable: vec![],
        };
        case.passes = Passes::of(&case);
        case.need = case.needed();
        case.narrow();
        case
    }

    fn narrow(&mut self) {
        let grants = self.facts.ledger.iter().flat_map(|ledger| &ledger.grants);
        self.covering = grants.filter(|grant| self.covers(grant)).collect();
        let level = self.need.level;
        self.sufficient = keep(&self.covering, |grant| level.is_none_or(|level| grant.level >= level));
        self.scoped = keep(&self.sufficient, |grant| self.in_scope(grant));
        self.provable = keep(&self.scoped, |grant| self.lacks(grant).next().is_none());
    }

    /// Whether a grant is about this kind of contact. A confirmation of a withdrawal is about whatever was withdrawn.
    fn covers(&self, grant: &Grant) -> bool {
        let purposed =
            self.passes.confirmation || self.purpose.is_some_and(|purpose| grant.purposes.contains(&purpose));
        let by_these_means = grant.technologies.is_empty()
            || self.means.is_none_or(|technology| grant.technologies.contains(&technology));
        self.facts.counts(&grant.source)
            && grant.channels.contains(&self.facts.channel)
            && purposed
            && by_these_means
    }

    /// Whether a grant names the seller and is in force.
    pub(super) fn in_scope(&self, grant: &Grant) -> bool {
        let at = self.facts.at;
        grant.sellers.contains(&self.facts.seller)
            && grant.given_at <= at
            && grant.expires_at.is_none_or(|end| at < end)
    }

    /// What a grant lacks to be provable.
    pub(super) fn lacks(&self, grant: &Grant) -> impl Iterator<Item = EvidencePart> {
        let rules = self.book.evidence.iter().filter(|applied| applied.rule.level == grant.level);
        rules.flat_map(|applied| applied.rule.parts.iter().copied()).filter(move |part| match part {
            EvidencePart::Disclosure => !grant.has_disclosure,
            EvidencePart::Signature => !grant.has_signature,
            EvidencePart::Sellers => grant.sellers.is_empty(),
        })
    }

    /// The strongest consent any rule asks for. Where none speaks of such a contact, written consent.
    fn needed(&self) -> Needed<'a> {
        if self.passes.confirmation {
            return Needed { level: Some(ConsentLevel::Pec), rows: vec![] };
        }
        let book = self.book;
        let rows: Vec<_> = book.consent.iter().filter(|applied| self.asks(applied)).collect();
        let opt_in = self.european && self.is_opt_in_marketing();
        let strongest = rows.iter().map(|applied| applied.rule.level).max();
        let strongest = if opt_in { strongest.max(Some(Need::OptIn)) } else { strongest };
        Needed { level: strongest.unwrap_or(Need::Pewc).level(), rows }
    }

    fn asks(&self, applied: &Applied<ConsentNeed>) -> bool {
        let rule = &applied.rule;
        let holds = if applied.pack == PackName::Eu { self.european } else { self.american };
        holds
            && rule.state.is_none_or(|state| self.states.contains(state))
            && rule.channels.contains(&self.facts.channel)
            && self.purpose.is_some_and(|purpose| rule.purposes.contains(&purpose))
            && matches_means(&rule.technologies, self.means)
    }

    /// Whether European rules ask for an opt-in.
    pub(super) fn is_opt_in_marketing(&self) -> bool {
        let rules = self.book.opt_in.iter();
        rules
            .clone()
            .any(|applied| self.purpose.is_none_or(|purpose| applied.rule.purposes.contains(&purpose)))
    }

    /// Whether it sells something; what nobody classified is taken to.
    pub(super) fn solicits(&self) -> bool {
        matches!(self.purpose, None | Some(Purpose::Marketing))
    }

    /// Whether a phone is called or texted where American rules apply.
    pub(super) fn american_phone(&self) -> bool {
        self.american && self.facts.channel != Channel::Email
    }

    /// A phone rule about solicitation applies.
    pub(super) fn american_solicitation(&self) -> bool {
        self.american_phone() && self.solicits()
    }

    pub(super) fn has_purpose(&self, purposes: &[Purpose]) -> bool {
        self.purpose.is_none_or(|purpose| purposes.contains(&purpose))
    }

    /// Every zone the person may be in by the best evidence; those of the number where that is abroad.
    pub(super) fn zones(&self) -> &[Tz] {
        match &self.located.presumed {
            Some(presumed) if self.located.candidates.zones.is_empty() => &presumed.zones,
            _ => &self.located.candidates.zones,
        }
    }

    /// The zones in which the rules of a state are looked at: those of the candidates that lie in it. Where none does,
    /// state and zones contradict each other, and all of both count.
    pub(super) fn zones_of(&self, state: State) -> Vec<Tz> {
        let mut zones = vec![];
        if self.located.candidates.states.contains(state) {
            zones = within(state, self.zones());
        }
        if let Some(presumed) =
            self.located.presumed.as_ref().filter(|presumed| presumed.states.contains(state))
        {
            zones.extend(within(state, &presumed.zones));
        }
        zones
    }

    /// Written consent that stands behind a listing being lifted.
    pub(super) fn written(&self) -> impl Iterator<Item = &&'a Grant> {
        self.provable.iter().filter(|grant| grant.level == ConsentLevel::Pewc)
    }
}

fn within(state: State, zones: &[Tz]) -> Vec<Tz> {
    let inside: Vec<Tz> = zones.iter().copied().filter(|zone| state.zones().contains(zone)).collect();
    if inside.is_empty() { [zones, state.zones()].concat() } else { inside }
}

pub(super) fn matches_means(technologies: &[Technology], means: Option<Technology>) -> bool {
    technologies.is_empty() || means.is_some_and(|means| technologies.contains(&means))
}

fn purpose(facts: &Facts) -> Option<Purpose> {
    if facts.content == Some(Content::Marketing) { Some(Purpose::Marketing) } else { facts.purpose }
}

fn keep<'a>(grants: &[&'a Grant], wanted: impl Fn(&Grant) -> bool) -> Vec<&'a Grant> {
    grants.iter().copied().filter(|grant| wanted(grant)).collect()
}
