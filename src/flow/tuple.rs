// SPDX-License-Identifier: GPL-2.0-or-later
//! Tuples: the addresses and protocol fields of one direction, as they lie in a flow or an expectation.
//!
//! ```text
//! 0        16        32    33    34    36       38       40
//! | source | destin. | L3  | L4  | zone | source | destin. |
//!   16 bytes each      family proto host   port, key or ICMP id | port, key, or ICMP type and code
//! ```
//! An IPv4 address is the first four bytes of its slot. The stored family and protocol numbers decide whether a field
//! has a meaning, not the presence bits.

#![forbid(unsafe_code)]

use super::storage::{self, Field, Slot, TupleSlots, field};
use super::{Attr, Flow};
use crate::wire::consts::{
    AF_INET, AF_INET6, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP,
    IPPROTO_UDP, IPPROTO_UDPLITE,
};
use crate::wire::{Certain, array_at};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of one tuple.
pub const LEN: usize = 40;

/// One of a flow's three tuples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dir {
    /// The direction of the first packet.
    Orig,
    /// The answers to it.
    Reply,
    /// The original tuple of the flow that expected this one.
    Master,
}

/// The attributes and the place of one direction's tuple.
#[derive(Debug)]
pub(crate) struct TupleAttrs {
    pub slots: &'static TupleSlots,
    pub ipv4: [Field<4>; 2],
    pub ipv6: [Field<16>; 2],
    pub ports: [Field<2>; 2],
    pub l3: Field<1>,
    pub l4: Field<1>,
    pub zone: Option<Field<2>>,
}

const ORIG: TupleAttrs = TupleAttrs {
    slots: &storage::ORIG,
    ipv4: [field::OrigIpv4Src, field::OrigIpv4Dst],
    ipv6: [field::OrigIpv6Src, field::OrigIpv6Dst],
    ports: [field::OrigPortSrc, field::OrigPortDst],
    l3: field::OrigL3proto,
    l4: field::OrigL4proto,
    zone: Some(field::OrigZone),
};
const REPLY: TupleAttrs = TupleAttrs {
    slots: &storage::REPLY,
    ipv4: [field::ReplIpv4Src, field::ReplIpv4Dst],
    ipv6: [field::ReplIpv6Src, field::ReplIpv6Dst],
    ports: [field::ReplPortSrc, field::ReplPortDst],
    l3: field::ReplL3proto,
    l4: field::ReplL4proto,
    zone: Some(field::ReplZone),
};
const MASTER: TupleAttrs = TupleAttrs {
    slots: &storage::MASTER,
    ipv4: [field::MasterIpv4Src, field::MasterIpv4Dst],
    ipv6: [field::MasterIpv6Src, field::MasterIpv6Dst],
    ports: [field::MasterPortSrc, field::MasterPortDst],
    l3: field::MasterL3proto,
    l4: field::MasterL4proto,
    zone: None,
};

impl Dir {
    #[inline]
    pub(crate) const fn attrs(self) -> &'static TupleAttrs {
        match self {
            Dir::Orig => &ORIG,
            Dir::Reply => &REPLY,
            Dir::Master => &MASTER,
        }
    }
}

/// The meaning of a protocol's tuple fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum L4Kind {
    /// Source and destination port.
    Ports,
    /// Source and destination key (GRE).
    Keys,
    /// ICMP or ICMPv6 type, code and id.
    Icmp,
    /// Only the protocol number.
    None,
}

/// The kind of a protocol number's tuple fields.
#[inline]
#[must_use]
pub const fn l4_kind(protocol: u8) -> L4Kind {
    match protocol {
        IPPROTO_TCP | IPPROTO_UDP | IPPROTO_DCCP | IPPROTO_SCTP | IPPROTO_UDPLITE => L4Kind::Ports,
        IPPROTO_GRE => L4Kind::Keys,
        IPPROTO_ICMP | IPPROTO_ICMPV6 => L4Kind::Icmp,
        _ => L4Kind::None,
    }
}

/// The ICMP type that answers `kind`; 255 when the family does not define one.
#[must_use]
pub const fn icmp_reply_type(family: u8, kind: u8) -> u8 {
    match (family, kind) {
        (AF_INET, 0) => 8,
        (AF_INET, 8) => 0,
        (AF_INET, 13) => 14,
        (AF_INET, 14) => 13,
        (AF_INET, 15) => 16,
        (AF_INET, 16) => 15,
        (AF_INET, 17) => 18,
        (AF_INET, 18) => 17,
        (AF_INET6, 128) => 129,
        (AF_INET6, 129) => 128,
        (AF_INET6, 139) => 140,
        (AF_INET6, 140) => 139,
        _ => 255,
    }
}

