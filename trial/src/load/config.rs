use std::path::PathBuf;
use std::time::Duration;

use crate::history::Kind;

/// What the clients are to do, where, and how often.
#[derive(Debug, Clone)]
pub struct LoadConfig {
    /// Servers, such as `http://127.0.0.1:8080`; each request goes to one of them by chance.
    pub urls: Vec<String>,
    /// One account per tenant, at least two.
    pub logins: Vec<Login>,
    /// Repeats the choices of all clients.
    pub seed: u64,
    /// How many clients work at once; they are dealt out to the tenants in turn.
    pub clients: u32,
    /// How many leads, calls and escalations of a tenant the clients keep working on.
    pub streams: usize,
    /// How often what is done, relative to each other. A kind that is not named does not happen.
    pub weights: Vec<(Kind, u32)>,
    pub shares: Shares,
    /// How long a client rests between two operations.
    pub rest: Duration,
    /// How long it waits for an answer.
    pub patience: Duration,
    /// The file to write the history to; must not exist.
    pub history: PathBuf,
}

/// An account of one organization.
#[derive(Clone)]
pub struct Login {
    /// Its domain.
    pub organization: String,
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.email, self.organization)
    }
}

/// Out of a thousand.
#[derive(Debug, Clone)]
pub struct Shares {
    /// Of commands on leads, how many go to the hot one.
    pub hot: u32,
    /// Of commands, how many come again under the same key after their answer.
    pub duplicate: u32,
    /// Of commands, how many are sent twice at the same moment.
    pub twin: u32,
    /// Of commands, how many are followed by another body under the same key.
    pub other_body: u32,
    /// Of commands, how many are cut off by their client.
    pub disconnect: u32,
    /// Of reads of a resource, how many bring the token of a write along.
    pub after: u32,
    /// Of commands nobody answered, how many are tried again at once instead of at the end.
    pub retry: u32,
}

impl Default for Shares {
    fn default() -> Self {
        Self { hot: 300, duplicate: 50, twin: 20, other_body: 20, disconnect: 20, after: 600, retry: 500 }
    }
}

impl LoadConfig {
    /// A mixed load: every kind and every way occurs within some thousand operations.
    #[must_use]
    pub fn mixed(urls: Vec<String>, logins: Vec<Login>, seed: u64, history: PathBuf) -> Self {
        Self {
            urls,
            logins,
            seed,
            clients: 16,
            streams: 40,
            weights: mixed(),
            shares: Shares::default(),
            rest: Duration::ZERO,
            patience: Duration::from_secs(10),
            history,
        }
    }
}

fn mixed() -> Vec<(Kind, u32)> {
    vec![
        (Kind::CreateLead, 12),
        (Kind::AddNote, 16),
        (Kind::UpdateLead, 10),
        (Kind::StartCall, 6),
        (Kind::ConnectCall, 6),
        (Kind::AddTranscript, 8),
        (Kind::EndCall, 4),
        (Kind::Raise, 3),
        (Kind::Resolve, 3),
        (Kind::Grant, 4),
        (Kind::Revoke, 3),
        (Kind::GetLead, 12),
        (Kind::GetCall, 4),
        (Kind::GetEscalation, 2),
        (Kind::ListLeads, 2),
        (Kind::LeadTimeline, 2),
        (Kind::Dashboard, 1),
        (Kind::PollFeed, 4),
        (Kind::TrespassRead, 2),
        (Kind::TrespassCommand, 2),
    ]
}
