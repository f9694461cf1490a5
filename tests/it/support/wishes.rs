//! Wishes and commands by name, valid unless their name says otherwise.

use seiketsu::command::Wish;
use seiketsu::event_store::Key;
use seiketsu::{clock, ids};
use seiketsu_domain::escalation::{EscalationCommand, Raise, Trigger};
use seiketsu_domain::ids::{CallId, EscalationId, LeadId, TenantId, UserId};
use seiketsu_domain::lead::{CreateLead, LeadCommand};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An organization nobody else knows.
pub fn tenant() -> TenantId {
    ids::new()
}

/// A wish of somebody of the organization, without key or condition.
pub fn of(tenant: TenantId) -> Wish {
    Wish {
        tenant,
        actor: ids::new(),
        at: clock::now(),
        correlation_id: ids::new(),
        traceparent: None,
        key: None,
        expected_version: None,
    }
}

/// The same wish under an idempotency key, for a request of this body.
pub fn keyed(wish: Wish, key: &str, body: &str) -> Wish {
    let request_hash = Sha256::digest(body).into();
    Wish { key: Some(Key { key: key.to_owned(), request_hash }), ..wish }
}

/// Calls for a human, for a call of its own.
pub fn raise_escalation(tenant: TenantId, id: Uuid) -> EscalationCommand {
    EscalationCommand::Raise(Raise {
        escalation_id: EscalationId(id),
        organization_id: tenant,
        call_id: ids::new::<CallId>(),
        trigger: Trigger::ExplicitRequest,
        priority: None,
        reason: "asked for a human".parse().unwrap(),
        at: clock::now(),
    })
}

/// Confirms that somebody has seen the escalation.
pub fn acknowledge() -> EscalationCommand {
    EscalationCommand::Acknowledge { by: ids::new(), at: clock::now() }
}

/// Gives the escalation to somebody else than before: one event each time.
pub fn reassign() -> EscalationCommand {
    EscalationCommand::Assign { to: ids::new::<UserId>(), at: clock::now() }
}

/// Begins with a lead who left a number.
pub fn create_lead(tenant: TenantId, id: Uuid) -> LeadCommand {
    LeadCommand::Create(CreateLead {
        lead_id: LeadId(id),
        organization_id: tenant,
        first_name: Some("Ada".parse().unwrap()),
        last_name: Some("Lovelace".parse().unwrap()),
        email: None,
        phone: "+14155552671".parse().unwrap(),
        source: "website".parse().unwrap(),
        preferences: None,
        tags: Vec::new(),
        at: clock::now(),
    })
}

/// Writes a note down: one event each time.
pub fn note(text: &str) -> LeadCommand {
    LeadCommand::AddNote { text: text.parse().unwrap(), by: ids::new(), at: clock::now() }
}
