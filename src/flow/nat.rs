// SPDX-License-Identifier: GPL-2.0-or-later
//! Address translation as a value: the translated source and destination of a connection.

#![forbid(unsafe_code)]

use super::option::NatPart as Part;
use super::{Attr, Dir, Flow};
use std::net::IpAddr;

/// The translations of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Nat {
    /// The address and port that the server sees instead of the client's.
    pub source: Option<Translation>,
    /// The address and port to which the connection leads instead of those that the client requested.
    pub destination: Option<Translation>,
}

/// The translated address and port; `None` for one that does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Translation {
    /// The address.
    pub address: Option<IpAddr>,
    /// The port, for GRE the key.
    pub port: Option<u16>,
}

impl Translation {
    /// A translation to this address; the port does not change.
    #[must_use]
    pub const fn to(address: IpAddr) -> Translation {
        Translation { address: Some(address), port: None }
    }

    /// A translation to this address and this port.
    #[must_use]
    pub const fn to_port(address: IpAddr, port: u16) -> Translation {
        Translation { address: Some(address), port: Some(port) }
    }

    fn found(address: Option<IpAddr>, port: Option<u16>) -> Option<Translation> {
        (address.is_some() || port.is_some()).then_some(Translation { address, port })
    }
}

impl Flow {
    /// The translations of the connection: the differences between its reply tuple and the inverse of its original one.
    ///
    /// ```
    /// use netfilter_conntrack::{Dir, Flow, L4, Translation};
    /// let [client, server, router] = ["10.0.0.1", "192.0.2.2", "192.0.2.1"].map(|text| text.parse().unwrap());
    /// let mut flow = Flow::new();
    /// flow.set_tuple(Dir::Orig, client, server, L4::Udp { sport: 40000, dport: 53 });
    /// flow.set_tuple(Dir::Reply, server, router, L4::Udp { sport: 53, dport: 40000 });
    /// assert_eq!(flow.nat().source, Some(Translation::to(router)));
    /// assert_eq!(flow.nat().destination, None);
    /// ```
    #[must_use]
    pub fn nat(&self) -> Nat {
        let reply = self.tuple(Dir::Reply);
        let address = |part, address: Option<IpAddr>| address.filter(|_| self.has_nat(part));
        let port = |part, port: u16| self.has_nat(part).then_some(port);
        Nat {
            source: Translation::found(
                address(Part::SourceAddress, reply.dst()),
                port(Part::SourcePort, reply.l4_dst()),
            ),
            destination: Translation::found(
                address(Part::DestinationAddress, reply.src()),
                port(Part::DestinationPort, reply.l4_src()),
            ),
        }
    }

    /// Requests a translation of the source when the flow is created. The kernel sets it up for a new entry only.
    #[doc(alias = "ATTR_SNAT_IPV4")]
    pub fn set_source_nat(&mut self, to: Translation) {
        self.set_translation(to, [Attr::SnatIpv4, Attr::SnatIpv6, Attr::SnatPort]);
    }

    /// Requests a translation of the destination when the flow is created.
    #[doc(alias = "ATTR_DNAT_IPV4")]
    pub fn set_destination_nat(&mut self, to: Translation) {
        self.set_translation(to, [Attr::DnatIpv4, Attr::DnatIpv6, Attr::DnatPort]);
    }

    fn set_translation(&mut self, to: Translation, [ipv4, ipv6, port]: [Attr; 3]) {
        match to.address {
            Some(IpAddr::V4(address)) => self.set_bytes(ipv4, &address.octets()),
            Some(IpAddr::V6(address)) => self.set_bytes(ipv6, &address.octets()),
            None => {}
        }
        if let Some(number) = to.port {
            self.set_bytes(port, &number.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;
    use crate::wire::consts::{IPS_DST_NAT_DONE, IPS_SRC_NAT_DONE};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn flow([src, dst, reply_src, reply_dst]: [&str; 4], ports: [u16; 4]) -> Flow {
        let mut flow = Flow::new();
        let udp = |sport, dport| L4::Udp { sport, dport };
        flow.set_tuple(Dir::Orig, address(src), address(dst), udp(ports[0], ports[1]));
        flow.set_tuple(Dir::Reply, address(reply_src), address(reply_dst), udp(ports[2], ports[3]));
        flow
    }

    #[test]
    fn each_part_of_a_translation_is_told_apart() {
        let plain = flow(["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1"], [1, 2, 2, 1]);
        assert_eq!(plain.nat(), Nat::default());
        let mut both = flow(["fd00::1", "fd00::2", "fd00::8", "fd00::9"], [1, 2, 8, 9]);
        let source = Some(Translation::to_port(address("fd00::9"), 9));
        let destination = Some(Translation::to_port(address("fd00::8"), 8));
        assert_eq!(both.nat(), Nat { source, destination });
        both.set_status(IPS_SRC_NAT_DONE);
        assert_eq!(both.nat(), Nat { source, destination: None });
        both.set_status(IPS_DST_NAT_DONE);
        assert_eq!(both.nat(), Nat { source: None, destination });
        let port = flow(["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1"], [1, 2, 2, 9]);
        assert_eq!(port.nat().source, Some(Translation { address: None, port: Some(9) }));
        assert_eq!(Flow::new().nat(), Nat::default());
    }

    #[test]
    fn a_translation_is_asked_for_in_the_attributes_of_its_family() {
        let mut flow = Flow::new();
        flow.set_source_nat(Translation::to_port(address("192.0.2.1"), 258));
        flow.set_destination_nat(Translation::to(address("fd00::1")));
        assert_eq!(flow.u32(Attr::SnatIpv4).map(u32::to_ne_bytes), Some([192, 0, 2, 1]));
        assert_eq!(flow.u16(Attr::SnatPort).map(u16::from_be), Some(258));
        assert!(flow.is_set(Attr::DnatIpv6) && !flow.is_set(Attr::DnatPort) && !flow.is_set(Attr::DnatIpv4));
    }
}
