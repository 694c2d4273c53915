// SPDX-License-Identifier: GPL-2.0-or-later
//! Comparing flows: which attributes count, and what an attribute that only one side has means.
//!
//! `MASK` makes an attribute that only the first flow has a difference, `STRICT` one that either has alone.
//! Marks and zones are compared as 0 where they are missing. The comparison is not symmetric: the first
//! flow's status bits must all be in the second's.

#![forbid(unsafe_code)]

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

/// How a value that both flows have is compared.
#[derive(Clone, Copy)]
enum Rule {
    /// Equal bytes.
    Bytes,
    /// Equal bytes, missing counts as 0.
    Zero,
    /// The first's bits are a subset of the second's.
    Subset,
    /// Equal blocks.
    Block,
}

const META: &[(Attr, Rule)] = &[
    (Attr::Id, Rule::Bytes),
    (Attr::Mark, Rule::Zero),
    (Attr::Timeout, Rule::Bytes),
    (Attr::Status, Rule::Subset),
    (Attr::TcpState, Rule::Bytes),
    (Attr::SctpState, Rule::Bytes),
    (Attr::DccpState, Rule::Bytes),
    (Attr::Zone, Rule::Zero),
    (Attr::Secctx, Rule::Block),
    (Attr::Connlabels, Rule::Block),
    (Attr::ConnlabelsMask, Rule::Block),
];

const ICMP: [Attr; 3] = [Attr::IcmpId, Attr::IcmpCode, Attr::IcmpType];

/// Two sets of presence bits and how one-sided attributes are judged; expectations use it for their tuples too.
#[derive(Clone, Copy)]
pub(crate) struct Sides {
    flags: CompareFlags,
}

impl Sides {
    pub(crate) fn new(flags: CompareFlags) -> Sides {
        Sides { flags }
    }

    /// The verdict for one attribute: presence on both sides, then `equal` when both have it.
    pub(crate) fn judge(self, first: bool, second: bool, equal: impl FnOnce() -> bool) -> bool {
        match (first, second) {
            (true, true) => equal(),
            (false, false) => true,
            (true, false) => !self.flags.intersects(CompareFlags::MASK | CompareFlags::STRICT),
            (false, true) => !self.flags.contains(CompareFlags::STRICT),
        }
    }

    /// Likewise, where a missing value counts as 0.
    fn judge_zero(self, first: Option<u32>, second: Option<u32>) -> bool {
        let equal = first.unwrap_or(0) == second.unwrap_or(0);
        self.judge(first.is_some(), second.is_some(), || equal) || equal
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
        if parts.is_empty() {
            return self.same_meta(other, sides)
                && same_tuple(self, other, Dir::Orig, sides)
                && same_tuple(self, other, Dir::Reply, sides);
        }
        (!parts.contains(CompareFlags::ORIG) || same_tuple(self, other, Dir::Orig, sides))
            && (!parts.contains(CompareFlags::REPLY) || same_tuple(self, other, Dir::Reply, sides))
    }

    fn same_meta(&self, other: &Flow, sides: Sides) -> bool {
        META.iter().all(|&(attr, rule)| same(self, other, attr, rule, sides))
    }

    /// The number in an attribute of up to four bytes, when present.
    fn number(&self, attr: Attr) -> Option<u32> {
        self.is_set(attr).then(|| match attr.row().size {
            1 => u32::from(self.stored_u8(attr)),
            2 => u32::from(self.stored_u16(attr)),
            _ => self.stored_u32(attr),
        })
    }
}

fn same(a: &Flow, b: &Flow, attr: Attr, rule: Rule, sides: Sides) -> bool {
    let both = |equal: &dyn Fn() -> bool| sides.judge(a.is_set(attr), b.is_set(attr), equal);
    match rule {
        Rule::Zero => sides.judge_zero(a.number(attr), b.number(attr)),
        Rule::Subset => both(&|| a.stored_u32(attr) & b.stored_u32(attr) == a.stored_u32(attr)),
        Rule::Block => both(&|| same_block(a, b, attr)),
        Rule::Bytes if attr.row().size == 16 => both(&|| a.stored::<16>(attr) == b.stored::<16>(attr)),
        Rule::Bytes => both(&|| a.number(attr) == b.number(attr)),
    }
}

fn same_block(a: &Flow, b: &Flow, attr: Attr) -> bool {
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

/// Whether one direction's tuples agree.
pub(crate) fn same_tuple(a: &Flow, b: &Flow, dir: Dir, sides: Sides) -> bool {
    let attrs = dir.attrs();
    let bytes = |attr| same(a, b, attr, Rule::Bytes, sides);
    let l4 = || {
        let number = a.stored_u8(attrs.l4);
        number == b.stored_u8(attrs.l4)
            && match tuple::l4_kind(number) {
                L4Kind::Ports => attrs.ports.into_iter().all(bytes),
                L4Kind::Icmp => ICMP.into_iter().all(bytes),
                L4Kind::Keys | L4Kind::None => true,
            }
    };
    bytes(attrs.l3)
        && sides.judge(a.is_set(attrs.l4), b.is_set(attrs.l4), l4)
        && attrs.ipv4.into_iter().chain(attrs.ipv6).all(bytes)
        && attrs.zone.is_none_or(|zone| same(a, b, zone, Rule::Zero, sides))
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
}
