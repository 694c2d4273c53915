// SPDX-License-Identifier: GPL-2.0-or-later
//! Comparing flows: the attributes that count, and the meaning of an attribute that only one flow has.
//!
//! With `MASK`, an attribute that only the first flow has is a difference; with `STRICT`, an attribute that either flow
//! alone has. A missing mark or zone counts as 0. The comparison is not symmetric: all status bits of the first flow
//! must be set in the second.

#![forbid(unsafe_code)]

use super::storage::{Field, field};
use super::tuple::{self, L4Kind};
use super::{Attr, Dir, Flow};

bitflags::bitflags! {
    /// What [`Flow::equals`] compares, and how strictly.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct CompareFlags: u32 {
        /// The original tuple.
        const ORIG = 1;
        /// The reply tuple.
        const REPLY = 2;
        /// An attribute that only the first flow has is a difference.
        const MASK = 32;
        /// An attribute that only one flow has is a difference.
        const STRICT = 64;
        const _ = !0;
    }
}

/// The meaning of attributes that only one flow has; expectations use it for their tuples too.
#[derive(Clone, Copy)]
pub(crate) struct Sides {
    /// An attribute that only the first flow has is no difference.
    first_alone: bool,
    /// An attribute that only the second flow has is no difference.
    second_alone: bool,
}

impl Sides {
    pub(crate) fn new(flags: CompareFlags) -> Sides {
        Sides {
            first_alone: !flags.intersects(CompareFlags::MASK | CompareFlags::STRICT),
            second_alone: !flags.contains(CompareFlags::STRICT),
        }
    }

    /// Whether one attribute agrees: from its presence in both flows, and from `equal` where both have it.
    #[inline(always)]
    pub(crate) fn judge(self, first: bool, second: bool, equal: bool) -> bool {
        match (first, second) {
            (true, true) => equal,
            (false, false) => true,
            (true, false) => self.first_alone,
            (false, true) => self.second_alone,
        }
    }
}

/// Comparison.
impl Flow {
    /// Whether two flows agree in the parts that `flags` names (all parts when it names none).
    #[must_use]
    #[doc(alias = "nfct_cmp")]
    pub fn equals(&self, other: &Flow, flags: CompareFlags) -> bool {
        let sides = Sides::new(flags);
        let parts = flags.difference(CompareFlags::MASK | CompareFlags::STRICT);
        let wants = |part| parts.is_empty() || parts.contains(part);
        (!parts.is_empty() || self.same_meta(other, sides))
            && (!wants(CompareFlags::ORIG) || same_tuple(self, other, Dir::Orig, sides))
            && (!wants(CompareFlags::REPLY) || same_tuple(self, other, Dir::Reply, sides))
    }

    fn same_meta(&self, other: &Flow, sides: Sides) -> bool {
        same(self, other, field::Id, sides)
            && same_or_zero(self, other, field::Mark, sides)
            && same(self, other, field::Timeout, sides)
            && self.status_within(other, sides)
            && same(self, other, field::TcpState, sides)
            && same(self, other, field::SctpState, sides)
            && same(self, other, field::DccpState, sides)
            && same_or_zero(self, other, field::Zone, sides)
            && same_block(self, other, Attr::Secctx, sides)
            && same_block(self, other, Attr::Connlabels, sides)
            && same_block(self, other, Attr::ConnlabelsMask, sides)
    }

    /// Whether all status bits are set in the other flow too.
    #[inline(always)]
    fn status_within(&self, other: &Flow, sides: Sides) -> bool {
        let [own, others] = [self, other].map(|flow| flow.stored_u32(field::Status));
        sides.judge(self.is_set(Attr::Status), other.is_set(Attr::Status), own & others == own)
    }
}

/// Whether the values that both flows have are equal.
#[inline(always)]
fn same<const N: usize>(a: &Flow, b: &Flow, field: Field<N>, sides: Sides) -> bool {
    sides.judge(a.is_set(field.attr), b.is_set(field.attr), a.stored(field) == b.stored(field))
}

