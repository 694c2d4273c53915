// SPDX-License-Identifier: GPL-2.0-or-later
//! By what the entries of a table are grouped ([`By`]), and one such group ([`Key`]).

#![forbid(unsafe_code)]

use std::net::IpAddr;

/// What entries are grouped by. The names of the command line and of the JSON are those of [`By::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum By {
    /// The source address of the original direction.
    Source,
    /// Its network: the first so many bits of an IPv4 and of an IPv6 address.
    SourcePrefix {
        /// Bits of an IPv4 address, at most 32.
        ipv4: u8,
        /// Bits of an IPv6 address, at most 128.
        ipv6: u8,
    },
    /// The destination address of the original direction.
    Destination,
    /// Its network.
    DestinationPrefix {
        /// Bits of an IPv4 address, at most 32.
        ipv4: u8,
        /// Bits of an IPv6 address, at most 128.
        ipv6: u8,
    },
    /// Layer 4 protocol and destination port.
    Service,
    /// Destination address, protocol and port.
    Server,
    /// Layer 4 protocol.
    Protocol,
    /// Protocol and state.
    State,
    /// Answered or not, assured or not.
    Status,
    /// Zone of the entry (both directions, or the original one).
    Zone,
    /// The bits of the mark that this mask selects.
    Mark {
        /// The mask; `u32::MAX` selects the whole mark.
        mask: u32,
    },
    /// Each label bit that is set. An entry is counted for each of its labels.
    Label,
    /// The helper's name.
    Helper,
    /// The address to which source NAT translates.
    NatSource,
    /// That address with the server that it is used towards: what shares one pool of ports.
    NatPool,
}

/// One group of entries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// See [`By::Source`].
    Source(IpAddr),
    /// The network's address and its length in bits.
    SourcePrefix(IpAddr, u8),
    /// See [`By::Destination`].
    Destination(IpAddr),
    /// The network's address and its length in bits.
    DestinationPrefix(IpAddr, u8),
    /// The port is absent for protocols without ports; for ICMP and ICMPv6 `port` is the type.
    Service {
        /// IANA protocol number.
        protocol: u8,
        /// Destination port, in host byte order.
        port: Option<u16>,
    },
    /// See [`By::Server`].
    Server {
        /// Destination address.
        destination: IpAddr,
        /// IANA protocol number.
        protocol: u8,
        /// Destination port, in host byte order.
        port: Option<u16>,
    },
    /// IANA protocol number.
    Protocol(u8),
    /// Protocol number, and the name of the state for protocols that have states.
    State(u8, Option<&'static str>),
    /// `unanswered`, `answered` or `assured`.
    Status(&'static str),
    /// Zone.
    Zone(u16),
    /// Mark, after the mask.
    Mark(u32),
    /// Label bit.
    Label(u8),
    /// Helper's name.
    Helper(String),
    /// Translated source address.
    NatSource(IpAddr),
    /// What shares one pool of source ports.
    NatPool {
        /// IANA protocol number.
        protocol: u8,
        /// Translated source address.
        nat_source: IpAddr,
        /// The server's address.
        destination: IpAddr,
        /// The server's port, in host byte order.
        port: Option<u16>,
    },
}

impl By {
    /// The source's network as the rules use it: /24 and /64.
    pub const SOURCE_NETWORK: By = By::SourcePrefix { ipv4: 24, ipv6: 64 };

    /// Its name on the command line and in JSON, without parameters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            By::Source => "source",
            By::SourcePrefix { .. } => "source-prefix",
            By::Destination => "destination",
            By::DestinationPrefix { .. } => "destination-prefix",
            By::Service => "service",
            By::Server => "server",
            By::Protocol => "protocol",
            By::State => "state",
            By::Status => "status",
            By::Zone => "zone",
            By::Mark { .. } => "mark",
            By::Label => "label",
            By::Helper => "helper",
            By::NatSource => "nat-source",
            By::NatPool => "nat-pool",
        }
    }
}
