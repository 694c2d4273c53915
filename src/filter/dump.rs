// SPDX-License-Identifier: GPL-2.0-or-later
//! Filters that the kernel applies to a dump or a flush.

#![forbid(unsafe_code)]

use crate::codec::{flow_encode, tuple};
use crate::error::{Error, Result};
use crate::flow::{Attr, Dir, Flow};
use crate::wire::Builder;
use crate::wire::consts::*;

/// A value of which only the bits in `mask` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Masked {
    /// The value.
    pub value: u32,
    /// The bits that count.
    pub mask: u32,
}

/// A kernel-side filter; all conditions given must hold.
///
/// Kernel facts (Linux 6.18): mark, status, zone and family select exactly. An older kernel ignores a filter that it
/// does not know: a program checks the entries of a dump again, and a flush is sent only to a kernel that is known to
/// honour its filter ([`Handle::flush_matching`](crate::Handle::flush_matching)). A tuple filter with an IPv6 address
/// selects the entries with any other address (a fault of the kernel), and it ignores the ports of all protocols except
/// TCP and UDP.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DumpFilter {
    /// The packet mark: `mark & mask == value` (Linux 3.9 and later; in a flush 4.19; never in a kernel without
    /// `CONFIG_NF_CONNTRACK_MARK`).
    pub mark: Option<Masked>,
    /// The family; 0 or none is any (in a flush Linux 5.2 and later).
    pub family: Option<u8>,
    /// The status bits: `status & mask == value` (Linux 5.15 and later).
    pub status: Option<Masked>,
    /// The zone (Linux 6.8 and later).
    pub zone: Option<u16>,
    /// The original tuple: the attributes that this flow has must be equal (Linux 5.8 and later). Not for flushes. Not
    /// for IPv6 addresses: Linux 5.8 to 6.18 then selects the entries with any other address. A
    /// [`Selector`](crate::Selector) selects by address on every kernel.
    pub tuple: Option<Box<Flow>>,
    /// Parts of both tuples, instead of [`tuple`](Self::tuple) (Linux 5.8 and later; the reply tuple 5.15). Not for
    /// flushes.
    pub leaves: Option<Box<TupleLeaves>>,
}

/// Parts of a flow's tuples that must be equal (Linux 5.8 and later, the reply tuple 5.15;
/// [`Pushdown`](crate::Pushdown) describes the safe conditions).
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TupleLeaves {
    /// The values; the family must be set in both directions.
    pub values: Flow,
    /// Which leaves of the original tuple count: `CTA_FILTER_F_*`.
    pub orig: u32,
    /// Which leaves of the reply tuple count.
    pub reply: u32,
}

impl DumpFilter {
    /// A filter that every entry passes.
    #[must_use]
    #[doc(alias = "nfct_filter_dump_create")]
    pub fn new() -> DumpFilter {
        DumpFilter::default()
    }

    /// Appends the filter to a dump request and sets the request's family.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the tuple has no family or another one than [`family`](Self::family);
    /// [`Error::Unsupported`] for a family without addresses; [`Error::NoSpace`].
    #[doc(alias = "nfct_nlmsg_build_filter")]
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn encode(&self, b: &mut Builder<'_>) -> Result<()> {
        masked(b, self.mark, CTA_MARK, CTA_MARK_MASK)?;
        if let Some(family) = self.family {
            b.set_family(family);
        }
        masked(b, self.status, CTA_STATUS, CTA_STATUS_MASK)?;
        if let Some(zone) = self.zone {
            b.be16(CTA_ZONE, zone)?;
        }
        match (self.tuple.as_deref(), self.leaves.as_deref()) {
            (None, None) => Ok(()),
            (Some(tuple), None) => self.encode_tuple(b, tuple),
            (None, Some(leaves)) => self.encode_leaves(b, leaves),
            (Some(_), Some(_)) => Err(Error::Invalid("the filter names tuples twice")),
        }
    }

    /// Appends the filter to a flush request and sets the request's family.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tuple; [`Error::NoSpace`].
    #[doc(hidden)] // for the border and the tests of this tree
    pub fn encode_flush(&self, b: &mut Builder<'_>) -> Result<()> {
        self.must_suit_a_flush()?;
        self.encode(b)
    }

