// SPDX-License-Identifier: GPL-2.0-or-later
//! Object options: a tuple derived from the other direction, translations undone, translations told.
//!
//! Options look at stored values, present or not; the family is the original tuple's stored one.

#![forbid(unsafe_code)]

use super::{Attr, Dir, Flow, tuple};
use crate::wire::consts::{AF_INET, AF_INET6, IPS_DST_NAT_DONE, IPS_SRC_NAT_DONE};

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
    /// The attribute that an undo of this kind sets, by family; none for a family without addresses.
    fn attr(self, family: u8) -> Option<Attr> {
        Some(match (self, family) {
            (Nat::SourceAddress, AF_INET) => Attr::SnatIpv4,
            (Nat::SourceAddress, AF_INET6) => Attr::SnatIpv6,
            (Nat::DestinationAddress, AF_INET) => Attr::DnatIpv4,
            (Nat::DestinationAddress, AF_INET6) => Attr::DnatIpv6,
            (Nat::SourcePort, _) => Attr::SnatPort,
            (Nat::DestinationPort, _) => Attr::DnatPort,
            _ => return None,
        })
    }
}

/// Object options.
impl Flow {
    /// Moves a translation out of the reply tuple into the NAT range, so that the flow can be created anew
    /// with the same translation.
    #[doc(alias = "nfct_setobjopt")]
    pub fn undo_nat(&mut self, nat: Nat) {
        let Some(attr) = nat.attr(self.stored_u8(Attr::OrigL3proto)) else {
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
    /// the status, where known, says that the translation is done.
    #[must_use]
    #[doc(alias = "nfct_getobjopt")]
    pub fn has_nat(&self, nat: Nat) -> bool {
        let place = place(nat);
        if self.status().is_some_and(|status| status & place.done == 0) {
            return false;
        }
        let Some(attr) = nat.attr(self.stored_u8(Attr::OrigL3proto)) else { return false };
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
    if matches!(tuple::l4_kind(l4), tuple::L4Kind::Ports | tuple::L4Kind::Keys) {
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
