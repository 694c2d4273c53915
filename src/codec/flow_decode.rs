// SPDX-License-Identifier: GPL-2.0-or-later
//! One message's attributes into a [`Flow`].

#![forbid(unsafe_code)]

use super::tuple;
use crate::bitmask::Bitmask;
use crate::error::{Error, Result};
use crate::flow::storage::{Field, field};
use crate::flow::{Attr, Dir, Flow};
use crate::wire::consts::*;
use crate::wire::{Attr as WireAttr, Attrs, Frame};

/// Longest `CTA_LABELS` accepted: the largest bit mask the API can make.
const LABELS_MAX: usize = (Bitmask::MAX_BIT as usize + 1) / 8;

/// Functions that read the leaves of one nest, one number each: the leaf's type on the wire, how it is read, and the
/// attribute that it sets. Each leaf is written out, so that every place in the object is known at compile time.
macro_rules! leaves {
    ($($nest:ident { $($kind:ident: $read:ident, $to:ident;)* })*) => {$(
        #[inline(always)]
        fn $nest(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
            match attr.kind {
                $($kind => flow.put(field::$to, &attr.$read()?.to_ne_bytes()),)*
                _ => {}
            }
            Ok(())
        }
    )*};
}

leaves! {
    top {
        CTA_STATUS: be32, Status;
        CTA_TIMEOUT: be32, Timeout;
        CTA_MARK: be32, Mark;
        CTA_USE: be32, Use;
        CTA_ID: be32, Id;
        CTA_SECMARK: be32, Secmark;
        CTA_ZONE: be16, Zone;
        CTA_TIMESTAMP_EVENT: be64, TimestampEvent;
    }
    seq_adj_orig {
        CTA_SEQADJ_CORRECTION_POS: be32, OrigNatSeqCorrectionPos;
        CTA_SEQADJ_OFFSET_BEFORE: be32, OrigNatSeqOffsetBefore;
        CTA_SEQADJ_OFFSET_AFTER: be32, OrigNatSeqOffsetAfter;
    }
    seq_adj_reply {
        CTA_SEQADJ_CORRECTION_POS: be32, ReplNatSeqCorrectionPos;
        CTA_SEQADJ_OFFSET_BEFORE: be32, ReplNatSeqOffsetBefore;
        CTA_SEQADJ_OFFSET_AFTER: be32, ReplNatSeqOffsetAfter;
    }
    synproxy {
        CTA_SYNPROXY_ISN: be32, SynproxyIsn;
        CTA_SYNPROXY_ITS: be32, SynproxyIts;
        CTA_SYNPROXY_TSOFF: be32, SynproxyTsoff;
    }
    timestamp {
        CTA_TIMESTAMP_START: be64, TimestampStart;
        CTA_TIMESTAMP_STOP: be64, TimestampStop;
    }
    sctp {
        CTA_PROTOINFO_SCTP_STATE: u8, SctpState;
        CTA_PROTOINFO_SCTP_VTAG_ORIGINAL: be32, SctpVtagOrig;
        CTA_PROTOINFO_SCTP_VTAG_REPLY: be32, SctpVtagRepl;
    }
    dccp {
        CTA_PROTOINFO_DCCP_STATE: u8, DccpState;
        CTA_PROTOINFO_DCCP_ROLE: u8, DccpRole;
        CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ: be64, DccpHandshakeSeq;
    }
    tcp_numbers {
        CTA_PROTOINFO_TCP_STATE: u8, TcpState;
        CTA_PROTOINFO_TCP_WSCALE_ORIGINAL: u8, TcpWscaleOrig;
        CTA_PROTOINFO_TCP_WSCALE_REPLY: u8, TcpWscaleRepl;
    }
}

/// Decodes one conntrack message into `flow`.
///
/// # Errors
/// [`Error::Malformed`] for a known attribute that is too short or a label mask that is too long.
///
/// ```
/// use netfilter_conntrack::{codec::flow_decode, wire::Frame, Flow};
/// let message = [20u32.to_ne_bytes().as_slice(), &[0; 12], &[2, 0, 0, 0]].concat();
/// let mut flow = Flow::new();
/// flow_decode::message(&mut flow, &Frame::read(&message)?)?;
/// assert_eq!(flow.mark(), None);
/// # Ok::<(), netfilter_conntrack::Error>(())
/// ```
#[inline]
pub fn message(flow: &mut Flow, frame: &Frame<'_>) -> Result<()> {
    attributes(flow, frame.family().unwrap_or(AF_UNSPEC), frame.attrs())
}