    /// Whether the filter has a condition that no kernel honours in a flush.
    pub(crate) fn must_suit_a_flush(&self) -> Result<()> {
        match (&self.tuple, &self.leaves) {
            (None, None) => Ok(()),
            _ => Err(Error::Unsupported("a flush takes no tuple")),
        }
    }

    fn encode_tuple(&self, b: &mut Builder<'_>, tuple: &Flow) -> Result<()> {
        let family = self.family_of(tuple)?;
        flow_encode::attributes(b, tuple)?;
        encode_flags(b, family, tuple_flags(tuple, family), 0)
    }

    fn encode_leaves(&self, b: &mut Builder<'_>, leaves: &TupleLeaves) -> Result<()> {
        let family = self.family_of(&leaves.values)?;
        let sides = [(CTA_TUPLE_ORIG, Dir::Orig, leaves.orig), (CTA_TUPLE_REPLY, Dir::Reply, leaves.reply)];
        for (kind, dir, _) in sides.into_iter().filter(|(_, _, flags)| *flags != 0) {
            tuple::encode(b, kind, leaves.values.tuple(dir), None)?;
        }
        encode_flags(b, family, leaves.orig, leaves.reply)
    }

    /// The family of the tuple, which must be the filter's.
    fn family_of(&self, tuple: &Flow) -> Result<u8> {
        let family =
            tuple.u8(Attr::OrigL3proto).ok_or(Error::Invalid("the filter tuple has no address family"))?;
        match self.family {
            Some(wanted) if wanted != family => Err(Error::Invalid("the filter names two address families")),
            _ => Ok(family),
        }
    }
}

/// Completes a tuple filter: the message's family, and which leaves count.
fn encode_flags(b: &mut Builder<'_>, family: u8, orig: u32, reply: u32) -> Result<()> {
    b.set_family(family);
    b.nest(CTA_FILTER, |b| {
        b.bytes(CTA_FILTER_ORIG_FLAGS, &orig.to_ne_bytes())?;
        b.bytes(CTA_FILTER_REPLY_FLAGS, &reply.to_ne_bytes())
    })
}

fn masked(b: &mut Builder<'_>, value: Option<Masked>, kind: u16, mask_kind: u16) -> Result<()> {
    let Some(Masked { value, mask }) = value else {
        return Ok(());
    };
    b.be32(kind, value)?;
    b.be32(mask_kind, mask)
}

/// The flag for each attribute of the tuple; 0 stands for any family.
const TUPLE_FLAGS: &[(Attr, u8, u32)] = &[
    (Attr::OrigIpv4Src, AF_INET, CTA_FILTER_F_IP_SRC),
    (Attr::OrigIpv4Dst, AF_INET, CTA_FILTER_F_IP_DST),
    (Attr::OrigIpv6Src, AF_INET6, CTA_FILTER_F_IP_SRC),
    (Attr::OrigIpv6Dst, AF_INET6, CTA_FILTER_F_IP_DST),
    (Attr::OrigZone, AF_UNSPEC, CTA_FILTER_F_TUPLE_ZONE),
    (Attr::OrigL4proto, AF_UNSPEC, CTA_FILTER_F_PROTO_NUM),
    (Attr::OrigPortSrc, AF_UNSPEC, CTA_FILTER_F_PROTO_SRC_PORT),
    (Attr::OrigPortDst, AF_UNSPEC, CTA_FILTER_F_PROTO_DST_PORT),
    (Attr::IcmpType, AF_INET, CTA_FILTER_F_PROTO_ICMP_TYPE),
    (Attr::IcmpCode, AF_INET, CTA_FILTER_F_PROTO_ICMP_CODE),
    (Attr::IcmpId, AF_INET, CTA_FILTER_F_PROTO_ICMP_ID),
    (Attr::IcmpType, AF_INET6, CTA_FILTER_F_PROTO_ICMPV6_TYPE),
    (Attr::IcmpCode, AF_INET6, CTA_FILTER_F_PROTO_ICMPV6_CODE),
    (Attr::IcmpId, AF_INET6, CTA_FILTER_F_PROTO_ICMPV6_ID),
];