/// A borrowed tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple<'a> {
    bytes: &'a [u8; LEN],
}

impl<'a> Tuple<'a> {
    /// A view of 40 bytes in the layout that the head of this file shows.
    #[inline]
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub const fn new(bytes: &'a [u8; LEN]) -> Tuple<'a> {
        Tuple { bytes }
    }

    #[inline(always)]
    fn at<const N: usize>(self, slot: Slot<N>) -> [u8; N] {
        array_at(self.bytes, slot.offset()).certain_or([0; N])
    }

    /// The source address slot.
    #[inline]
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn src_bytes(self) -> [u8; 16] {
        self.at(storage::ORIG.src)
    }

    /// The destination address slot.
    #[inline]
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn dst_bytes(self) -> [u8; 16] {
        self.at(storage::ORIG.dst)
    }

    /// The family number (`AF_INET`, `AF_INET6`; 0 when never set).
    #[inline]
    #[must_use]
    pub fn l3(self) -> u8 {
        let [l3] = self.at(storage::ORIG.l3);
        l3
    }

    /// The IP protocol number.
    #[inline]
    #[must_use]
    pub fn l4(self) -> u8 {
        let [l4] = self.at(storage::ORIG.l4);
        l4
    }

    /// The direction's own zone.
    #[must_use]
    pub fn zone(self) -> u16 {
        u16::from_ne_bytes(self.at(storage::ORIG.zone))
    }

    /// Source port, source key or ICMP id, host byte order.
    #[inline]
    #[must_use]
    pub fn l4_src(self) -> u16 {
        u16::from_be_bytes(self.at(storage::ORIG.l4_src))
    }

    /// Destination port or key, host byte order.
    #[inline]
    #[must_use]
    pub fn l4_dst(self) -> u16 {
        u16::from_be_bytes(self.at(storage::ORIG.l4_dst))
    }

    /// ICMP type and code.
    #[inline]
    #[must_use]
    pub fn icmp(self) -> [u8; 2] {
        self.at(storage::ORIG.l4_dst)
    }

    /// The source address, when the family is IPv4 or IPv6.
    #[must_use]
    pub fn src(self) -> Option<IpAddr> {
        address(self.l3(), self.src_bytes())
    }

    /// The destination address, when the family is IPv4 or IPv6.
    #[must_use]
    pub fn dst(self) -> Option<IpAddr> {
        address(self.l3(), self.dst_bytes())
    }

    /// The protocol with its fields.
    #[must_use]
    pub fn protocol(self) -> L4 {
        let (sport, dport, [kind, code]) = (self.l4_src(), self.l4_dst(), self.icmp());
        match self.l4() {
            IPPROTO_TCP => L4::Tcp { sport, dport },
            IPPROTO_UDP => L4::Udp { sport, dport },
            IPPROTO_UDPLITE => L4::UdpLite { sport, dport },
            IPPROTO_SCTP => L4::Sctp { sport, dport },
            IPPROTO_DCCP => L4::Dccp { sport, dport },
            IPPROTO_GRE => L4::Gre { src_key: sport, dst_key: dport },
            IPPROTO_ICMP => L4::Icmp { kind, code, id: sport },
            IPPROTO_ICMPV6 => L4::IcmpV6 { kind, code, id: sport },
            other => L4::Other(other),
        }
    }
}

fn address(family: u8, bytes: [u8; 16]) -> Option<IpAddr> {
    match (family, bytes) {
        (AF_INET, [a, b, c, d, ..]) => Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d))),
        (AF_INET6, all) => Some(IpAddr::V6(Ipv6Addr::from(all))),
        _ => None,
    }
}

/// A layer 4 protocol with its tuple fields; ports, keys and ids in host byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum L4 {
    /// TCP.
    Tcp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
    },
    /// UDP.
    Udp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
    },
    /// UDP-Lite.
    UdpLite {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
    },
    /// SCTP.
    Sctp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
    },
    /// DCCP.
    Dccp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
    },
    /// GRE.
    Gre {
        /// Source key.
        src_key: u16,
        /// Destination key.
        dst_key: u16,
    },
    /// ICMP.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Identifier.
        id: u16,
    },
    /// ICMPv6.
    IcmpV6 {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Identifier.
        id: u16,
    },
    /// Any other protocol: only its number is known.
    Other(u8),
}

