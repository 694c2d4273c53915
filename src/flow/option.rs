// SPDX-License-Identifier: GPL-2.0-or-later
//! Object options: deriving a tuple from the other direction, undoing translations, testing for translations.
//!
//! Options read stored values, present or not; family and protocol are the stored ones of the original tuple. A test of
//! ports reads the protocol first: ICMP and unknown protocols have no ports.
//!
//! GRE keys count as ports where the kernel may have translated them: in a flow that was expected. The kernel changes
//! only the keys of PPTP calls (GRE version 1), whose flows its helper expects; any other GRE flow keeps its keys under
//! any rule.

#![forbid(unsafe_code)]

use super::storage::{Field, ORIG, REPLY, Slot, field};
use super::tuple::L4Kind;
use super::{Attr, Dir, Flow, tuple};
use crate::wire::consts::{
    AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, IPS_DST_NAT_DONE, IPS_EXPECTED, IPS_SRC_NAT_DONE,
};

/// The part of a translation that an undo or a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NatPart {
    /// The source address.
    SourceAddress,
    /// The destination address.
    DestinationAddress,
    /// The source port.
    SourcePort,
    /// The destination port.
    DestinationPort,
}

/// A field of a translation, and the two places that the translation makes differ: one in the original tuple and one in
/// the reply.
struct Change<const N: usize> {
    to: Field<N>,
    orig: Slot<N>,
    reply: Slot<N>,
}

impl<const N: usize> Change<N> {
    fn shows(&self, flow: &Flow) -> bool {
        flow.at(self.reply) != flow.at(self.orig)
    }

    fn undo(&self, flow: &mut Flow) {
        let (translated, original) = (flow.at(self.reply), flow.at(self.orig));
        flow.set_bytes(self.to.attr, &translated);
        flow.store(self.reply, &original);
    }
}

/// The parts of a flow that a kind of translation changes.
enum Place {
    Ipv4(Change<4>),
    Ipv6(Change<16>),
    Port(Change<2>),
}

const fn ipv4(to: Field<4>, orig: Slot<16>, reply: Slot<16>) -> Place {
    Place::Ipv4(Change { to, orig: orig.first(), reply: reply.first() })
}

const fn ipv6(to: Field<16>, orig: Slot<16>, reply: Slot<16>) -> Place {
    Place::Ipv6(Change { to, orig, reply })
}

const fn port(to: Field<2>, orig: Slot<2>, reply: Slot<2>) -> Place {
    Place::Port(Change { to, orig, reply })
}

impl NatPart {
    /// The places in a flow that this kind of translation changes; `None` where the flow has no such addresses or
    /// ports.
    fn place(self, flow: &Flow) -> Option<Place> {
        Some(match (self, flow.stored_u8(field::OrigL3proto)) {
            (NatPart::SourceAddress, AF_INET) => ipv4(field::SnatIpv4, ORIG.src, REPLY.dst),
            (NatPart::SourceAddress, AF_INET6) => ipv6(field::SnatIpv6, ORIG.src, REPLY.dst),
            (NatPart::DestinationAddress, AF_INET) => ipv4(field::DnatIpv4, ORIG.dst, REPLY.src),
            (NatPart::DestinationAddress, AF_INET6) => ipv6(field::DnatIpv6, ORIG.dst, REPLY.src),
            (NatPart::SourcePort, _) if has_ports(flow) => port(field::SnatPort, ORIG.l4_src, REPLY.l4_dst),
            (NatPart::DestinationPort, _) if has_ports(flow) => {
                port(field::DnatPort, ORIG.l4_dst, REPLY.l4_src)
            }
            _ => return None,
        })
    }

    /// The status bit of a translation that has been set up.
    const fn done(self) -> u32 {
        match self {
            NatPart::SourceAddress | NatPart::SourcePort => IPS_SRC_NAT_DONE,
            NatPart::DestinationAddress | NatPart::DestinationPort => IPS_DST_NAT_DONE,
        }
    }
}

/// Whether the flow has ports, or keys, that a translation can change.
fn has_ports(flow: &Flow) -> bool {
    match tuple::l4_kind(flow.stored_u8(field::OrigL4proto)) {
        L4Kind::Ports => true,
        L4Kind::Keys => flow.status().is_none_or(|status| status & IPS_EXPECTED != 0),
        L4Kind::Icmp | L4Kind::None => false,
    }
}

