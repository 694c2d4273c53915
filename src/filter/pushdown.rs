// SPDX-License-Identifier: GPL-2.0-or-later
//! The conditions of a [`Selector`] that the kernel can check, so that it sends fewer entries.
//!
//! Every filter of this module passes all entries that the selector selects, and perhaps more: an older kernel ignores
//! a condition that it does not know, and some conditions have no exact form. So each reader of the answer checks each
//! entry again with [`Selector::matches`]. The filters avoid the faults of Linux 5.8 to 6.18: an IPv6 address selects
//! the entries with any other address; ports are compared for TCP and UDP only; before 5.15 the reply tuple is read with
//! the flags of the original one.

#![forbid(unsafe_code)]

use super::dump::{DumpFilter, Masked, TupleLeaves};
use super::selector::{AddressMask, NatSelector, Selector, TupleSelector};
use crate::flow::tuple::{L4Kind, icmp_reply_type, l4_kind};
use crate::flow::{Attr, Dir, Flow, L4};
use crate::wire::consts::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which part of a selection the kernel checks. The selected flows are the same with both: a list checks each flow
/// again with [`Selector::matches`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pushdown {
    /// All conditions that the kernel can check; and a lookup replaces the list where only one entry can be selected.
    #[default]
    Kernel,
    /// None: the library reads and checks every entry of the table.
    UserSpace,
}

/// The first kernel that reads the reply tuple of a filter with its own flags.
const REPLY_TUPLES: (u32, u32) = (5, 15);

/// One leaf of a tuple that the kernel compares.
struct Leaf {
    dir: Dir,
    flag: u32,
    /// The only family for which it is compared.
    family: Option<u8>,
    /// The only protocols for which it is compared.
    protocols: Option<&'static [u8]>,
    attr: Attr,
    /// The selected value, in the attribute's width and byte order.
    value: fn(&Selector) -> Option<Vec<u8>>,
}

const fn leaf(dir: Dir, flag: u32, attr: Attr, value: fn(&Selector) -> Option<Vec<u8>>) -> Leaf {
    Leaf { dir, flag, family: None, protocols: None, attr, value }
}

/// An IPv4 address, compared for that family.
const fn address(dir: Dir, flag: u32, attr: Attr, value: fn(&Selector) -> Option<Vec<u8>>) -> Leaf {
    Leaf { family: Some(AF_INET), ..leaf(dir, flag, attr, value) }
}

/// A part of the protocol's tuple, compared for these protocols.
const fn part(
    dir: Dir,
    flag: u32,
    protocols: &'static [u8],
    attr: Attr,
    value: fn(&Selector) -> Option<Vec<u8>>,
) -> Leaf {
    Leaf { protocols: Some(protocols), ..leaf(dir, flag, attr, value) }
}

const PORTS: &[u8] = &[IPPROTO_TCP, IPPROTO_UDP];
const ICMP: &[u8] = &[IPPROTO_ICMP];
const ICMPV6: &[u8] = &[IPPROTO_ICMPV6];
use Dir::{Orig, Reply};