impl L4 {
    /// The IP protocol number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            L4::Tcp { .. } => IPPROTO_TCP,
            L4::Udp { .. } => IPPROTO_UDP,
            L4::UdpLite { .. } => IPPROTO_UDPLITE,
            L4::Sctp { .. } => IPPROTO_SCTP,
            L4::Dccp { .. } => IPPROTO_DCCP,
            L4::Gre { .. } => IPPROTO_GRE,
            L4::Icmp { .. } => IPPROTO_ICMP,
            L4::IcmpV6 { .. } => IPPROTO_ICMPV6,
            L4::Other(number) => number,
        }
    }
}

/// See [`Flow::set_tuple`].
pub(crate) fn set(flow: &mut Flow, dir: Dir, src: IpAddr, dst: IpAddr, l4: L4) {
    let attrs = dir.attrs();
    let (family, names) = if src.is_ipv4() {
        (AF_INET, attrs.ipv4.map(|field| field.attr))
    } else {
        (AF_INET6, attrs.ipv6.map(|field| field.attr))
    };
    flow.set_bytes(attrs.l3.attr, &[family]);
    for (attr, address) in names.into_iter().zip([src, dst]) {
        match address {
            IpAddr::V4(v4) => flow.set_bytes(attr, &v4.octets()),
            IpAddr::V6(v6) => flow.set_bytes(attr, &v6.octets()),
        }
    }
    flow.set_bytes(attrs.l4.attr, &[l4.number()]);
    let fields = match l4 {
        L4::Tcp { sport, dport }
        | L4::Udp { sport, dport }
        | L4::UdpLite { sport, dport }
        | L4::Sctp { sport, dport }
        | L4::Dccp { sport, dport }
        | L4::Gre { src_key: sport, dst_key: dport } => [sport, dport],
        L4::Icmp { kind, code, id } | L4::IcmpV6 { kind, code, id } => {
            return set_icmp(flow, dir, kind, code, id);
        }
        L4::Other(_) => return,
    };
    for (port, value) in attrs.ports.into_iter().zip(fields) {
        flow.set_bytes(port.attr, &value.to_be_bytes());
    }
}

fn set_icmp(flow: &mut Flow, dir: Dir, kind: u8, code: u8, id: u16) {
    if dir == Dir::Orig {
        flow.set_bytes(Attr::IcmpType, &[kind]);
        flow.set_bytes(Attr::IcmpCode, &[code]);
        flow.set_bytes(Attr::IcmpId, &id.to_be_bytes());
    } else {
        let [src, dst] = dir.attrs().ports;
        flow.put(src, &id.to_be_bytes());
        flow.put(dst, &[kind, code]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_read_back_in_every_direction_and_protocol() {
        let protocols = [
            L4::Tcp { sport: 1, dport: 2 },
            L4::Udp { sport: 1, dport: 2 },
            L4::UdpLite { sport: 1, dport: 2 },
            L4::Sctp { sport: 1, dport: 2 },
            L4::Dccp { sport: 1, dport: 2 },
            L4::Gre { src_key: 1, dst_key: 2 },
            L4::Icmp { kind: 8, code: 0, id: 7 },
            L4::IcmpV6 { kind: 128, code: 0, id: 7 },
            L4::Other(50),
        ];
        let pairs = [("192.0.2.1", "198.51.100.2"), ("2001:db8::1", "2001:db8::2")];
        for dir in [Dir::Orig, Dir::Reply, Dir::Master] {
            for l4 in protocols {
                for (src, dst) in pairs {
                    let mut flow = Flow::new();
                    flow.set_tuple(dir, src.parse().unwrap(), dst.parse().unwrap(), l4);
                    flow.store(dir.attrs().slots.zone, &7u16.to_ne_bytes());
                    let tuple = flow.tuple(dir);
                    assert_eq!(tuple.src().unwrap().to_string(), src);
                    assert_eq!(tuple.dst().unwrap().to_string(), dst);
                    assert_eq!((tuple.protocol(), tuple.zone()), (l4, 7));
                }
            }
        }
    }

    #[test]
    fn icmp_replies_pair_up() {
        for family in [AF_INET, AF_INET6, 7] {
            for kind in 0..=255 {
                let reply = icmp_reply_type(family, kind);
                if reply != 255 {
                    assert_eq!(icmp_reply_type(family, reply), kind);
                }
            }
        }
        assert_eq!(icmp_reply_type(7, 8), 255);
    }
}
