//! Every command of the API, in one table: the demo must send each at least once, and a test counts.

use reqwest::Method;

/// What a command changes, and so what it answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noun {
    Call,
    Lead,
    Consent,
    Escalation,
}

/// How a command is sent, and what it causes.
pub struct Endpoint {
    pub noun: Noun,
    pub method: Method,
    /// Below `/api/v1`; names in braces are filled in by the player.
    pub path: &'static str,
    /// The event it causes, where it always causes the same single one.
    pub event: &'static str,
}

macro_rules! endpoints {
    ($($noun:ident { $($kind:ident $method:ident $path:literal => $event:literal,)+ })+) => {
        /// A command a client can send.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $($($kind,)+)+
        }

        impl Kind {
            /// All of them.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$($(Self::$kind,)+)+];

            /// Its line of the table.
            #[must_use]
            pub fn endpoint(self) -> Endpoint {
                match self {
                    $($(Self::$kind => Endpoint {
                        noun: Noun::$noun,
                        method: Method::$method,
                        path: $path,
                        event: $event,
                    },)+)+
                }
            }
        }
    };
}

endpoints! {
    Call {
        StartCall POST "/calls" => "call.started",
        ConnectCall POST "/calls/{call}/connect" => "call.connected",
        AddTranscript POST "/calls/{call}/transcript" => "call.transcript_added",
        SetPhase PUT "/calls/{call}/phase" => "call.phase_changed",
        RecordIntake PUT "/calls/{call}/intake" => "call.intake_recorded",
        RecordQuality POST "/calls/{call}/quality" => "call.quality_recorded",
        LinkLead POST "/calls/{call}/link-lead" => "call.lead_linked",
        EndCall POST "/calls/{call}/end" => "call.ended",
        CancelCall DELETE "/calls/{call}" => "call.cancelled",
    }
    Lead {
        CreateLead POST "/leads" => "lead.created",
        UpdateLead PUT "/leads/{lead}" => "lead.updated",
        ArchiveLead DELETE "/leads/{lead}" => "lead.archived",
        QualifyLead POST "/leads/{lead}/qualify" => "lead.qualified",
        AssignLead POST "/leads/{lead}/assign" => "lead.assigned",
        ContactLead POST "/leads/{lead}/contact" => "lead.contacted",
        SetAppointment POST "/leads/{lead}/appointment" => "lead.appointment_set",
        ConvertLead POST "/leads/{lead}/convert" => "lead.converted",
        LoseLead POST "/leads/{lead}/lose" => "lead.lost",
        AddNote POST "/leads/{lead}/notes" => "lead.note_added",
        ScheduleFollowUp POST "/leads/{lead}/follow-ups" => "lead.follow_up_scheduled",
        ChangeLeads POST "/leads/bulk" => "",
    }
    Consent {
        GrantConsent POST "/consents" => "consent.granted",
        RevokeConsent POST "/consents/revoke" => "consent.revoked",
        CheckPermission POST "/consents/check" => "consent.checked",
        RedeemPermit POST "/consents/permits/{permit}/redeem" => "consent.permit_redeemed",
        ListNumber PUT "/dnc/{phone}" => "consent.dnc_listed",
        DelistNumber DELETE "/dnc/{phone}" => "consent.dnc_delisted",
        ImportNumbers POST "/dnc/import" => "",
    }
    Escalation {
        RaiseEscalation POST "/escalations" => "escalation.raised",
        AcknowledgeEscalation POST "/escalations/{escalation}/acknowledge" => "escalation.acknowledged",
        AssignEscalation POST "/escalations/{escalation}/assign" => "escalation.assigned",
        ConnectEscalation POST "/escalations/{escalation}/connect" => "escalation.connected",
        ResolveEscalation POST "/escalations/{escalation}/resolve" => "escalation.resolved",
        CancelEscalation POST "/escalations/{escalation}/cancel" => "escalation.cancelled",
    }
}

impl Kind {
    /// The status of its success.
    #[must_use]
    pub fn success(self) -> u16 {
        match self {
            Self::StartCall | Self::CreateLead | Self::GrantConsent | Self::RaiseEscalation => 201,
            Self::ChangeLeads => 207,
            _ => 200,
        }
    }
}