/// The same, where a missing value counts as 0.
#[inline(always)]
fn same_or_zero<const N: usize>(a: &Flow, b: &Flow, field: Field<N>, sides: Sides) -> bool {
    let equal = value_or_zero(a, field) == value_or_zero(b, field);
    equal || sides.judge(a.is_set(field.attr), b.is_set(field.attr), false)
}

#[inline(always)]
fn value_or_zero<const N: usize>(flow: &Flow, field: Field<N>) -> [u8; N] {
    if flow.is_set(field.attr) { flow.stored(field) } else { [0; N] }
}

#[inline(always)]
fn same_block(a: &Flow, b: &Flow, attr: Attr, sides: Sides) -> bool {
    sides.judge(a.is_set(attr), b.is_set(attr), equal_blocks(a, b, attr))
}

fn equal_blocks(a: &Flow, b: &Flow, attr: Attr) -> bool {
    match attr {
        Attr::Secctx => a.secctx == b.secctx,
        _ => {
            let (a, b) = match attr {
                Attr::Connlabels => (a.labels(), b.labels()),
                _ => (a.labels_mask(), b.labels_mask()),
            };
            match (a, b) {
                (Some(a), Some(b)) => a.same_bits(b),
                (a, b) => a.is_none() && b.is_none(),
            }
        }
    }
}

