//! The kinds of rules a row can be.

use serde::{Deserialize, Serialize};

use super::{
    Abandonment, ConsentNeed, Duty, EvidenceNeed, Frequency, HealthcareExemption, Holiday, Hours, Lag,
    NationalListTerms, OfState, OptIn, PackName, ReassignedTerms, RecordingParties, Registration, Registry,
    Relationship, ResidentialExemption, RevocationTerms, RevokeAll, StateList, Validity, Words,
};
use crate::permission::places::State;

/// What a row says; the key in the file is the variant in snake case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    Hours(Hours),
    Holiday(Holiday),
    Consent(ConsentNeed),
    Evidence(EvidenceNeed),
    Revocation(RevocationTerms),
    RevokeAll(RevokeAll),
    Relationship(Relationship),
    Registry(Registry),
    Reassigned(ReassignedTerms),
    Lag(Lag),
    Frequency(Frequency),
    Abandonment(Abandonment),
    HealthcareExemption(HealthcareExemption),
    ResidentialExemption(ResidentialExemption),
    Validity(Validity),
    StateList(StateList),
    NationalList(NationalListTerms),
    Registration(Registration),
    AreaCodePresumption(OfState),
    EmergencyBan(OfState),
    Recording(RecordingParties),
    OptIn(OptIn),
    Duty(Duty),
    Words(Words),
}

impl Says {
    /// The packs that may say it.
    pub(super) fn belongs_to(&self) -> &'static [PackName] {
        use PackName::{Ctia, Eu, Recording, UsCore, UsStates};
        match self {
            Self::Hours(hours) if hours.state.is_some() => &[UsStates],
            Self::Frequency(frequency) if frequency.state.is_some() => &[UsStates],
            Self::NationalList(terms) if terms.state.is_some() => &[UsStates],
            Self::Consent(need) if need.state.is_some() => &[UsStates],
            Self::Consent(_) => &[UsCore, Eu],
            Self::Duty(_) => &[UsCore, UsStates, Ctia, Eu],
            Self::Holiday(_) => &[UsCore, UsStates],
            Self::Registration(_) => &[UsStates, Ctia],
            Self::StateList(_) | Self::AreaCodePresumption(_) | Self::EmergencyBan(_) => &[UsStates],
            Self::Recording(_) => &[Recording],
            Self::OptIn(_) => &[Eu],
            Self::Words(_) => &[Ctia],
            _ => &[UsCore],
        }
    }

    /// What it decides, where on any day only one row may: two that did would contradict each other.
    pub(super) fn subject(&self) -> Option<String> {
        let of = |name: &str, state: Option<State>| {
            Some(state.map_or_else(|| name.to_owned(), |state| format!("{name} {state}")))
        };
        match self {
            Self::Hours(hours) => of("hours", hours.state),
            Self::Holiday(holiday) => Some(format!("holiday {}", holiday.name)),
            Self::Evidence(need) => Some(format!("evidence {:?}", need.level)),
            Self::Revocation(_) => of("revocation", None),
            Self::RevokeAll(_) => of("revoke_all", None),
            Self::Relationship(_) => of("relationship", None),
            Self::Registry(_) => of("registry", None),
            Self::Reassigned(_) => of("reassigned", None),
            Self::Lag(_) => of("lag", None),
            Self::Frequency(frequency) => of("frequency", frequency.state),
            Self::Abandonment(_) => of("abandonment", None),
            Self::HealthcareExemption(_) => of("healthcare_exemption", None),
            Self::ResidentialExemption(_) => of("residential_exemption", None),
            Self::Validity(_) => of("validity", None),
            Self::StateList(list) => of("state_list", Some(list.state)),
            Self::NationalList(terms) => of("national_list", terms.state),
            Self::Recording(recording) => of("recording", recording.state),
            Self::OptIn(_) => of("opt_in", None),
            Self::Consent(_)
            | Self::Registration(_)
            | Self::AreaCodePresumption(_)
            | Self::EmergencyBan(_)
            | Self::Duty(_)
            | Self::Words(_) => None,
        }
    }
}