#[rustfmt::skip]
const LEAVES: &[Leaf] = &[
    leaf(Orig, CTA_FILTER_F_PROTO_NUM, Attr::OrigL4proto, |s| s.protocol.map(|number| vec![number])),
    address(Orig, CTA_FILTER_F_IP_SRC, Attr::OrigIpv4Src, |s| ipv4(s.orig.src)),
    address(Orig, CTA_FILTER_F_IP_DST, Attr::OrigIpv4Dst, |s| ipv4(s.orig.dst)),
    address(Reply, CTA_FILTER_F_IP_SRC, Attr::ReplIpv4Src, |s| ipv4(s.reply.src)),
    address(Reply, CTA_FILTER_F_IP_DST, Attr::ReplIpv4Dst, |s| ipv4(s.reply.dst)),
    part(Orig, CTA_FILTER_F_PROTO_SRC_PORT, PORTS, Attr::OrigPortSrc, |s| be16(s.orig.src_port)),
    part(Orig, CTA_FILTER_F_PROTO_DST_PORT, PORTS, Attr::OrigPortDst, |s| be16(s.orig.dst_port)),
    part(Reply, CTA_FILTER_F_PROTO_SRC_PORT, PORTS, Attr::ReplPortSrc, |s| be16(s.reply.src_port)),
    part(Reply, CTA_FILTER_F_PROTO_DST_PORT, PORTS, Attr::ReplPortDst, |s| be16(s.reply.dst_port)),
    part(Orig, CTA_FILTER_F_PROTO_ICMP_TYPE, ICMP, Attr::IcmpType, |s| icmp_type(AF_INET, s.icmp.kind)),
    part(Orig, CTA_FILTER_F_PROTO_ICMP_CODE, ICMP, Attr::IcmpCode, |s| s.icmp.code.map(|code| vec![code])),
    part(Orig, CTA_FILTER_F_PROTO_ICMP_ID, ICMP, Attr::IcmpId, |s| be16(s.icmp.id)),
    part(Orig, CTA_FILTER_F_PROTO_ICMPV6_TYPE, ICMPV6, Attr::IcmpType, |s| icmp_type(AF_INET6, s.icmp.kind)),
    part(Orig, CTA_FILTER_F_PROTO_ICMPV6_CODE, ICMPV6, Attr::IcmpCode, |s| s.icmp.code.map(|code| vec![code])),
    part(Orig, CTA_FILTER_F_PROTO_ICMPV6_ID, ICMPV6, Attr::IcmpId, |s| be16(s.icmp.id)),
];

/// The flags that are errors without `CTA_FILTER_F_PROTO_NUM`.
const PROTO_PARTS: u32 = CTA_FILTER_F_PROTO_SRC_PORT | CTA_FILTER_F_PROTO_DST_PORT;

/// The address, if it is IPv4 and every bit of it counts.
fn ipv4(wanted: Option<AddressMask>) -> Option<Vec<u8>> {
    match whole(wanted)? {
        IpAddr::V4(address) => Some(address.octets().to_vec()),
        IpAddr::V6(_) => None,
    }
}

/// The address, if every bit of it counts.
fn whole(wanted: Option<AddressMask>) -> Option<IpAddr> {
    let AddressMask { address, mask } = wanted?;
    let all = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::MAX)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
    };
    mask.is_none_or(|mask| mask == all).then_some(address)
}

fn be16(value: Option<u16>) -> Option<Vec<u8>> {
    value.map(|value| value.to_be_bytes().to_vec())
}

/// An ICMP type, if the kernel accepts it in a tuple; no entry has a type that the kernel does not accept.
fn icmp_type(family: u8, kind: Option<u8>) -> Option<Vec<u8>> {
    kind.filter(|&kind| icmp_reply_type(family, kind) != u8::MAX).map(|kind| vec![kind])
}

