// SPDX-License-Identifier: GPL-2.0-or-later
//! The state of a connection of TCP, SCTP or DCCP, by name.
//!
//! Source: `enum tcp_conntrack` of `linux/netfilter/nf_conntrack_tcp.h`, `enum sctp_conntrack` of
//! `nf_conntrack_sctp.h`, and `enum ct_dccp_states` of the kernel's DCCP tracker.

#![forbid(unsafe_code)]

use super::{Attr, Flow};
use crate::format::tables;
use std::fmt;

/// The state of a connection; its text is the name that listings print.
///
/// ```
/// use netfilter_conntrack::{Flow, State, TcpState};
/// let mut flow = Flow::new();
/// flow.set_state(State::Tcp(TcpState::Established));
/// assert_eq!(flow.state().map(|state| state.to_string()).as_deref(), Some("ESTABLISHED"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Of TCP.
    Tcp(TcpState),
    /// Of SCTP.
    Sctp(SctpState),
    /// Of DCCP.
    Dccp(DccpState),
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident, $names:path: $($number:literal $state:ident $what:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $what] $state,)*
            /// A number that has no name here.
            Other(u8),
        }

        impl $name {
            /// The state with this number.
            #[must_use]
            pub const fn from_number(number: u8) -> $name {
                match number {
                    $($number => $name::$state,)*
                    other => $name::Other(other),
                }
            }

            /// The kernel's number of the state.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $($name::$state => $number,)*
                    $name::Other(number) => number,
                }
            }

            /// The state with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$name> {
                let number = $names.iter().position(|known| *known == name)?;
                u8::try_from(number).ok().map($name::from_number)
            }

            /// The name that listings print; `NONE` for a number that has no name.
            #[must_use]
            pub fn name(self) -> &'static str {
                tables::state_name($names, self.number())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

states! {
    /// The state of a TCP connection.
    TcpState, tables::TCP_STATES:
    0 None "No packet has set a state.",
    1 SynSent "The client has sent SYN.",
    2 SynRecv "The server has answered with SYN and ACK.",
    3 Established "The connection is open.",
    4 FinWait "One side has sent FIN.",
    5 CloseWait "The FIN has been acknowledged.",
    6 LastAck "The other side has sent FIN, too.",
    7 TimeWait "Both have been acknowledged.",
    8 Close "The connection was reset.",
    9 SynSent2 "Both sides have sent SYN.",
}

states! {
    /// The state of an SCTP association.
    SctpState, tables::SCTP_STATES:
    0 None "No packet has set a state.",
    1 Closed "The association is closed.",
    2 CookieWait "INIT was seen.",
    3 CookieEchoed "COOKIE ECHO was seen.",
    4 Established "The association is open.",
    5 ShutdownSent "The client has sent SHUTDOWN.",
    6 ShutdownReceived "The server has sent SHUTDOWN.",
    7 ShutdownAckSent "SHUTDOWN ACK was seen.",
    8 HeartbeatSent "A heartbeat was seen on a new path.",
    9 HeartbeatAcked "The heartbeat was acknowledged (older kernels).",
}

states! {
    /// The state of a DCCP connection.
    DccpState, tables::DCCP_STATES:
    0 None "No packet has set a state.",
    1 Request "The client has sent a request.",
    2 Respond "The server has answered.",
    3 PartOpen "The client has acknowledged the answer.",
    4 Open "The connection is open.",
    5 CloseReq "The server has asked for the end.",
    6 Closing "A side has closed.",
    7 TimeWait "The connection was reset.",
    8 Ignore "The packet is ignored.",
    9 Invalid "The packet is invalid.",
}

impl State {
    /// The kernel's number of the state.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            State::Tcp(state) => state.number(),
            State::Sctp(state) => state.number(),
            State::Dccp(state) => state.number(),
        }
    }

    /// The name that listings print; `NONE` for a number that has no name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Tcp(state) => state.name(),
            State::Sctp(state) => state.name(),
            State::Dccp(state) => state.name(),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Flow {
    /// The state, where the flow's protocol has one.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        let tcp = |number| State::Tcp(TcpState::from_number(number));
        let sctp = |number| State::Sctp(SctpState::from_number(number));
        let dccp = |number| State::Dccp(DccpState::from_number(number));
        let tcp = self.u8(Attr::TcpState).map(tcp);
        tcp.or_else(|| self.u8(Attr::SctpState).map(sctp)).or_else(|| self.u8(Attr::DccpState).map(dccp))
    }

    /// Sets [`state`](Self::state).
    pub fn set_state(&mut self, state: State) {
        match state {
            State::Tcp(state) => self.set_tcp_state(state.number()),
            State::Sctp(state) => self.set_sctp_state(state.number()),
            State::Dccp(state) => self.set_dccp_state(state.number()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_state_and_every_name_leads_back() {
        for number in 0..=255 {
            let states = [
                State::Tcp(TcpState::from_number(number)),
                State::Sctp(SctpState::from_number(number)),
                State::Dccp(DccpState::from_number(number)),
            ];
            for state in states {
                let mut flow = Flow::new();
                flow.set_state(state);
                assert_eq!((flow.state(), state.number()), (Some(state), number));
            }
        }
        for (number, name) in (0..).zip(tables::TCP_STATES) {
            assert_eq!(TcpState::from_name(name).map(TcpState::number), Some(number));
        }
        assert_eq!(TcpState::from_name("NO_SUCH_STATE"), None);
        assert_eq!(State::Sctp(SctpState::ShutdownReceived).to_string(), "SHUTDOWN_RECD");
        assert_eq!(format!("{:>6}|", DccpState::Open), "  OPEN|");
        assert_eq!(TcpState::Other(200).name(), "NONE");
        assert_eq!(Flow::new().state(), None);
    }
}
