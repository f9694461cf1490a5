use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{End, Kind, Token, Way};

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// The first line.
    Begin(Begin),
    Invoke(Invocation),
    Ok(Completion),
    Fail(Completion),
    Info(Completion),
}

impl Line {
    /// The line that ends an operation so.
    #[must_use]
    pub fn end(end: End, completion: Completion) -> Self {
        match end {
            End::Ok => Self::Ok(completion),
            End::Fail => Self::Fail(completion),
            End::Info => Self::Info(completion),
        }
    }
}

/// What all lines refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begin {
    /// Repeats the choice of operations.
    pub seed: u64,
    /// The organizations; elsewhere a tenant is its number in this list.
    pub tenants: Vec<Uuid>,
}

/// An operation is about to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// Counts up over all clients.
    pub op: u64,
    /// Its operations follow each other, apart from those of [`Way::Twin`].
    pub client: u32,
    pub tenant: u16,
    pub f: Kind,
    pub way: Way,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Uuid>,
    /// The idempotency key: the token of the first request under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Token>,
    /// What the event it causes will carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The version the command insists on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u32>,
    /// The version the answer must show at least, because the token of that write goes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Nanoseconds since the trial began.
    pub time: u64,
}

/// An operation has ended for its client.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    pub op: u64,
    /// Nanoseconds since the trial began.
    pub time: u64,
    /// 0 where there was no answer.
    #[serde(default)]
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Uuid>,
    /// From `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// How fresh a read says it is; of a poll of the feed, the position of its last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub replayed: bool,
    /// The answer says that it is older than asked for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stale: bool,
    /// Hash of the body: of replies that must be the same, or of all ids of a poll of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<u64>,
    /// Of a command: the answer shows its own token.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shown: bool,
    /// Tokens in the body of a read, each once.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub seen: Box<[Token]>,
    /// Organizations named in the body, each once.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub organizations: Box<[Uuid]>,
    /// Of a poll of the feed: how many events, and the position it continued after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled: Option<Box<Polled>>,
    /// The problem's code, or what became of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Box<str>>,
    /// The request's id in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Uuid>,
}

impl Completion {
    /// Whether a refusal says for certain that nothing stands under the request's key, now and later.
    #[must_use]
    pub fn refuses_for_good(&self) -> bool {
        let about_the_moment = self.code.as_deref() == Some("idempotency_key_in_flight");
        (400..500).contains(&self.status) && !matches!(self.status, 401 | 429) && !about_the_moment
    }
}

/// A poll of the feed that brought events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Polled {
    /// The position of the last event this client was given before; 0 at the beginning.
    pub after: i64,
    pub events: u32,
    /// Whether positions grew from event to event.
    pub ordered: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde hands over")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::Completion;

    #[test]
    fn only_a_refusal_of_the_request_itself_is_for_good() {
        let refuses = |status, code: Option<&str>| {
            Completion { status, code: code.map(Into::into), ..Completion::default() }.refuses_for_good()
        };
        assert!([400, 404, 409, 412, 422].iter().all(|status| refuses(*status, None)));
        assert!(!refuses(409, Some("idempotency_key_in_flight")));
        assert!(![0, 200, 401, 429, 500, 503].iter().any(|status| refuses(*status, None)));
    }
}