/// Object options.
impl Flow {
    /// Moves a translation out of the reply tuple into the NAT range, so that the flow can be created again
    /// with the same translation. Ports of a protocol without ports stay as they are.
    #[doc(alias = "nfct_setobjopt")]
    pub fn undo_nat(&mut self, nat: NatPart) {
        match nat.place(self) {
            Some(Place::Ipv4(change)) => change.undo(self),
            Some(Place::Ipv6(change)) => change.undo(self),
            Some(Place::Port(change)) => change.undo(self),
            None => {}
        }
    }

    /// Moves each translation that the kernel takes with a new flow into the NAT range, as [`undo_nat`](Self::undo_nat)
    /// does: addresses, and the ports of TCP and UDP. A listed flow that is created again without this call is not
    /// translated.
    pub fn undo_all_nat(&mut self) {
        use NatPart::{DestinationAddress, DestinationPort, SourceAddress, SourcePort};
        let takes_ports = matches!(self.tuple(Dir::Orig).l4(), IPPROTO_TCP | IPPROTO_UDP);
        let ports = [SourcePort, DestinationPort].into_iter().filter(|_| takes_ports);
        for part in ports.chain([SourceAddress, DestinationAddress]) {
            if self.has_nat(part) {
                self.undo_nat(part);
            }
        }
    }

    /// Whether this part of the flow is translated: the reply tuple differs from the plain inverse, and the status,
    /// where known, contains the translation's bit. ICMP and unknown protocols have no ports to translate; GRE has
    /// keys, in a flow that was expected.
    #[must_use]
    #[doc(alias = "nfct_getobjopt")]
    pub fn has_nat(&self, nat: NatPart) -> bool {
        if self.status().is_some_and(|status| status & nat.done() == 0) {
            return false;
        }
        match nat.place(self) {
            Some(Place::Ipv4(change)) => change.shows(self),
            Some(Place::Ipv6(change)) => change.shows(self),
            Some(Place::Port(change)) => change.shows(self),
            None => false,
        }
    }

    /// Makes the original tuple the inverse of the reply one.
    #[doc(alias = "NFCT_SOPT_SETUP_ORIGINAL")]
    pub fn set_original_from_reply(&mut self) {
        mirror(self, Dir::Reply);
    }
}

