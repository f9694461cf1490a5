use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them; a trial whose load lacks one has failed.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it stands in the history.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

names! {
    /// What an operation does: `f` in the history.
    Kind {
        /// `POST /leads`.
        CreateLead = "create_lead",
        /// `POST /leads/{id}/notes`.
        AddNote = "add_note",
        /// `PUT /leads/{id}` on condition of the version last seen.
        UpdateLead = "update_lead",
        /// `POST /calls`.
        StartCall = "start_call",
        /// `POST /calls/{id}/connect`.
        ConnectCall = "connect_call",
        /// `POST /calls/{id}/transcript`.
        AddTranscript = "add_transcript",
        /// `POST /calls/{id}/end`.
        EndCall = "end_call",
        /// `POST /escalations`: one command, two streams.
        Raise = "raise_escalation",
        /// `POST /escalations/{id}/resolve`.
        Resolve = "resolve_escalation",
        /// `POST /consents`: one stream per phone number.
        Grant = "grant_consent",
        /// `POST /consents/revoke`.
        Revoke = "revoke_consent",
        /// `GET /leads/{id}`.
        GetLead = "get_lead",
        /// `GET /calls/{id}`.
        GetCall = "get_call",
        /// `GET /escalations/{id}`.
        GetEscalation = "get_escalation",
        /// `GET /leads`.
        ListLeads = "list_leads",
        /// `GET /leads/{id}/timeline`.
        LeadTimeline = "lead_timeline",
        /// `GET /analytics/dashboard`.
        Dashboard = "dashboard",
        /// `GET /events` from where this client's last poll ended.
        PollFeed = "poll_feed",
        /// A read of what another tenant owns.
        TrespassRead = "trespass_read",
        /// A command on what another tenant owns.
        TrespassCommand = "trespass_command",
    }
}

names! {
    /// How a request is sent.
    Way {
        /// Once, and the answer is awaited.
        Plain = "plain",
        /// Again under the same key, after the first was answered.
        Duplicate = "duplicate",
        /// Twice at the same moment under the same key.
        Twin = "twin",
        /// Under a key that stands for another body.
        OtherBody = "other_body",
        /// The client goes away in the middle.
        Disconnect = "disconnect",
        /// With the consistency token of a write, the client's own or another's: the answer must show it.
        After = "after",
        /// Again under the same key, because nobody told how the first ended.
        Retry = "retry",
    }
}

impl Kind {
    /// Whether it asks for something to happen within the client's own tenant.
    #[must_use]
    pub fn is_command(self) -> bool {
        use Kind as K;
        matches!(
            self,
            K::CreateLead
                | K::AddNote
                | K::UpdateLead
                | K::StartCall
                | K::ConnectCall
                | K::AddTranscript
                | K::EndCall
                | K::Raise
                | K::Resolve
                | K::Grant
                | K::Revoke
        )
    }

    /// Whether it may be acknowledged without an event, because what it asks for is so already.
    #[must_use]
    pub fn may_be_so_already(self) -> bool {
        matches!(self, Self::ConnectCall | Self::EndCall | Self::Revoke)
    }

    /// Whether it reaches for what another tenant owns.
    #[must_use]
    pub fn is_trespass(self) -> bool {
        matches!(self, Self::TrespassRead | Self::TrespassCommand)
    }
}