impl Selector {
    /// The conditions that the kernel can check, as filters for one dump each: together the filters pass every selected
    /// entry once. There are two filters when tuples are compared but the family is not known, because the kernel
    /// compares tuples of one family at a time.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn kernel_filters(&self) -> Vec<DumpFilter> {
        let reply_tuples = crate::sys::release::is_at_least(REPLY_TUPLES);
        let whole = DumpFilter {
            family: self.known_family(),
            mark: self.mark,
            status: self.known_status(),
            zone: self.known_zone(),
            ..DumpFilter::new()
        };
        let families = match whole.family {
            Some(family) => vec![family],
            None => vec![AF_INET, AF_INET6],
        };
        let leaves = |family: &u8| self.leaves(*family, reply_tuples);
        let filters: Option<Vec<DumpFilter>> = families
            .iter()
            .map(|family| {
                let leaves = Some(Box::new(leaves(family)?));
                Some(DumpFilter { family: Some(*family), leaves, ..whole.clone() })
            })
            .collect();
        filters.unwrap_or_else(|| vec![whole])
    }

    /// The family that every selected entry has.
    pub(super) fn known_family(&self) -> Option<u8> {
        let addresses = [self.orig.src, self.orig.dst, self.reply.src, self.reply.dst];
        let implied = addresses.into_iter().flatten().next();
        let family = |wanted: AddressMask| if wanted.address.is_ipv4() { AF_INET } else { AF_INET6 };
        self.family.or(implied.map(family))
    }

    /// The status bits that every selected entry has, or has not. A mask of 0 is an error for the kernel.
    fn known_status(&self) -> Option<Masked> {
        let done = |nat: Option<NatSelector>, bit| if nat.is_some() { bit } else { 0 };
        let translated =
            done(self.source_nat, IPS_SRC_NAT_DONE) | done(self.destination_nat, IPS_DST_NAT_DONE);
        // A bit that must be both set and clear cannot be expressed: only the condition that it is set stays.
        let translated = translated & !self.status.mask;
        let Masked { value, mask } = self.status;
        (mask | translated != 0).then_some(Masked { value: value | translated, mask: mask | translated })
    }

    /// The number of the zone that every selected entry has.
    ///
    /// An entry has one number, for both directions or for one, and the kernel compares the number alone. The other
    /// direction of an entry with a zone of one direction is in zone 0: a condition on one direction that asks for
    /// zone 0 says nothing about the number.
    fn known_zone(&self) -> Option<u16> {
        let zones = [self.zone, self.orig.zone, self.reply.zone];
        let named = zones.into_iter().flatten().find(|&zone| zone != 0);
        let both = self.zone.or(self.orig.zone.and(self.reply.zone));
        named.or(both)
    }

    /// The leaves of both tuples that the kernel can compare for a family, if there are any.
    fn leaves(&self, family: u8, reply_tuples: bool) -> Option<TupleLeaves> {
        if !matches!(family, AF_INET | AF_INET6) {
            return None;
        }
        let mut leaves = TupleLeaves::default();
        for attr in [Attr::OrigL3proto, Attr::ReplL3proto] {
            leaves.values.set_bytes(attr, &[family]);
        }
        for attr in [Attr::OrigL4proto, Attr::ReplL4proto] {
            self.protocol.into_iter().for_each(|protocol| leaves.values.set_bytes(attr, &[protocol]));
        }
        let is_compared = |leaf: &&Leaf| {
            let known = |list: &[u8]| self.protocol.is_some_and(|protocol| list.contains(&protocol));
            leaf.family.is_none_or(|only| only == family)
                && leaf.protocols.is_none_or(known)
                && (leaf.dir == Orig || reply_tuples)
        };
        for leaf in LEAVES.iter().filter(is_compared) {
            let Some(value) = (leaf.value)(self) else { continue };
            leaves.values.set_bytes(leaf.attr, &value);
            match leaf.dir {
                Orig => leaves.orig |= leaf.flag,
                _ => leaves.reply |= leaf.flag,
            }
        }
        if leaves.reply & PROTO_PARTS != 0 {
            leaves.reply |= CTA_FILTER_F_PROTO_NUM;
        }
        (leaves.orig | leaves.reply != 0).then_some(leaves)
    }

    /// The key for a lookup of the only entry that can be selected: the selector names one direction's tuple
    /// completely, and its zone. A tuple is unique in a zone, in either direction of an entry.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn lookup_key(&self) -> Option<Flow> {
        self.key(Orig, &self.orig).or_else(|| self.key(Reply, &self.reply))
    }

    fn key(&self, dir: Dir, side: &TupleSelector) -> Option<Flow> {
        let (src, dst, protocol) = (whole(side.src)?, whole(side.dst)?, self.protocol?);
        let zone = self.zone.or(side.zone)?;
        let family = if src.is_ipv4() { AF_INET } else { AF_INET6 };
        if src.is_ipv4() != dst.is_ipv4() || self.family.is_some_and(|wanted| wanted != family) {
            return None;
        }
        let [src_port, dst_port] = match dir {
            Orig => [Attr::OrigPortSrc, Attr::OrigPortDst],
            _ => [Attr::ReplPortSrc, Attr::ReplPortDst],
        };
        let mut key = Flow::new();
        key.set_tuple(dir, src, dst, L4::Other(protocol));
        match (l4_kind(protocol), dir) {
            (L4Kind::None, _) => {}
            (L4Kind::Ports | L4Kind::Keys, _) => {
                key.set_bytes(src_port, &side.src_port?.to_be_bytes());
                key.set_bytes(dst_port, &side.dst_port?.to_be_bytes());
            }
            (L4Kind::Icmp, Orig) => {
                key.set_bytes(Attr::IcmpType, &[self.icmp.kind?]);
                key.set_bytes(Attr::IcmpCode, &[self.icmp.code?]);
                key.set_bytes(Attr::IcmpId, &self.icmp.id?.to_be_bytes());
            }
            (L4Kind::Icmp, _) => return None, // no condition names the type of a reply
        }
        if zone != 0 {
            key.set_zone(zone);
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Builder;

    fn exact(address: &str) -> Option<AddressMask> {
        Some(AddressMask { address: address.parse().unwrap(), mask: None })
    }

    /// The filters of a selector made by `set`: family, flags of the original and of the reply tuple.
    fn pushed(set: impl FnOnce(&mut Selector)) -> Vec<(Option<u8>, u32, u32)> {
        let mut selector = Selector::default();
        set(&mut selector);
        let flags = |filter: DumpFilter| {
            let (orig, reply) = filter.leaves.map_or((0, 0), |leaves| (leaves.orig, leaves.reply));
            (filter.family, orig, reply)
        };
        selector.kernel_filters().into_iter().map(flags).collect()
    }

    #[test]
    fn tuples_of_an_unknown_family_take_two_filters() {
        assert_eq!(pushed(|_| {}), [(None, 0, 0)]);
        assert_eq!(pushed(|s| s.protocol = Some(6)), [(Some(2), 8, 0), (Some(10), 8, 0)]);
        assert_eq!(pushed(|s| s.orig.src = exact("10.0.0.1")), [(Some(2), 1, 0)]);
        assert_eq!(pushed(|s| s.orig.src = exact("fd00::1")), [(Some(10), 0, 0)], "inverted in the kernel");
        assert_eq!(pushed(|s| s.family = Some(7)), [(Some(7), 0, 0)]);
    }

    #[test]
    fn ports_need_a_protocol_that_the_kernel_compares() {
        let port = |protocol| {
            pushed(|s| {
                (s.family, s.protocol, s.orig.dst_port, s.reply.src_port) =
                    (Some(2), protocol, Some(53), Some(53));
            })
        };
        assert_eq!(port(None), [(Some(2), 0, 0)]);
        assert_eq!(port(Some(17)), [(Some(2), 0x28, 0x18)]);
        assert_eq!(port(Some(132)), [(Some(2), 8, 0)]);
    }

    #[test]
    fn icmp_types_without_an_answer_stay_out() {
        let kind = |family, protocol, kind| {
            pushed(|s| {
                (s.family, s.protocol, s.icmp.kind, s.icmp.id) =
                    (Some(family), Some(protocol), Some(kind), Some(7));
            })
        };
        assert_eq!(kind(2, 1, 8), [(Some(2), 0x148, 0)]);
        assert_eq!(kind(2, 1, 3), [(Some(2), 0x108, 0)]);
        assert_eq!(kind(10, 58, 128), [(Some(10), 0xa08, 0)]);
        assert_eq!(kind(2, 6, 8), [(Some(2), 8, 0)]);
    }

    #[test]
    fn only_whole_addresses_are_compared() {
        let masked = |mask: &str| {
            let mask = Some(mask.parse().unwrap());
            pushed(|s| s.reply.dst = Some(AddressMask { address: "10.0.0.0".parse().unwrap(), mask }))
        };
        assert_eq!(masked("255.255.255.0"), [(Some(2), 0, 0)]);
        assert_eq!(masked("255.255.255.255"), [(Some(2), 0, 2)]);
    }

    #[test]
    fn old_kernels_get_no_reply_tuple() {
        let mut selector = Selector { family: Some(2), ..Selector::default() };
        selector.reply.src = exact("10.0.0.1");
        assert!(selector.leaves(2, false).is_none());
        assert_eq!(selector.leaves(2, true).map(|leaves| leaves.reply), Some(1));
    }

    #[test]
    fn zones_go_down_where_every_entry_selected_has_the_number() {
        let zone = |both, orig, reply| {
            let mut selector = Selector { zone: both, ..Selector::default() };
            (selector.orig.zone, selector.reply.zone) = (orig, reply);
            selector.kernel_filters()[0].zone
        };
        assert_eq!(zone(Some(5), None, None), Some(5));
        assert_eq!(zone(None, None, Some(6)), Some(6));
        assert_eq!(zone(Some(0), None, None), Some(0));
        assert_eq!(zone(None, Some(0), Some(0)), Some(0));
        assert_eq!(zone(None, Some(0), None), None, "the other direction may be in any zone");
        assert_eq!(zone(None, Some(0), Some(4)), Some(4));
        assert_eq!(zone(Some(0), Some(4), None), Some(4), "no entry at all");
    }

    #[test]
    fn translations_show_in_the_status() {
        let status = |set: fn(&mut Selector)| {
            let mut selector = Selector::default();
            set(&mut selector);
            selector.kernel_filters()[0].status.map(|status| (status.value, status.mask))
        };
        assert_eq!(status(|s| s.source_nat = Some(NatSelector::default())), Some((0x80, 0x80)));
        assert_eq!(status(|s| s.destination_nat = Some(NatSelector::default())), Some((0x100, 0x100)));
        assert_eq!(status(|s| s.any_nat = Some(NatSelector::default())), None);
        let refused = |s: &mut Selector| {
            s.status = Masked { value: 0, mask: 0x100 };
            s.destination_nat = Some(NatSelector::default());
        };
        assert_eq!(status(refused), Some((0, 0x100)), "what was asked for stays");
        assert_eq!(status(|s| s.status = Masked { value: 1, mask: 0 }), None, "an error for the kernel");
    }

    #[test]
    fn one_entry_is_looked_up_where_its_zone_is_known() {
        let mut selector = Selector { protocol: Some(6), ..Selector::default() };
        (selector.orig.src, selector.orig.dst) = (exact("10.0.0.1"), exact("10.0.0.2"));
        (selector.orig.src_port, selector.orig.dst_port) = (Some(1), Some(2));
        assert!(selector.lookup_key().is_none(), "the tuple may stand in several zones");
        selector.reply.zone = Some(0);
        assert!(selector.lookup_key().is_none(), "the other direction decides nothing");
        selector.orig.zone = Some(0);
        assert_eq!(selector.lookup_key().unwrap().zone(), None);
        selector.orig.zone = None;
        selector.zone = Some(0);
        assert_eq!(selector.lookup_key().unwrap().zone(), None);
        selector.zone = Some(9);
        let key = selector.lookup_key().unwrap();
        assert_eq!((key.zone(), key.tuple(Orig).protocol()), (Some(9), L4::Tcp { sport: 1, dport: 2 }));
        selector.orig.dst_port = None;
        assert!(selector.lookup_key().is_none());
    }

    #[test]
    fn a_filter_names_tuples_once() {
        let filter =
            DumpFilter { tuple: Some(Box::default()), leaves: Some(Box::default()), ..DumpFilter::new() };
        assert!(filter.encode(&mut Builder::attributes(&mut [0; 256])).is_err());
    }

    #[test]
    fn leaves_name_family_and_protocol_of_both_tuples() {
        let mut selector = Selector { protocol: Some(17), ..Selector::default() };
        selector.reply.src_port = Some(53);
        for filter in selector.kernel_filters() {
            let leaves = filter.leaves.unwrap();
            assert_eq!((leaves.orig, leaves.reply), (8, 0x18));
            for dir in [Orig, Reply] {
                let tuple = leaves.values.tuple(dir);
                assert_eq!((Some(tuple.l3()), tuple.l4()), (filter.family, 17), "{dir:?}");
            }
            assert_eq!(leaves.values.tuple(Reply).l4_src(), 53);
        }
    }

    #[test]
    fn an_entry_of_another_family_than_its_addresses_is_not_looked_up() {
        let mut selector = Selector { protocol: Some(47), zone: Some(0), ..Selector::default() };
        (selector.orig.src, selector.orig.dst) = (exact("10.0.0.1"), exact("10.0.0.2"));
        (selector.orig.src_port, selector.orig.dst_port) = (Some(1), Some(2));
        selector.family = Some(AF_INET);
        assert!(selector.lookup_key().is_some());
        selector.family = Some(AF_INET6);
        assert!(selector.lookup_key().is_none());
        selector.family = None;
        selector.orig.dst = exact("fd00::1");
        assert!(selector.lookup_key().is_none());
    }
}