/// Whether one direction's tuples agree. Compiled for each direction that is named by a constant.
#[inline(always)]
pub(crate) fn same_tuple(a: &Flow, b: &Flow, dir: Dir, sides: Sides) -> bool {
    let attrs = dir.attrs();
    let ports = |[first, second]: [Field<2>; 2]| same(a, b, first, sides) && same(a, b, second, sides);
    let ([src4, dst4], [src6, dst6]) = (attrs.ipv4, attrs.ipv6);
    let number = a.stored_u8(attrs.l4);
    let same_protocol = number == b.stored_u8(attrs.l4)
        && match tuple::l4_kind(number) {
            L4Kind::Ports => ports(attrs.ports),
            L4Kind::Icmp => {
                same(a, b, field::IcmpId, sides)
                    && same(a, b, field::IcmpCode, sides)
                    && same(a, b, field::IcmpType, sides)
            }
            L4Kind::Keys | L4Kind::None => true,
        };
    same(a, b, attrs.l3, sides)
        && sides.judge(a.is_set(attrs.l4.attr), b.is_set(attrs.l4.attr), same_protocol)
        && same(a, b, src4, sides)
        && same(a, b, dst4, sides)
        && same(a, b, src6, sides)
        && same(a, b, dst6, sides)
        && attrs.zone.is_none_or(|zone| same_or_zero(a, b, zone, sides))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::L4;

    const ALL: CompareFlags = CompareFlags::empty();

    fn flow() -> Flow {
        let mut flow = Flow::new();
        let address = |text: &str| text.parse().unwrap();
        flow.set_tuple(Dir::Orig, address("10.0.0.1"), address("10.0.0.2"), L4::Udp { sport: 1, dport: 2 });
        flow.set_reply_from_original();
        flow
    }

    #[test]
    fn one_sided_attributes_follow_the_flags() {
        let (mut a, b) = (flow(), flow());
        a.set_timeout_secs(5);
        assert!(a.equals(&b, ALL) && b.equals(&a, ALL));
        assert!(!a.equals(&b, CompareFlags::MASK) && b.equals(&a, CompareFlags::MASK));
        assert!(!a.equals(&b, CompareFlags::STRICT) && !b.equals(&a, CompareFlags::STRICT));
    }

    #[test]
    fn a_missing_mark_is_zero() {
        let (mut a, b) = (flow(), flow());
        a.set_mark(0);
        assert!(a.equals(&b, CompareFlags::STRICT));
        a.set_mark(5);
        assert!(a.equals(&b, ALL), "one-sided is equal by default");
        assert!(!a.equals(&b, CompareFlags::MASK));
    }

    #[test]
    fn status_is_a_subset_test() {
        let (mut a, mut b) = (flow(), flow());
        a.set_status(2);
        b.set_status(6);
        assert!(a.equals(&b, ALL) && !b.equals(&a, ALL));
    }

    #[test]
    fn named_parts_leave_the_rest_out() {
        let (mut a, mut b) = (flow(), flow());
        a.set_mark(1);
        b.set_mark(2);
        assert!(!a.equals(&b, ALL));
        assert!(a.equals(&b, CompareFlags::ORIG) && a.equals(&b, CompareFlags::from_bits_retain(4)));
        b.set_bytes(Attr::ReplPortSrc, &[9, 9]);
        assert!(a.equals(&b, CompareFlags::ORIG) && !a.equals(&b, CompareFlags::REPLY));
    }

    #[test]
    fn gre_keys_are_not_compared() {
        let (mut a, mut b) = (Flow::new(), Flow::new());
        let address = |text: &str| text.parse().unwrap();
        a.set_tuple(Dir::Orig, address("::1"), address("::2"), L4::Gre { src_key: 1, dst_key: 2 });
        b.set_tuple(Dir::Orig, address("::1"), address("::2"), L4::Gre { src_key: 3, dst_key: 4 });
        assert!(a.equals(&b, CompareFlags::STRICT));
    }

    #[test]
    fn blocks_are_compared_by_what_they_hold() {
        let labels = |bit| {
            let mut labels = crate::bitmask::Bitmask::new(127).unwrap();
            labels.set(bit);
            labels
        };
        let set: [fn(&mut Flow, crate::bitmask::Bitmask); 2] = [Flow::set_labels, Flow::set_labels_mask];
        for set in set {
            let (mut a, mut b) = (flow(), flow());
            set(&mut a, labels(5));
            set(&mut b, labels(5));
            assert!(a.equals(&b, ALL));
            set(&mut b, labels(6));
            assert!(!a.equals(&b, ALL));
        }
        let context = |context: &[u8]| {
            let mut flow = flow();
            flow.store_security_context(context).unwrap();
            flow.note(Attr::Secctx);
            flow
        };
        assert!(context(b"a").equals(&context(b"a"), ALL));
        assert!(!context(b"a").equals(&context(b"b"), ALL));
    }

    #[test]
    fn a_block_that_is_noted_but_not_stored_equals_only_another_such() {
        for attr in [Attr::Connlabels, Attr::ConnlabelsMask] {
            let (mut a, mut b) = (flow(), flow());
            a.note(attr);
            b.note(attr);
            assert!(a.equals(&b, ALL));
            let mask = crate::bitmask::Bitmask::new(31).unwrap();
            if attr == Attr::Connlabels {
                b.set_labels(mask)
            } else {
                b.set_labels_mask(mask)
            }
            assert!(!a.equals(&b, ALL) && !b.equals(&a, ALL));
        }
    }

    #[test]
    fn each_part_of_a_tuple_counts() {
        let echo = |id, code, kind| {
            let mut flow = Flow::new();
            let address = |text: &str| text.parse().unwrap();
            flow.set_tuple(Dir::Orig, address("10.0.0.1"), address("10.0.0.2"), L4::Icmp { kind, code, id });
            flow
        };
        assert!(echo(1, 2, 3).equals(&echo(1, 2, 3), ALL));
        for other in [echo(9, 2, 3), echo(1, 9, 3), echo(1, 2, 9)] {
            assert!(!echo(1, 2, 3).equals(&other, ALL));
        }
        let mut zoned = [flow(), flow()];
        zoned.iter_mut().zip([1, 2]).for_each(|(flow, zone)| flow.set_orig_zone(zone));
        let [a, b] = zoned;
        assert!(!a.equals(&b, CompareFlags::ORIG) && a.equals(&b, CompareFlags::REPLY));
    }
}