/// Decodes an attribute area; `family` is the message's `nfgen_family`.
///
/// # Errors
/// As [`message`].
pub fn attributes(flow: &mut Flow, family: u8, attrs: Attrs<'_>) -> Result<()> {
    for attr in attrs {
        top_level(flow, family, attr)?;
    }
    Ok(())
}

#[inline(always)]
fn top_level(flow: &mut Flow, family: u8, attr: WireAttr<'_>) -> Result<()> {
    match attr.kind {
        CTA_TUPLE_ORIG => direction(flow, Dir::Orig, family, attr),
        CTA_TUPLE_REPLY => direction(flow, Dir::Reply, family, attr),
        CTA_TUPLE_MASTER => direction(flow, Dir::Master, family, attr),
        CTA_PROTOINFO => protoinfo(flow, attr),
        CTA_COUNTERS_ORIG => counters(flow, attr, field::OrigCounterPackets, field::OrigCounterBytes),
        CTA_COUNTERS_REPLY => counters(flow, attr, field::ReplCounterPackets, field::ReplCounterBytes),
        CTA_HELP => helper(flow, attr),
        CTA_SEQ_ADJ_ORIG => each(flow, attr, seq_adj_orig),
        CTA_SEQ_ADJ_REPLY => each(flow, attr, seq_adj_reply),
        CTA_SECCTX => security_context(flow, attr),
        CTA_TIMESTAMP => each(flow, attr, timestamp),
        CTA_SYNPROXY => each(flow, attr, synproxy),
        CTA_LABELS => labels(flow, attr),
        _ => top(flow, attr),
    }
}