fn tuple_flags(tuple: &Flow, family: u8) -> u32 {
    TUPLE_FLAGS
        .iter()
        .filter(|(attr, only, _)| (*only == AF_UNSPEC || *only == family) && tuple.is_set(*attr))
        .fold(0, |flags, (_, _, flag)| flags | flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_of_the_family_raises_its_flag() {
        let common = CTA_FILTER_F_TUPLE_ZONE
            | CTA_FILTER_F_PROTO_NUM
            | CTA_FILTER_F_PROTO_SRC_PORT
            | CTA_FILTER_F_PROTO_DST_PORT;
        let ipv4 = CTA_FILTER_F_PROTO_ICMP_TYPE | CTA_FILTER_F_PROTO_ICMP_CODE | CTA_FILTER_F_PROTO_ICMP_ID;
        let ipv6 =
            CTA_FILTER_F_PROTO_ICMPV6_TYPE | CTA_FILTER_F_PROTO_ICMPV6_CODE | CTA_FILTER_F_PROTO_ICMPV6_ID;
        let addresses = CTA_FILTER_F_IP_SRC | CTA_FILTER_F_IP_DST;
        let mut flow = Flow::new();
        assert_eq!([AF_INET, AF_INET6].map(|family| tuple_flags(&flow, family)), [0, 0]);
        (0..=18).filter_map(Attr::from_number).chain([Attr::OrigZone]).for_each(|attr| flow.note(attr));
        assert_eq!(tuple_flags(&flow, AF_INET), addresses | common | ipv4);
        assert_eq!(tuple_flags(&flow, AF_INET6), addresses | common | ipv6);
        flow.unset(Attr::OrigIpv6Src);
        assert_eq!(tuple_flags(&flow, AF_INET), addresses | common | ipv4, "addresses of the other family");
        assert_eq!(tuple_flags(&flow, AF_INET6), CTA_FILTER_F_IP_DST | common | ipv6);
    }

    #[test]
    fn a_filter_and_its_tuple_are_of_one_family() {
        let mut tuple = Flow::new();
        let encode = |family, tuple: &Flow| {
            let filter = DumpFilter { family, tuple: Some(Box::new(tuple.clone())), ..DumpFilter::new() };
            filter.encode(&mut Builder::attributes(&mut [0; 256]))
        };
        assert!(matches!(encode(None, &tuple), Err(Error::Invalid(_))), "it has no family");
        tuple.set_bytes(Attr::OrigL3proto, &[AF_INET]);
        assert_eq!([encode(None, &tuple), encode(Some(AF_INET), &tuple)], [Ok(()), Ok(())]);
        assert!(matches!(encode(Some(AF_INET6), &tuple), Err(Error::Invalid(_))));
    }

    #[test]
    fn the_flags_of_each_tuple_have_an_attribute() {
        let (mut buf, mut leaves) =
            ([0; 256], TupleLeaves { orig: 8, reply: 0x18, ..TupleLeaves::default() });
        for attr in [Attr::OrigL3proto, Attr::ReplL3proto] {
            leaves.values.set_bytes(attr, &[AF_INET]);
        }
        let filter = DumpFilter { leaves: Some(Box::new(leaves)), ..DumpFilter::new() };
        let mut b = Builder::attributes(&mut buf);
        filter.encode(&mut b).unwrap();
        let len = b.len();
        let nest = crate::wire::Attrs::new(&buf[..len]).find(|attr| attr.kind == CTA_FILTER).unwrap();
        let flags: Vec<(u16, &[u8])> = nest.nest().unwrap().map(|attr| (attr.kind, attr.payload)).collect();
        let [orig, reply] = [8u32, 0x18].map(u32::to_ne_bytes);
        assert_eq!(flags, [(CTA_FILTER_ORIG_FLAGS, &orig[..]), (CTA_FILTER_REPLY_FLAGS, &reply[..])]);
    }
}
