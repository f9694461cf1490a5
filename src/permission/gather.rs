use std::sync::Arc;

use seiketsu_domain::compliance::{Profile, Terms};
use seiketsu_domain::ids::TenantId;
use seiketsu_domain::permission::facts::{
    Business, Campaign, Content, Context, Emergency, FactId, Facts, Inbound, InboundKind, Settings, Source,
    Standing,
};
use seiketsu_domain::permission::places::{Evidence, State, by_number};
use seiketsu_domain::values::{Channel, Contact, Name, Purpose, Reason, Technology, Timestamp, Token};

use crate::app::App;
use crate::command::{CommandError, Reliance};
use crate::event_store::Loaded;
use crate::lists::{self, Answers};

/// A question, as asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub contact: Contact,
    /// Where absent, the first of the profile.
    pub seller: Option<Name>,
    pub channel: Channel,
    pub purpose: Purpose,
    pub technology: Option<Technology>,
    pub content: Option<Content>,
    pub subject: Option<Token>,
    pub topic: Option<Token>,
    /// The time of the contact.
    pub at: Timestamp,
    /// What was recorded later does not count.
    pub known_at: Timestamp,
    pub caller_state: Option<State>,
    pub recording: Option<bool>,
    pub free_to_end_user: Option<bool>,
    /// Somebody's word that it is an emergency.
    pub emergency: Option<Reason>,
    pub inbound: Option<(InboundKind, Timestamp)>,
    /// Calls of the campaign a person answered, and those of them that found nobody; `None` where it is part of none.
    pub campaign: Option<(u64, u64)>,
    pub campaign_paused: bool,
}

impl Asked {
    /// A question of which no more than this is known.
    #[must_use]
    pub fn plain(contact: Contact, channel: Channel, purpose: Purpose, at: Timestamp) -> Self {
        Self {
            contact,
            seller: None,
            channel,
            purpose,
            technology: None,
            content: None,
            subject: None,
            topic: None,
            at,
            known_at: at,
            caller_state: None,
            recording: None,
            free_to_end_user: None,
            emergency: None,
            inbound: None,
            campaign: None,
            campaign_paused: false,
        }
    }
}

/// All that is known outside of the ledger.
pub struct Gathered {
    pub facts: Facts,
    pub profile: Arc<Profile>,
    /// What the facts rest on.
    pub relies_on: Reliance,
}

/// Gathers what is known about a contact outside of its ledger: one look into the lists, beside the profile.
///
/// # Errors
/// The database cannot be reached.
pub async fn gather(app: &App, tenant: TenantId, asked: &Asked) -> Result<Gathered, CommandError> {
    let loaded = app.commands.current::<Profile>(tenant, tenant.0).await?;
    let answers = look_up(app, tenant, asked).await?;
    Ok(with(tenant, asked, &loaded, answers))
}

fn with(tenant: TenantId, asked: &Asked, loaded: &Loaded<Profile>, answers: Answers) -> Gathered {
    let facts = outside_of(tenant, asked, &loaded.state, answers);
    let relies_on = Reliance::on(tenant.0, loaded);
    Gathered { facts, profile: Arc::clone(&loaded.state), relies_on }
}

/// What the lists say about the contact, as far as it was recorded by the time the question is asked for.
pub(super) async fn look_up(app: &App, tenant: TenantId, asked: &Asked) -> Result<Answers, CommandError> {
    let Contact::Phone(phone) = &asked.contact else { return Ok(Answers::default()) };
    let unavailable = |error: sqlx::Error| CommandError::Store(error.into());
    let mut read = app.pools.read_as(tenant).await.map_err(unavailable)?;
    let answers = lists::look_up(&mut read, tenant, phone, asked.known_at).await.map_err(unavailable)?;
    read.commit().await.map_err(unavailable)?;
    Ok(answers)
}

/// The facts that follow from question, profile and lists.
#[must_use]
pub fn outside_of(tenant: TenantId, asked: &Asked, profile: &Profile, answers: Answers) -> Facts {
    let terms = profile.terms.as_ref();
    let stated = Source { fact: FactId::Request, organization: tenant, recorded_at: asked.known_at };
    let seller = asked.seller.as_ref().or(profile.seller(None).map(|seller| &seller.name));
    let (answered, abandoned) = asked.campaign.unwrap_or_default();
    let number = match &asked.contact {
        Contact::Phone(phone) => Some(by_number(phone)),
        Contact::Email(_) => None,
    };
    Facts {
        organization: tenant,
        seller: seller.map(Name::to_string).unwrap_or_default(),
        contact: Some(asked.contact.clone()),
        channel: asked.channel,
        technology: asked.technology,
        purpose: Some(asked.purpose),
        content: asked.content,
        subject: asked.subject.as_ref().map(Token::to_string),
        topic: asked.topic.as_ref().map(Token::to_string),
        at: asked.at,
        known_at: asked.known_at,
        context: context(asked, &stated),
        line: answers.line,
        places: Evidence { number, ..Evidence::default() },
        standing: terms.map(|terms| standing(asked, profile, terms)).unwrap_or_default(),
        // Ledger and profile are read from the store itself.
        lag_seconds: Some(0),
        registry: answers.registry,
        ledger: None,
        internal_dnc: None,
        suppressions: None,
        reassigned: answers.reassigned,
        national_list: answers.national,
        state_lists: answers.states,
        business: Business::default(),
        attempts: None,
        campaign: Some(Campaign { source: stated, answered, abandoned }),
        emergencies: terms.and_then(|terms| Some(terms.emergencies.as_ref()?.iter().copied().collect())),
        abilities: terms.map(|terms| terms.abilities.clone()).unwrap_or_default(),
        settings: terms.map(settings).unwrap_or_default(),
        positions: vec![],
    }
}

fn context(asked: &Asked, stated: &Source) -> Context {
    Context {
        emergency: asked
            .emergency
            .as_ref()
            .map(|reason| Emergency { source: stated.clone(), reason: reason.to_string() }),
        confirmation: None,
        inbound: asked.inbound.clone().map(|(kind, at)| Inbound { source: stated.clone(), at, kind }),
        free_to_end_user: asked.free_to_end_user,
        recording: asked.recording,
        caller_state: asked.caller_state,
    }
}

fn standing(asked: &Asked, profile: &Profile, terms: &Terms) -> Standing {
    let seller = profile.seller(asked.seller.as_ref().map(Name::as_str));
    let registrations = seller.map(|seller| seller.registrations.iter().map(Token::to_string).collect());
    Standing {
        stopped: Some(profile.stopped.is_some()),
        campaign_paused: Some(asked.campaign_paused),
        seller_verified: Some(seller.is_some_and(|seller| seller.verified)),
        registrations: registrations.unwrap_or_default(),
        health_agreement: Some(terms.health_agreement),
        approved: Some(profile.packs.iter().map(|pack| pack.sha256.to_string()).collect()),
        presumed_seller: profile.seller(None).map(|seller| seller.name.to_string()),
    }
}

fn settings(terms: &Terms) -> Settings {
    Settings {
        revoke_all: terms.policy.revoke_all,
        attempts: terms.policy.attempts,
        healthcare_exemption: terms.policy.healthcare_exemption,
    }
}
