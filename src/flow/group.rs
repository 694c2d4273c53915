// SPDX-License-Identifier: GPL-2.0-or-later
//! Attribute groups: several attributes set, read and tested in one call.
//!
//! A group's data is a C structure; here it is the list of its parts with their places in both worlds. Most groups are
//! "set" when all their attributes are present, the four address groups when any is. The setters of counters and
//! address groups only note the presence.

#![forbid(unsafe_code)]

use super::{Attr, Flow};
use crate::wire::Certain;
use crate::wire::consts::{AF_INET, AF_INET6};

/// One part of a group's data: `size` bytes at `at` in the data, stored with an attribute.
#[derive(Debug, Clone, Copy)]
struct Field {
    attr: Attr,
    at: usize,
    size: usize,
}

/// One group.
#[derive(Debug)]
struct GroupRow {
    /// Attributes that the setter notes, unset clears and the test reads.
    attrs: &'static [Attr],
    /// The parts that a getter copies out, and the setter of a writable group copies in.
    fields: &'static [Field],
    /// Size of the C structure.
    size: usize,
    /// Whether the setter writes values at all.
    writable: bool,
    /// A family the setter stores with the addresses.
    family: Option<(Attr, u8)>,
    /// Whether any attribute suffices for the test.
    any: bool,
}

macro_rules! groups {
    ($($(#[$doc:meta])* $group:ident = $number:literal: $size:literal, $writable:literal, $family:expr, any $any:literal,
        [$($attr:ident),*], {$($field:ident: $at:literal, $fsize:literal);*};)*) => {
        /// The number of a group, as in the C API's `enum nf_conntrack_attr_grp`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Group {
            $($(#[$doc])* $group = $number,)*
        }

        /// Every group, by number.
        const GROUPS: &[Group] = &[$(Group::$group,)*];

        const ROWS: &[GroupRow] = &[$(GroupRow {
            attrs: &[$(Attr::$attr),*],
            fields: &[$(Field { attr: Attr::$field, at: $at, size: $fsize }),*],
            size: $size,
            writable: $writable,
            family: $family,
            any: $any,
        },)*];
    };
}

groups! {
    /// Original IPv4 addresses: source, destination.
    OrigIpv4 = 0: 8, true, Some((Attr::OrigL3proto, AF_INET)), any false,
        [OrigIpv4Src, OrigIpv4Dst, OrigL3proto], {OrigIpv4Src: 0, 4; OrigIpv4Dst: 4, 4};
    /// Reply IPv4 addresses.
    ReplIpv4 = 1: 8, true, Some((Attr::ReplL3proto, AF_INET)), any false,
        [ReplIpv4Src, ReplIpv4Dst, ReplL3proto], {ReplIpv4Src: 0, 4; ReplIpv4Dst: 4, 4};
    /// Original IPv6 addresses.
    OrigIpv6 = 2: 32, true, Some((Attr::OrigL3proto, AF_INET6)), any false,
        [OrigIpv6Src, OrigIpv6Dst, OrigL3proto], {OrigIpv6Src: 0, 16; OrigIpv6Dst: 16, 16};
    /// Reply IPv6 addresses.
    ReplIpv6 = 3: 32, true, Some((Attr::ReplL3proto, AF_INET6)), any false,
        [ReplIpv6Src, ReplIpv6Dst, ReplL3proto], {ReplIpv6Src: 0, 16; ReplIpv6Dst: 16, 16};
    /// Original ports; notes the protocol without storing one.
    OrigPort = 4: 4, true, None, any false,
        [OrigPortSrc, OrigPortDst, OrigL4proto], {OrigPortSrc: 0, 2; OrigPortDst: 2, 2};
    /// Reply ports; notes the protocol without storing one.
    ReplPort = 5: 4, true, None, any false,
        [ReplPortSrc, ReplPortDst, ReplL4proto], {ReplPortSrc: 0, 2; ReplPortDst: 2, 2};
    /// ICMP id, code and type (in this order in the structure).
    Icmp = 6: 4, true, None, any false,
        [IcmpType, IcmpCode, IcmpId], {IcmpType: 3, 1; IcmpCode: 2, 1; IcmpId: 0, 2};
    /// The master's IPv4 addresses.
    MasterIpv4 = 7: 8, true, Some((Attr::MasterL3proto, AF_INET)), any false,
        [MasterIpv4Src, MasterIpv4Dst, MasterL3proto], {MasterIpv4Src: 0, 4; MasterIpv4Dst: 4, 4};
    /// The master's IPv6 addresses.
    MasterIpv6 = 8: 32, true, Some((Attr::MasterL3proto, AF_INET6)), any false,
        [MasterIpv6Src, MasterIpv6Dst, MasterL3proto], {MasterIpv6Src: 0, 16; MasterIpv6Dst: 16, 16};
    /// The master's ports; notes the protocol without storing one.
    MasterPort = 9: 4, true, None, any false,
        [MasterPortSrc, MasterPortDst, MasterL4proto], {MasterPortSrc: 0, 2; MasterPortDst: 2, 2};
    /// Original packets and bytes.
    OrigCounters = 10: 16, false, None, any false,
        [OrigCounterPackets, OrigCounterBytes], {OrigCounterPackets: 0, 8; OrigCounterBytes: 8, 8};
    /// Reply packets and bytes.
    ReplCounters = 11: 16, false, None, any false,
        [ReplCounterPackets, ReplCounterBytes], {ReplCounterPackets: 0, 8; ReplCounterBytes: 8, 8};
    /// The original source address slot of either family.
    OrigAddrSrc = 12: 16, false, None, any true, [OrigIpv4Src, OrigIpv6Src], {OrigIpv6Src: 0, 16};
    /// The original destination address slot of either family.
    OrigAddrDst = 13: 16, false, None, any true, [OrigIpv4Dst, OrigIpv6Dst], {OrigIpv6Dst: 0, 16};
    /// The reply source address slot of either family.
    ReplAddrSrc = 14: 16, false, None, any true, [ReplIpv4Src, ReplIpv6Src], {ReplIpv6Src: 0, 16};
    /// The reply destination address slot of either family.
    ReplAddrDst = 15: 16, false, None, any true, [ReplIpv4Dst, ReplIpv6Dst], {ReplIpv6Dst: 0, 16};
}

impl Group {
    /// The group with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Group> {
        GROUPS.get(usize::try_from(number).ok()?).copied()
    }

    #[allow(clippy::indexing_slicing)] // every number indexes its row: the macro writes both lists
    fn row(self) -> &'static GroupRow {
        &ROWS[self as usize]
    }

    /// Size of the group's C structure in bytes.
    #[must_use]
    pub fn size(self) -> usize {
        self.row().size
    }

    /// Whether the setter reads its data.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn reads_data(self) -> bool {
        self.row().writable
    }

    /// The group's attributes.
    #[must_use]
    pub fn attrs(self) -> &'static [Attr] {
        self.row().attrs
    }

    /// Whether presence bits satisfy the group's "set" test.
    #[must_use]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn test(self, is_set: impl Fn(Attr) -> bool) -> bool {
        let row = self.row();
        let mut attrs = row.attrs.iter();
        if row.any { attrs.any(|&attr| is_set(attr)) } else { attrs.all(|&attr| is_set(attr)) }
    }

    /// Where a getter finds the group's parts: (offset in the object, offset in the data, size).
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn parts(self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.row().fields.iter().map(|field| (field.attr.row().offset, field.at, field.size))
    }
}

