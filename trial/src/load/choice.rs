use std::sync::Arc;

use rand::Rng;
use rand::distributions::{Distribution as _, WeightedIndex};
use reqwest::Method;
use seiketsu_domain::ids::{ConsentId, TenantId};
use seiketsu_domain::values::Contact;
use serde_json::{Value, json};
use uuid::Uuid;

use super::exchange::Request;
use super::world::{Known, Noun, Stage, World};
use super::{LoadConfig, Shares};
use crate::history::{Kind, Token, Way};

/// Chooses what one client does next.
pub struct Chooser {
    tenant: u16,
    kinds: Vec<Kind>,
    weights: Option<WeightedIndex<u32>>,
    shares: Shares,
}

/// Contact points per tenant: few, so that their ledgers grow.
const PHONES: u32 = 8;

impl Chooser {
    pub fn new(config: &LoadConfig, tenant: u16) -> Self {
        let (kinds, weights): (Vec<Kind>, Vec<u32>) = config.weights.iter().copied().unzip();
        Self { tenant, kinds, weights: WeightedIndex::new(weights).ok(), shares: config.shares.clone() }
    }

    /// The next request. Where what was chosen needs something that is not there, that is made first.
    pub fn next(&self, world: &World, rng: &mut impl Rng) -> Request {
        let chosen = self.weights.as_ref().and_then(|weights| self.kinds.get(weights.sample(rng)));
        let kind = chosen.copied().unwrap_or(Kind::CreateLead);
        self.request(kind, world, rng).unwrap_or_else(|| self.beginning(kind, world, rng))
    }

    /// Begins what `kind` could have gone on with.
    fn beginning(&self, kind: Kind, world: &World, rng: &mut impl Rng) -> Request {
        use Kind as K;
        match kind {
            K::ConnectCall | K::AddTranscript | K::EndCall | K::GetCall | K::Raise => {
                self.start_call(world, rng)
            }
            K::Resolve | K::GetEscalation => {
                self.request(K::Raise, world, rng).unwrap_or_else(|| self.start_call(world, rng))
            }
            _ => self.create_lead(world),
        }
    }

    fn request(&self, kind: Kind, world: &World, rng: &mut impl Rng) -> Option<Request> {
        use Kind as K;
        use Noun as N;
        use Stage as S;
        let any = |noun, stages: &[Stage], rng: &mut _| world.any(self.tenant, noun, stages, rng);
        Some(match kind {
            K::CreateLead => self.create_lead(world),
            K::AddNote => self.add_note(world, &self.some_lead(world, rng)?),
            K::UpdateLead => self.update_lead(world, &self.some_lead(world, rng)?),
            K::StartCall => self.start_call(world, rng),
            K::ConnectCall => self.connect(world, &any(N::Call, &[S::Begun], rng)?),
            K::AddTranscript => {
                self.add_transcript(world, &any(N::Call, &[S::Connected, S::Escalated], rng)?)
            }
            K::EndCall => self.end(world, &any(N::Call, &[S::Begun, S::Connected, S::Escalated], rng)?),
            K::Raise => self.raise(world, &any(N::Call, &[S::Begun, S::Connected], rng)?),
            K::Resolve => self.resolve(world, &any(N::Escalation, &[S::Begun], rng)?),
            K::Grant => self.grant(world, rng),
            K::Revoke => self.revoke(world, rng),
            K::GetLead => self.get(kind, "/leads", &self.some_lead(world, rng)?, rng),
            K::GetCall => self.get(kind, "/calls", &any(N::Call, &[], rng)?, rng),
            K::GetEscalation => self.get(kind, "/escalations", &any(N::Escalation, &[], rng)?, rng),
            K::ListLeads => self.read(kind, "/leads?limit=20".to_owned()),
            K::LeadTimeline => {
                let lead = self.some_lead(world, rng)?;
                self.read(kind, format!("/leads/{}/timeline", lead.id))
            }
            K::Dashboard => self.read(kind, "/analytics/dashboard".to_owned()),
            K::PollFeed => self.read(kind, "/events?limit=200".to_owned()),
            K::TrespassRead => self.trespass_read(world, rng)?,
            K::TrespassCommand => self.trespass_command(world, rng)?,
        })
    }

