// SPDX-License-Identifier: GPL-2.0-or-later
//! The keys of the tables while a census counts: small values of a fixed size, made from a flow without allocating. They
//! become [`Key`]s when it has ended.

#![forbid(unsafe_code)]

use super::key::{By, Key};
use crate::flow::tuple::{L4Kind, Tuple, l4_kind};
use crate::wire::consts::{AF_INET, AF_INET6};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a table groups by.
pub(super) trait Group: Copy + Eq + Hash {
    /// The same, as the report names it.
    fn key(self, by: By) -> Key;
}

/// An address: 16 bytes, of which IPv4 uses the last four, and the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Address {
    high: u64,
    low: u64,
    family: u8,
}

/// The bits of an address that name its network, for either family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    ipv4: u64,
    ipv6: [u64; 2],
}

impl Lengths {
    pub fn new(ipv4: u8, ipv6: u8) -> Lengths {
        let all = u128::MAX.checked_shl(128 - u32::from(ipv6.min(128))).unwrap_or_default();
        Lengths {
            ipv4: u64::from(u32::MAX.checked_shl(32 - u32::from(ipv4.min(32))).unwrap_or_default()),
            ipv6: [(all >> 64) as u64, all as u64],
        }
    }
}

impl Address {
    #[inline(always)]
    fn new(family: u8, bytes: [u8; 16]) -> Option<Address> {
        let number = u128::from_be_bytes(bytes);
        match family {
            AF_INET => Some(Address { high: 0, low: (number >> 96) as u64, family }),
            AF_INET6 => Some(Address { high: (number >> 64) as u64, low: number as u64, family }),
            _ => None,
        }
    }

    #[inline(always)]
    pub fn source(tuple: Tuple<'_>) -> Option<Address> {
        Address::new(tuple.l3(), tuple.src_bytes())
    }

    #[inline(always)]
    pub fn destination(tuple: Tuple<'_>) -> Option<Address> {
        Address::new(tuple.l3(), tuple.dst_bytes())
    }

    /// Whether it is 127.0.0.0/8 or ::1.
    #[inline(always)]
    pub fn is_loopback(self) -> bool {
        match self.family {
            AF_INET => self.low >> 24 == 127,
            _ => (self.high, self.low) == (0, 1),
        }
    }

    /// The address of its network.
    #[inline(always)]
    pub fn network(self, lengths: Lengths) -> Address {
        let Lengths { ipv4, ipv6: [high, low] } = lengths;
        match self.family {
            AF_INET => Address { low: self.low & ipv4, ..self },
            _ => Address { high: self.high & high, low: self.low & low, ..self },
        }
    }

    fn ip(self) -> IpAddr {
        match self.family {
            AF_INET => Ipv4Addr::from(self.low as u32).into(),
            _ => Ipv6Addr::from(self.number()).into(),
        }
    }

    #[inline(always)]
    fn number(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

/// Equal numbers of two families have the same hash; a table still keeps the two addresses apart.
impl Hash for Address {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.number());
    }
}

impl Group for Address {
    fn key(self, by: By) -> Key {
        let length = |ipv4: u8, ipv6: u8| if self.family == AF_INET { ipv4.min(32) } else { ipv6.min(128) };
        match by {
            By::SourcePrefix { ipv4, ipv6 } => Key::SourcePrefix(self.ip(), length(ipv4, ipv6)),
            By::DestinationPrefix { ipv4, ipv6 } => Key::DestinationPrefix(self.ip(), length(ipv4, ipv6)),
            By::Destination => Key::Destination(self.ip()),
            By::NatSource => Key::NatSource(self.ip()),
            _ => Key::Source(self.ip()),
        }
    }
}

/// A protocol and a port. Of ICMP the port is the type; GRE and protocols without ports have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Service {
    pub protocol: u8,
    has_port: bool,
    port: u16,
}

