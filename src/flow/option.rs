// SPDX-License-Identifier: GPL-2.0-or-later
//! Object options: a tuple derived from the other direction, translations undone, translations told.
//!
//! Options look at stored values, present or not; family and protocol are the original tuple's stored ones.
//! A question about ports asks for the protocol first: those of ICMP and of unknown protocols have none.
//!
//! GRE keys count as ports where the kernel may have translated them: in a flow that was expected. The kernel
//! changes the keys of PPTP calls alone (GRE version 1), whose flows its helper expects; a GRE flow that nothing
//! expected keeps its keys under any rule.

#![forbid(unsafe_code)]

use super::tuple::L4Kind;
use super::{Attr, Dir, Flow, tuple};
use crate::wire::consts::{AF_INET, AF_INET6, IPS_DST_NAT_DONE, IPS_EXPECTED, IPS_SRC_NAT_DONE};

/// What of a translation an undo or a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    /// The source address.
    SourceAddress,
    /// The destination address.
    DestinationAddress,
    /// The source port.
    SourcePort,
    /// The destination port.
    DestinationPort,
}

/// Where a translation shows: the reply field that differs from the original one, and the status bit that says it is done.
struct NatPlace {
    orig: usize,
    reply: usize,
    done: u32,
}

const SNAT_ADDRESS: NatPlace = NatPlace { orig: 0, reply: 68, done: IPS_SRC_NAT_DONE };
const DNAT_ADDRESS: NatPlace = NatPlace { orig: 16, reply: 52, done: IPS_DST_NAT_DONE };
const SNAT_PORT: NatPlace = NatPlace { orig: 36, reply: 90, done: IPS_SRC_NAT_DONE };
const DNAT_PORT: NatPlace = NatPlace { orig: 38, reply: 88, done: IPS_DST_NAT_DONE };

const fn place(nat: Nat) -> &'static NatPlace {
    match nat {
        Nat::SourceAddress => &SNAT_ADDRESS,
        Nat::DestinationAddress => &DNAT_ADDRESS,
        Nat::SourcePort => &SNAT_PORT,
        Nat::DestinationPort => &DNAT_PORT,
    }
}

impl Nat {
    /// The attribute that an undo of this kind sets in a flow; none where the flow has no such addresses or ports.
    fn attr(self, flow: &Flow) -> Option<Attr> {
        Some(match (self, flow.stored_u8(Attr::OrigL3proto)) {
            (Nat::SourceAddress, AF_INET) => Attr::SnatIpv4,
            (Nat::SourceAddress, AF_INET6) => Attr::SnatIpv6,
            (Nat::DestinationAddress, AF_INET) => Attr::DnatIpv4,
            (Nat::DestinationAddress, AF_INET6) => Attr::DnatIpv6,
            (Nat::SourcePort, _) if has_ports(flow) => Attr::SnatPort,
            (Nat::DestinationPort, _) if has_ports(flow) => Attr::DnatPort,
            _ => return None,
        })
    }
}

/// Whether the flow has ports, or keys, that a translation can change.
fn has_ports(flow: &Flow) -> bool {
    match tuple::l4_kind(flow.stored_u8(Attr::OrigL4proto)) {
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
    pub fn undo_nat(&mut self, nat: Nat) {
        let Some(attr) = nat.attr(self) else {
            return;
        };
        let place = place(nat);
        let size = attr.row().size;
        let [translated, original] = [place.reply, place.orig].map(|offset| {
            let mut value = [0; 16];
            value.iter_mut().zip(self.slot(offset, size)).for_each(|(to, from)| *to = *from);
            value
        });
        self.set_bytes(attr, &translated);
        self.store_at(place.reply, original.get(..size).unwrap_or_default());
    }

    /// Whether the flow is translated in this respect: the reply tuple differs from the plain inverse, and
    /// the status, where known, says that the translation is done. ICMP and unknown protocols have no ports that
    /// could be translated; GRE has keys, in a flow that was expected.
    #[must_use]
    #[doc(alias = "nfct_getobjopt")]
    pub fn has_nat(&self, nat: Nat) -> bool {
        let place = place(nat);
        if self.status().is_some_and(|status| status & place.done == 0) {
            return false;
        }
        let Some(attr) = nat.attr(self) else { return false };
        let size = attr.row().size;
        self.slot(place.reply, size) != self.slot(place.orig, size)
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
        Dir::Orig => (0, 52),
        _ => (52, 0),
    };
    let [l4] = flow.stored_at(from + 33);
    flow.store_at(to, &flow.stored_at::<16>(from + 16));
    flow.store_at(to + 16, &flow.stored_at::<16>(from));
    flow.store_at(to + 32, &flow.stored_at::<2>(from + 32));
    if matches!(tuple::l4_kind(l4), L4Kind::Ports | L4Kind::Keys) {
        flow.store_at(to + 36, &flow.stored_at::<2>(from + 38));
        flow.store_at(to + 38, &flow.stored_at::<2>(from + 36));
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
        let all = [Nat::SourceAddress, Nat::DestinationAddress, Nat::SourcePort, Nat::DestinationPort];
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
        flow.undo_nat(Nat::SourceAddress);
        flow.undo_nat(Nat::DestinationPort);
        assert_eq!(flow.u32(Attr::SnatIpv4), Some(u32::from_ne_bytes([10, 0, 0, 8])));
        assert_eq!(flow.stored_at::<4>(68), [10, 0, 0, 1]);
        assert_eq!(flow.u16(Attr::DnatPort), Some(9u16.to_be()));
        assert!(!flow.has_nat(Nat::SourceAddress) && !flow.has_nat(Nat::DestinationPort));
        assert!(flow.has_nat(Nat::DestinationAddress));
    }

    #[test]
    fn a_protocol_without_ports_has_none_translated() {
        let ports = [Nat::SourcePort, Nat::DestinationPort];
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
            assert!(flow.has_nat(Nat::SourceAddress) && flow.has_nat(Nat::DestinationAddress), "{number}");
        }
    }

    #[test]
    fn keys_are_translated_in_flows_that_were_expected() {
        let mut flow = translated();
        flow.set_bytes(Attr::OrigL4proto, &[47]);
        assert!(flow.has_nat(Nat::SourcePort), "a status that is not known denies nothing");
        flow.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
        assert!(!flow.has_nat(Nat::SourcePort) && !flow.has_nat(Nat::DestinationPort));
        flow.set_status(IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE | IPS_EXPECTED);
        assert!(flow.has_nat(Nat::SourcePort) && flow.has_nat(Nat::DestinationPort));
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
        let all = [Nat::SourceAddress, Nat::DestinationAddress, Nat::SourcePort, Nat::DestinationPort];
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
}