    fn some_lead(&self, world: &World, rng: &mut impl Rng) -> Option<Known> {
        if rng.gen_ratio(self.shares.hot.min(1000), 1000) {
            return world.hot_lead(self.tenant);
        }
        world.any(self.tenant, Noun::Lead, &[], rng)
    }

    fn create_lead(&self, world: &World) -> Request {
        self.command(
            world,
            Kind::CreateLead,
            Method::POST,
            "/leads".to_owned(),
            |token| json!({ "phone": "+14155552671", "source": token }),
        )
    }

    fn add_note(&self, world: &World, lead: &Known) -> Request {
        self.on(world, Kind::AddNote, lead, "/leads", "/notes", |token| json!({ "text": token }))
    }

    /// On condition that nobody else has changed it.
    fn update_lead(&self, world: &World, lead: &Known) -> Request {
        let path = format!("/leads/{}", lead.id);
        let request =
            self.command(world, Kind::UpdateLead, Method::PUT, path, |token| json!({ "source": token }));
        Request { aggregate: Some(lead.id), expected_version: Some(lead.version), ..request }
    }

    fn start_call(&self, world: &World, rng: &mut impl Rng) -> Request {
        let phone = phone(rng.gen_range(0..PHONES));
        self.command(
            world,
            Kind::StartCall,
            Method::POST,
            "/calls".to_owned(),
            |token| json!({ "phoneNumber": phone, "direction": "inbound", "agentId": token }),
        )
    }

    fn connect(&self, world: &World, call: &Known) -> Request {
        let request = self.on(world, Kind::ConnectCall, call, "/calls", "/connect", |_| json!({}));
        // Its event has no room for a token of its own.
        Request { token: None, ..request }
    }

    fn add_transcript(&self, world: &World, call: &Known) -> Request {
        self.on(world, Kind::AddTranscript, call, "/calls", "/transcript", |token| {
            json!({ "segments": [{ "speaker": "caller", "text": token, "startMs": 0, "endMs": 900 }] })
        })
    }

    fn end(&self, world: &World, call: &Known) -> Request {
        let outcome = if call.stage == Stage::Begun { "no_answer" } else { "completed" };
        self.on(
            world,
            Kind::EndCall,
            call,
            "/calls",
            "/end",
            |token| json!({ "outcome": outcome, "summary": token }),
        )
    }

    /// Writes to the call as well: both or neither.
    fn raise(&self, world: &World, call: &Known) -> Request {
        self.command(
            world,
            Kind::Raise,
            Method::POST,
            "/escalations".to_owned(),
            |token| json!({ "callId": call.id, "trigger": "explicit_request", "reason": token }),
        )
    }

    fn resolve(&self, world: &World, escalation: &Known) -> Request {
        self.on(
            world,
            Kind::Resolve,
            escalation,
            "/escalations",
            "/resolve",
            |token| json!({ "resolution": token }),
        )
    }

    fn grant(&self, world: &World, rng: &mut impl Rng) -> Request {
        let phone = phone(rng.gen_range(0..PHONES));
        let ledger = ledger(world, self.tenant, &phone);
        let request = self.command(world, Kind::Grant, Method::POST, "/consents".to_owned(), |token| {
            json!({
                "contact": { "phone": phone }, "channels": ["voice"], "purposes": ["marketing"], "level": "pec",
                "method": "voice", "evidence": { "disclosureId": token, "capturedAt": "2026-01-01T00:00:00Z" },
            })
        });
        Request { aggregate: ledger, ..request }
    }

    fn revoke(&self, world: &World, rng: &mut impl Rng) -> Request {
        let phone = phone(rng.gen_range(0..PHONES));
        let ledger = ledger(world, self.tenant, &phone);
        let request = self.command(
            world,
            Kind::Revoke,
            Method::POST,
            "/consents/revoke".to_owned(),
            |token| json!({ "contact": { "phone": phone }, "method": "voice", "verbatim": token }),
        );
        Request { aggregate: ledger, ..request }
    }