/// Passes the attributes of a nest to `take`, one by one.
#[inline(always)]
fn each(
    flow: &mut Flow,
    nest: WireAttr<'_>,
    take: impl Fn(&mut Flow, WireAttr<'_>) -> Result<()>,
) -> Result<()> {
    for attr in nest.nest()? {
        take(flow, attr)?;
    }
    Ok(())
}

/// A tuple, and the family that its message named. Compiled for each direction.
#[inline(always)]
fn direction(flow: &mut Flow, dir: Dir, family: u8, attr: WireAttr<'_>) -> Result<()> {
    let nest = attr.nest().map(|_| attr)?;
    flow.put(dir.attrs().l3, &[family]);
    tuple::decode(flow, dir, nest)
}

fn protoinfo(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    each(flow, nest, |flow, info| match info.kind {
        CTA_PROTOINFO_TCP => each(flow, info, tcp),
        CTA_PROTOINFO_SCTP => each(flow, info, sctp),
        CTA_PROTOINFO_DCCP => each(flow, info, dccp),
        _ => Ok(()),
    })
}

#[inline(always)]
fn tcp(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
    match attr.kind {
        CTA_PROTOINFO_TCP_FLAGS_ORIGINAL => {
            let [flags, mask] = attr.array()?;
            flow.put(field::TcpFlagsOrig, &[flags]);
            flow.put(field::TcpMaskOrig, &[mask]);
            Ok(())
        }
        CTA_PROTOINFO_TCP_FLAGS_REPLY => {
            let [flags, mask] = attr.array()?;
            flow.put(field::TcpFlagsRepl, &[flags]);
            flow.put(field::TcpMaskRepl, &[mask]);
            Ok(())
        }
        _ => tcp_numbers(flow, attr),
    }
}

/// Counters have two widths; where a message contains both, the wide one counts, in any order.
fn counters(flow: &mut Flow, nest: WireAttr<'_>, packets: Field<8>, bytes: Field<8>) -> Result<()> {
    let (mut wide_packets, mut wide_bytes) = (false, false);
    for attr in nest.nest()? {
        let (to, seen_wide) = match attr.kind {
            CTA_COUNTERS_PACKETS | CTA_COUNTERS32_PACKETS => (packets, &mut wide_packets),
            CTA_COUNTERS_BYTES | CTA_COUNTERS32_BYTES => (bytes, &mut wide_bytes),
            _ => continue,
        };
        let is_wide = matches!(attr.kind, CTA_COUNTERS_PACKETS | CTA_COUNTERS_BYTES);
        let value = if is_wide { attr.be64()? } else { u64::from(attr.be32()?) };
        if is_wide || !*seen_wide {
            flow.put(to, &value.to_ne_bytes());
        }
        *seen_wide |= is_wide;
    }
    Ok(())
}

fn helper(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    let (mut name, mut info) = (None, None);
    for attr in nest.nest()? {
        match attr.kind {
            CTA_HELP_NAME => name = Some(attr.text()?),
            CTA_HELP_INFO => info = Some(attr.payload),
            _ => {}
        }
    }
    let Some(name) = name else { return Ok(()) };
    flow.set_helper_name(name);
    info.map_or(Ok(()), |info| flow.try_set_helper_info(info))
}

fn security_context(flow: &mut Flow, nest: WireAttr<'_>) -> Result<()> {
    for attr in nest.nest()? {
        if attr.kind == CTA_SECCTX_NAME {
            flow.store_security_context(attr.text()?)?;
            flow.note(Attr::Secctx);
        }
    }
    Ok(())
}

fn labels(flow: &mut Flow, attr: WireAttr<'_>) -> Result<()> {
    match attr.payload.len() {
        0 => Ok(()),
        1..=LABELS_MAX => flow.try_set_labels(Bitmask::try_from_wire(attr.payload)?),
        _ => Err(Error::Malformed("label mask too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Counters, L4};
    use crate::wire::Builder;

    /// The flow that an attribute area of an IPv4 message makes.
    fn decoded(fill: impl FnOnce(&mut Builder<'_>) -> Result<()>) -> Result<Flow> {
        let (mut buf, mut flow) = ([0; 512], Flow::new());
        let mut b = Builder::attributes(&mut buf);
        fill(&mut b).unwrap();
        let len = b.len();
        attributes(&mut flow, AF_INET, Attrs::new(&buf[..len]))?;
        Ok(flow)
    }

    #[test]
    fn the_wide_counter_counts_in_any_order() {
        let narrow = |b: &mut Builder<'_>| {
            b.be32(CTA_COUNTERS32_PACKETS, 1)?;
            b.be32(CTA_COUNTERS32_BYTES, 2)
        };
        let wide = |b: &mut Builder<'_>| {
            b.be64(CTA_COUNTERS_PACKETS, 0x0102_0304_0506)?;
            b.be64(CTA_COUNTERS_BYTES, 0x0708_090a_0b0c)
        };
        let wide_values = Counters { packets: 0x0102_0304_0506, bytes: 0x0708_090a_0b0c };
        for (kind, dir, other) in
            [(CTA_COUNTERS_ORIG, Dir::Orig, Dir::Reply), (CTA_COUNTERS_REPLY, Dir::Reply, Dir::Orig)]
        {
            let flow = decoded(|b| b.nest(kind, narrow)).unwrap();
            assert_eq!(flow.counters(dir), Some(Counters { packets: 1, bytes: 2 }));
            assert_eq!((flow.counters(other), flow.counters(Dir::Master)), (None, None));
            let flow = decoded(|b| b.nest(kind, wide)).unwrap();
            assert_eq!(flow.counters(dir), Some(wide_values));
            for wide_first in [true, false] {
                let both = |b: &mut Builder<'_>| {
                    if wide_first {
                        wide(b).and_then(|()| narrow(b))
                    } else {
                        narrow(b).and_then(|()| wide(b))
                    }
                };
                let flow = decoded(|b| b.nest(kind, both)).unwrap();
                assert_eq!(flow.counters(dir), Some(wide_values), "wide first: {wide_first}");
            }
        }
    }

    #[test]
    fn a_helper_brings_its_private_data() {
        let flow = decoded(|b| {
            b.nest(CTA_HELP, |b| {
                b.bytes(CTA_HELP_INFO, &[1, 2, 3])?;
                b.text(CTA_HELP_NAME, b"ftp")
            })
        });
        let flow = flow.unwrap();
        assert_eq!((flow.helper_name(), flow.helper_info()), (Some(&b"ftp"[..]), Some(&[1, 2, 3][..])));
        let nameless = decoded(|b| b.nest(CTA_HELP, |b| b.bytes(CTA_HELP_INFO, &[1]))).unwrap();
        assert_eq!(nameless.helper_info(), None);
    }

    #[test]
    fn a_security_context_is_named_in_its_nest() {
        let flow = decoded(|b| {
            b.nest(CTA_SECCTX, |b| {
                b.text(CTA_SECCTX_NAME, b"unconfined")?;
                b.text(CTA_SECCTX_NAME + 1, b"unknown")
            })
        });
        let flow = flow.unwrap();
        assert!(flow.is_set(Attr::Secctx));
        assert_eq!(flow.security_context(), Some(c"unconfined"));
    }

    #[test]
    fn an_empty_label_mask_is_no_mask() {
        let flow = decoded(|b| b.bytes(CTA_LABELS, &[])).unwrap();
        assert!(!flow.is_set(Attr::Connlabels));
        assert!(flow.labels().is_none());
    }

    /// The kernel writes the leaves of a tuple in one order, for which there is a shorter way; any other order means
    /// the same.
    #[test]
    fn the_order_of_a_tuple_s_leaves_means_nothing() {
        let protocol = |b: &mut Builder<'_>| {
            b.be16(CTA_PROTO_DST_PORT, 2)?;
            b.be16(CTA_PROTO_SRC_PORT, 1)?;
            b.u8(CTA_PROTO_NUM, 17)
        };
        let addresses = |b: &mut Builder<'_>| {
            b.bytes(CTA_IP_V4_DST, &[198, 51, 100, 2])?;
            b.bytes(CTA_IP_V4_SRC, &[192, 0, 2, 1])
        };
        let tuple = |b: &mut Builder<'_>| {
            b.nest(CTA_TUPLE_PROTO, protocol)?;
            b.nest(CTA_TUPLE_IP, addresses)
        };
        let mut expected = Flow::new();
        let (src, dst) = ("192.0.2.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
        expected.set_tuple(Dir::Orig, src, dst, L4::Udp { sport: 1, dport: 2 });
        let flow = decoded(|b| b.nest(CTA_TUPLE_ORIG, tuple)).unwrap();
        assert_eq!(flow.tuple(Dir::Orig), expected.tuple(Dir::Orig));
        assert_eq!(flow.presence(), expected.presence());
    }

    #[test]
    fn icmp_values_belong_to_their_direction_and_are_noted_once() {
        let protocol = |b: &mut Builder<'_>| {
            b.u8(CTA_PROTO_NUM, IPPROTO_ICMP)?;
            b.be16(CTA_PROTO_ICMP_ID, 7)?;
            b.u8(CTA_PROTO_ICMP_TYPE, 3)?;
            b.u8(CTA_PROTO_ICMP_CODE, 4)
        };
        for (kind, dir) in [(CTA_TUPLE_ORIG, Dir::Orig), (CTA_TUPLE_REPLY, Dir::Reply)] {
            let flow = decoded(|b| b.nest(kind, |b| b.nest(CTA_TUPLE_PROTO, protocol))).unwrap();
            assert_eq!(flow.tuple(dir).protocol(), L4::Icmp { kind: 3, code: 4, id: 7 });
            assert!(flow.all_set(&[Attr::IcmpId, Attr::IcmpType, Attr::IcmpCode]));
        }
    }

    #[test]
    fn a_zone_in_a_tuple_is_the_zone_of_its_direction() {
        for (kind, zones) in [(CTA_TUPLE_ORIG, (Some(7), None)), (CTA_TUPLE_REPLY, (None, Some(7)))] {
            let flow = decoded(|b| b.nest(kind, |b| b.be16(CTA_TUPLE_ZONE, 7))).unwrap();
            assert_eq!((flow.orig_zone(), flow.reply_zone()), zones);
            assert_eq!(flow.zone(), None);
        }
    }
}