impl Service {
    /// The one that a tuple leads to.
    #[inline(always)]
    pub fn of_destination(tuple: Tuple<'_>) -> Service {
        let protocol = tuple.l4();
        let [kind, _] = tuple.icmp();
        match l4_kind(protocol) {
            L4Kind::Ports => Service { protocol, has_port: true, port: tuple.l4_dst() },
            L4Kind::Icmp => Service { protocol, has_port: true, port: kind.into() },
            L4Kind::Keys | L4Kind::None => Service { protocol, has_port: false, port: 0 },
        }
    }

    /// The one that a tuple of the reply direction comes from.
    #[inline(always)]
    fn of_reply(tuple: Tuple<'_>) -> Service {
        let (protocol, port) = (tuple.l4(), tuple.l4_src());
        let has_port = l4_kind(protocol) == L4Kind::Ports;
        Service { protocol, has_port, port: if has_port { port } else { 0 } }
    }

    #[inline(always)]
    pub fn port(self) -> Option<u16> {
        self.has_port.then_some(self.port)
    }

    #[inline(always)]
    fn number(self) -> u64 {
        u64::from(self.port) << 16 | u64::from(self.has_port) << 8 | u64::from(self.protocol)
    }
}

impl Hash for Service {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.number());
    }
}

impl Group for Service {
    fn key(self, _: By) -> Key {
        Key::Service { protocol: self.protocol, port: self.port() }
    }
}

/// An address and a service there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    high: u64,
    low: u64,
    family: u8,
    service: Service,
}

impl Server {
    #[inline(always)]
    pub fn new(address: Address, service: Service) -> Server {
        let Address { high, low, family } = address;
        Server { high, low, family, service }
    }

    #[inline(always)]
    fn address(self) -> Address {
        Address { high: self.high, low: self.low, family: self.family }
    }
}

impl Hash for Server {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
        self.service.hash(state);
    }
}

impl Group for Server {
    fn key(self, _: By) -> Key {
        let Service { protocol, .. } = self.service;
        Key::Server { destination: self.address().ip(), protocol, port: self.service.port() }
    }
}

/// What shares one pool of source ports: a translated source address and the server towards which it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pool {
    server: Server,
    high: u64,
    low: u64,
}

impl Pool {
    /// The pool of a flow whose source is translated, by its reply tuple, and the port that the flow takes from it: of
    /// ICMP the id.
    #[inline(always)]
    pub fn of_reply(reply: Tuple<'_>) -> Option<(Pool, Option<u16>)> {
        let (nat, server) = (Address::destination(reply)?, Address::source(reply)?);
        let port = match l4_kind(reply.l4()) {
            L4Kind::Ports | L4Kind::Keys => Some(reply.l4_dst()),
            L4Kind::Icmp => Some(reply.l4_src()),
            L4Kind::None => None,
        };
        let server = Server::new(server, Service::of_reply(reply));
        Some((Pool { server, high: nat.high, low: nat.low }, port))
    }

    fn nat_source(self) -> Address {
        Address { high: self.high, low: self.low, family: self.server.family }
    }
}

impl Hash for Pool {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nat_source().hash(state);
        self.server.hash(state);
    }
}

impl Group for Pool {
    fn key(self, _: By) -> Key {
        let Server { service, .. } = self.server;
        Key::NatPool {
            protocol: service.protocol,
            nat_source: self.nat_source().ip(),
            destination: self.server.address().ip(),
            port: service.port(),
        }
    }
}

/// The bits of a mark that a mask selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark(pub u32);

impl Group for Mark {
    fn key(self, _: By) -> Key {
        Key::Mark(self.0)
    }
}

/// A helper's name, filled up with NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Helper(u128);

impl Helper {
    pub fn new(name: &[u8]) -> Helper {
        Helper(name.iter().take(16).fold(0, |text, &byte| text << 8 | u128::from(byte)))
    }
}

impl Hash for Helper {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0);
    }
}

impl Group for Helper {
    fn key(self, _: By) -> Key {
        let bytes = self.0.to_be_bytes();
        let text = bytes.split(|&byte| byte == 0).next_back().unwrap_or_default();
        Key::Helper(String::from_utf8_lossy(text).into_owned())
    }
}