    fn get(&self, kind: Kind, collection: &str, known: &Known, rng: &mut impl Rng) -> Request {
        let request = self.read(kind, format!("{collection}/{}", known.id));
        let request = Request { aggregate: Some(known.id), ..request };
        if rng.gen_ratio(self.shares.after.min(1000), 1000) {
            let after = Some((Arc::clone(&known.consistency), known.version));
            return Request { way: Way::After, after, ..request };
        }
        request
    }

    fn trespass_read(&self, world: &World, rng: &mut impl Rng) -> Option<Request> {
        let (collection, known) = foreign(world, self.tenant, rng)?;
        let below = if rng.gen_bool(0.5) { "" } else { "/timeline" };
        let below = if collection == "/escalations" { "" } else { below };
        let request = self.read(Kind::TrespassRead, format!("{collection}/{}{below}", known.id));
        Some(Request { aggregate: Some(known.id), ..request })
    }

    fn trespass_command(&self, world: &World, rng: &mut impl Rng) -> Option<Request> {
        let stranger = world.stranger(self.tenant, rng);
        let lead = world.any(stranger, Noun::Lead, &[], rng)?;
        let request = match rng.gen_range(0..3) {
            0 => self.add_note(world, &lead),
            1 => self.update_lead(world, &lead),
            _ => self.command(world, Kind::TrespassCommand, Method::POST, "/calls".to_owned(), |token| {
                json!({ "phoneNumber": phone(0), "direction": "inbound", "agentId": token, "leadId": lead.id })
            }),
        };
        Some(Request { f: Kind::TrespassCommand, aggregate: Some(lead.id), ..request })
    }

    /// A command on something that exists.
    fn on(
        &self,
        world: &World,
        kind: Kind,
        known: &Known,
        collection: &str,
        below: &str,
        body: impl FnOnce(String) -> Value,
    ) -> Request {
        let path = format!("{collection}/{}{below}", known.id);
        Request { aggregate: Some(known.id), ..self.command(world, kind, Method::POST, path, body) }
    }

    fn command(
        &self,
        world: &World,
        f: Kind,
        method: Method,
        path: String,
        body: impl FnOnce(String) -> Value,
    ) -> Request {
        let token: Token = world.token(self.tenant);
        Request {
            tenant: self.tenant,
            f,
            way: Way::Plain,
            method,
            path,
            body: Some(body(token.to_string()).to_string()),
            aggregate: None,
            key: Some(token),
            token: Some(token),
            expected_version: None,
            after: None,
            polled_after: None,
        }
    }

    /// A question.
    pub fn read(&self, f: Kind, path: String) -> Request {
        Request {
            tenant: self.tenant,
            f,
            way: Way::Plain,
            method: Method::GET,
            path,
            body: None,
            aggregate: None,
            key: None,
            token: None,
            expected_version: None,
            after: None,
            polled_after: None,
        }
    }
}

fn foreign(world: &World, tenant: u16, rng: &mut impl Rng) -> Option<(&'static str, Known)> {
    let stranger = world.stranger(tenant, rng);
    let (collection, noun) = match rng.gen_range(0..4) {
        0 | 1 => ("/leads", Noun::Lead),
        2 => ("/calls", Noun::Call),
        _ => ("/escalations", Noun::Escalation),
    };
    Some((collection, world.any(stranger, noun, &[], rng)?))
}

fn phone(number: u32) -> String {
    format!("+1415555{:04}", 2600 + number)
}

/// The stream of a contact point follows from it.
fn ledger(world: &World, tenant: u16, phone: &str) -> Option<Uuid> {
    let organization = *world.organizations().get(usize::from(tenant))?;
    let contact: Contact = serde_json::from_value(json!({ "phone": phone })).ok()?;
    Some(ConsentId::of(TenantId(organization), &contact).0)
}
