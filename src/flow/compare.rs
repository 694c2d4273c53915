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

/// Whether all these attributes agree. Written out for each, so that its place is known when compiling.
macro_rules! all_same {
    ($a:expr, $b:expr, $sides:expr; $($attr:ident: $rule:ident,)*) => {
        $(same($a, $b, Attr::$attr, Rule::$rule, $sides))&&*
    };
}

/// How attributes that only one flow has are judged; expectations use it for their tuples too.
#[derive(Clone, Copy)]
pub(crate) struct Sides {
    /// What the first flow alone has makes no difference.
    first_alone: bool,
    /// What the second flow alone has makes no difference.
    second_alone: bool,
}

impl Sides {
    pub(crate) fn new(flags: CompareFlags) -> Sides {
        Sides {
            first_alone: !flags.intersects(CompareFlags::MASK | CompareFlags::STRICT),
            second_alone: !flags.contains(CompareFlags::STRICT),
        }
    }

    /// The verdict for one attribute: presence on both sides, and `equal` where both have it.
    #[inline(always)]
    pub(crate) fn judge(self, first: bool, second: bool, equal: bool) -> bool {
        match (first, second) {
            (true, true) => equal,
            (false, false) => true,
            (true, false) => self.first_alone,
            (false, true) => self.second_alone,
        }
    }

    /// Likewise, where a missing value counts as 0.
    #[inline(always)]
    fn judge_zero(self, first: Option<u32>, second: Option<u32>) -> bool {
        let equal = first.unwrap_or(0) == second.unwrap_or(0);
        equal || self.judge(first.is_some(), second.is_some(), false)
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
        all_same! { self, other, sides;
            Id: Bytes,
            Mark: Zero,
            Timeout: Bytes,
            Status: Subset,
            TcpState: Bytes,
            SctpState: Bytes,
            DccpState: Bytes,
            Zone: Zero,
            Secctx: Block,
            Connlabels: Block,
            ConnlabelsMask: Block,
        }
    }

    /// The number in an attribute of up to four bytes, when present.
    #[inline(always)]
    fn number(&self, attr: Attr) -> Option<u32> {
        self.is_set(attr).then(|| match attr.row().size {
            1 => u32::from(self.stored_u8(attr)),
            2 => u32::from(self.stored_u16(attr)),
            _ => self.stored_u32(attr),
        })
    }
}

#[inline(always)]
fn same(a: &Flow, b: &Flow, attr: Attr, rule: Rule, sides: Sides) -> bool {
    let equal = match rule {
        Rule::Zero => return sides.judge_zero(a.number(attr), b.number(attr)),
        Rule::Subset => a.stored_u32(attr) & b.stored_u32(attr) == a.stored_u32(attr),
        Rule::Block => same_block(a, b, attr),
        Rule::Bytes => match attr.row().size {
            1 => a.stored_u8(attr) == b.stored_u8(attr),
            2 => a.stored_u16(attr) == b.stored_u16(attr),
            4 => a.stored_u32(attr) == b.stored_u32(attr),
            _ => a.stored::<16>(attr) == b.stored::<16>(attr),
        },
    };
    sides.judge(a.is_set(attr), b.is_set(attr), equal)
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

/// Whether one direction's tuples agree. Compiled for each direction that is named by a constant.
#[inline(always)]
pub(crate) fn same_tuple(a: &Flow, b: &Flow, dir: Dir, sides: Sides) -> bool {
    let attrs = dir.attrs();
    let bytes = |attr| same(a, b, attr, Rule::Bytes, sides);
    let both = |[first, second]: [Attr; 2]| bytes(first) && bytes(second);
    let number = a.stored_u8(attrs.l4);
    let same_protocol = number == b.stored_u8(attrs.l4)
        && match tuple::l4_kind(number) {
            L4Kind::Ports => both(attrs.ports),
            L4Kind::Icmp => bytes(Attr::IcmpId) && bytes(Attr::IcmpCode) && bytes(Attr::IcmpType),
            L4Kind::Keys | L4Kind::None => true,
        };
    bytes(attrs.l3)
        && sides.judge(a.is_set(attrs.l4), b.is_set(attrs.l4), same_protocol)
        && both(attrs.ipv4)
        && both(attrs.ipv6)
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