/// Groups.
impl Flow {
    /// Sets a group from the bytes of its C structure; missing bytes are zero.
    #[doc(alias = "nfct_set_attr_grp")]
    pub fn set_group(&mut self, group: Group, data: &[u8]) {
        let row = group.row();
        if row.writable {
            let mut padded = [0; 32];
            padded.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
            for field in row.fields {
                let value = padded.get(field.at..field.at + field.size).certain();
                self.set_bytes(field.attr, value);
            }
        }
        if let Some((attr, family)) = row.family {
            self.set_bytes(attr, &[family]);
        }
        row.attrs.iter().for_each(|&attr| self.note(attr));
    }

    /// Whether a group is present.
    #[must_use]
    #[doc(alias = "nfct_attr_grp_is_set")]
    pub fn is_group_set(&self, group: Group) -> bool {
        group.test(|attr| self.is_set(attr))
    }

    /// Clears the presence of all of a group's attributes; storage stays.
    #[doc(alias = "nfct_attr_grp_unset")]
    pub fn unset_group(&mut self, group: Group) {
        group.attrs().iter().for_each(|&attr| self.unset(attr));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::storage::REPLY;

    #[test]
    fn numbers_and_rows_agree() {
        assert_eq!(GROUPS.len(), 16);
        assert_eq!(ROWS.len(), 16);
        for (number, &group) in GROUPS.iter().enumerate() {
            assert_eq!(group as usize, number);
        }
        assert_eq!(Group::from_number(16), None);
    }

    #[test]
    fn address_groups_store_the_family_and_ports_do_not_store_the_protocol() {
        let mut flow = Flow::new();
        flow.set_group(Group::OrigIpv4, &[1, 1, 1, 1, 2, 2, 2, 2]);
        flow.set_group(Group::OrigPort, &[0, 1, 0, 2]);
        assert_eq!(flow.tuple(super::super::Dir::Orig).l3(), AF_INET);
        assert_eq!(flow.u8(Attr::OrigL4proto), Some(0));
        assert!(flow.is_group_set(Group::OrigIpv4) && flow.is_group_set(Group::OrigPort));
        assert!(flow.is_group_set(Group::OrigAddrSrc) && !flow.is_group_set(Group::ReplAddrSrc));
        flow.unset_group(Group::OrigIpv4);
        assert!(!flow.is_set(Attr::OrigL3proto) && !flow.is_group_set(Group::OrigAddrSrc));
    }

    #[test]
    fn counters_and_address_slots_are_noted_only() {
        let mut flow = Flow::new();
        flow.set_group(Group::OrigCounters, &[1; 16]);
        flow.set_group(Group::OrigAddrSrc, &[1; 16]);
        assert_eq!(flow.u64(Attr::OrigCounterPackets), Some(0));
        assert_eq!(flow.u32(Attr::OrigIpv4Src), Some(0));
        assert!(flow.is_set(Attr::OrigIpv6Src));
    }

    #[test]
    fn icmp_group_reaches_the_reply() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::OrigL3proto, &[AF_INET]);
        flow.set_group(Group::Icmp, &[0x12, 0x34, 5, 8]);
        assert_eq!(flow.u8(Attr::IcmpType), Some(8));
        assert_eq!((flow.at(REPLY.l4_src), flow.at(REPLY.l4_dst)), ([0x12, 0x34], [0, 5]));
    }

    #[test]
    fn a_group_is_present_with_all_of_its_attributes_and_missing_bytes_are_zero() {
        let mut flow = Flow::new();
        flow.set_bytes(Attr::OrigPortSrc, &[0, 1]);
        assert!(!flow.is_group_set(Group::OrigPort));
        flow.set_group(Group::OrigPort, &[0, 1, 5]);
        assert!(flow.is_group_set(Group::OrigPort));
        assert_eq!(flow.u16(Attr::OrigPortDst), Some(u16::from_ne_bytes([5, 0])));
    }
}