/// Makes the other tuple the inverse of `from` (original or reply) and notes all attributes of both.
///
/// ICMP fields are left alone: their setters have filled both tuples.
pub(crate) fn mirror(flow: &mut Flow, from: Dir) {
    let (from, to) = match from {
        Dir::Orig => (&ORIG, &REPLY),
        _ => (&REPLY, &ORIG),
    };
    let [l4] = flow.at(from.l4);
    flow.store(to.src, &flow.at(from.dst));
    flow.store(to.dst, &flow.at(from.src));
    flow.store(to.protocols, &flow.at(from.protocols));
    if matches!(tuple::l4_kind(l4), L4Kind::Ports | L4Kind::Keys) {
        flow.store(to.l4_src, &flow.at(from.l4_dst));
        flow.store(to.l4_dst, &flow.at(from.l4_src));
    }
    (0..=18).filter_map(Attr::from_number).for_each(|attr| flow.note(attr));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;

    fn translated() -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("10.0.0.1"), address("10.0.0.2"), L4::Udp { sport: 1, dport: 2 });
        flow.set_tuple(Dir::Reply, address("10.0.0.9"), address("10.0.0.8"), L4::Udp { sport: 9, dport: 8 });
        flow
    }

    #[test]
    fn translations_show_unless_the_status_denies_them() {
        let all = [
            NatPart::SourceAddress,
            NatPart::DestinationAddress,
            NatPart::SourcePort,
            NatPart::DestinationPort,
        ];
        let mut flow = translated();
        assert!(all.iter().all(|&nat| flow.has_nat(nat)));
        flow.set_status(IPS_SRC_NAT_DONE);
        assert_eq!(all.map(|nat| flow.has_nat(nat)), [true, false, true, false]);
        flow.set_status(0);
        assert!(!all.iter().any(|&nat| flow.has_nat(nat)));
    }

    #[test]
    fn undo_moves_the_translation_into_the_range() {
        let mut flow = translated();
        flow.undo_nat(NatPart::SourceAddress);
        flow.undo_nat(NatPart::DestinationPort);
        assert_eq!(flow.u32(Attr::SnatIpv4), Some(u32::from_ne_bytes([10, 0, 0, 8])));
        assert_eq!(flow.stored(field::ReplIpv4Dst), [10, 0, 0, 1]);
        assert_eq!(flow.u16(Attr::DnatPort), Some(9u16.to_be()));
        assert!(!flow.has_nat(NatPart::SourceAddress) && !flow.has_nat(NatPart::DestinationPort));
        assert!(flow.has_nat(NatPart::DestinationAddress));
    }

    #[test]
    fn what_the_kernel_translates_again_is_asked_for() {
        let mut flow = translated();
        flow.undo_all_nat();
        assert!(flow.nat().source.is_none() && flow.nat().destination.is_none());
        let ranges = [Attr::SnatIpv4, Attr::DnatIpv4, Attr::SnatPort, Attr::DnatPort];
        assert!(ranges.iter().all(|&attr| flow.any_set(&[attr])));
        let mut flow = translated();
        flow.set_status(IPS_SRC_NAT_DONE);
        flow.undo_all_nat();
        assert_eq!(flow.tuple(Dir::Reply).l4_src(), 9, "another reply, but no translation");
    }

    #[test]
    fn a_protocol_without_ports_has_none_translated() {
        let ports = [NatPart::SourcePort, NatPart::DestinationPort];
        for number in 0..=255u8 {
            let mut flow = translated();
            flow.set_bytes(Attr::OrigL4proto, &[number]);
            flow.set_bytes(Attr::ReplL4proto, &[number]);
            flow.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
            let has = matches!(number, 6 | 17 | 33 | 132 | 136);
            assert_eq!(ports.map(|nat| flow.has_nat(nat)), [has, has], "{number}");
            let before = flow.clone();
            ports.iter().for_each(|&nat| flow.undo_nat(nat));
            assert_eq!(flow.is_set(Attr::SnatPort), has, "{number}");
            assert_eq!(flow.tuple(Dir::Reply) != before.tuple(Dir::Reply), has, "{number}");
            assert!(
                flow.has_nat(NatPart::SourceAddress) && flow.has_nat(NatPart::DestinationAddress),
                "{number}"
            );
        }
    }

    #[test]
    fn keys_are_translated_in_flows_that_were_expected() {
        let mut flow = translated();
        flow.set_bytes(Attr::OrigL4proto, &[47]);
        assert!(flow.has_nat(NatPart::SourcePort), "a status that is not known denies nothing");
        flow.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
        assert!(!flow.has_nat(NatPart::SourcePort) && !flow.has_nat(NatPart::DestinationPort));
        flow.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE | IPS_EXPECTED);
        assert!(flow.has_nat(NatPart::SourcePort) && flow.has_nat(NatPart::DestinationPort));
    }

    #[test]
    fn an_untranslated_echo_has_no_translation() {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(
            Dir::Orig,
            address("10.0.0.1"),
            address("10.0.0.2"),
            L4::Icmp { kind: 8, code: 0, id: 7 },
        );
        flow.set_reply_from_original();
        flow.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE | 8);
        let all = [
            NatPart::SourceAddress,
            NatPart::DestinationAddress,
            NatPart::SourcePort,
            NatPart::DestinationPort,
        ];
        assert!(!all.iter().any(|&nat| flow.has_nat(nat)));
    }

    #[test]
    fn mirroring_swaps_addresses_and_ports_and_notes_every_tuple_attribute() {
        let mut flow = translated();
        flow.set_orig_zone(7);
        flow.set_reply_from_original();
        let reply = flow.tuple(Dir::Reply);
        assert_eq!(reply.protocol(), L4::Udp { sport: 2, dport: 1 });
        assert_eq!(reply.src().unwrap().to_string(), "10.0.0.2");
        assert_eq!(reply.zone(), 0, "zones stay");
        assert!((0..19).all(|n| flow.is_set(Attr::from_number(n).unwrap())));
    }

    #[test]
    fn the_original_tuple_is_made_of_the_reply_one() {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(
            Dir::Reply,
            address("2001:db8::9"),
            address("2001:db8::8"),
            L4::Tcp { sport: 9, dport: 8 },
        );
        flow.set_original_from_reply();
        let orig = flow.tuple(Dir::Orig);
        assert_eq!(orig.protocol(), L4::Tcp { sport: 8, dport: 9 });
        let (src, dst) = (Some(address("2001:db8::8")), Some(address("2001:db8::9")));
        assert_eq!((orig.src(), orig.dst()), (src, dst));
        assert!((0..19).all(|n| flow.is_set(Attr::from_number(n).unwrap())));
        assert!(!flow.is_set(Attr::from_number(19).unwrap()));
    }
}
